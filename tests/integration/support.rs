//! Starts the program on a database of its own and speaks to it.

use std::{
    io::{BufRead, BufReader, Write},
    ops::Deref,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use reqwest::{Client, Response};
use serde_json::Value;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_wayfare");
/// Everybody's.
pub const PASSWORD: &str = "copper lantern drifting moss";

/// A folder with a database.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn empty() -> Self {
        Self { folder: TempDir::new().expect("a folder") }
    }

    /// With the demo project in it.
    pub fn demo() -> Self {
        let place = Self::empty();
        assert!(place.run(&["demo"]).status.success());
        place
    }

    /// With as many journeys.
    pub fn journeys(count: usize) -> Self {
        let place = Self::empty();
        assert!(place.run(&["demo", "--journeys", &count.to_string()]).status.success());
        place
    }

    pub fn database(&self) -> PathBuf {
        self.file("test.db")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command on the database until it ends.
    pub fn run(&self, words: &[&str]) -> Output {
        run_on(&self.database(), words)
    }

    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// Serves another file of the folder.
    pub fn serve_file(&self, name: &str, flags: &[&str]) -> Server {
        Server::start(Command::new(BINARY), &self.file(name), flags)
    }

    /// With further flags.
    pub fn serve_with(&self, flags: &[&str]) -> Server {
        Server::start(Command::new(BINARY), &self.database(), flags)
    }

    /// What it says on its standard error goes to a file.
    pub fn serve_telling(&self, flags: &[&str]) -> (Server, PathBuf) {
        let told = self.file("told.txt");
        let mut program = Command::new(BINARY);
        program.stderr(std::fs::File::create(&told).expect("a file"));
        (Server::start(program, &self.database(), flags), told)
    }

    /// With an environment or a log of its own.
    pub fn serve_as(&self, program: Command, flags: &[&str]) -> Server {
        Server::start(program, &self.database(), flags)
    }

    /// No file may have more than so many blocks; whoever writes more is told so, as on a full
    /// disk.
    pub fn serve_within(&self, blocks: u32) -> Server {
        Server::start(within(blocks), &self.database(), &[])
    }

    /// Started by something that gives a process few descriptors, but lets it take more.
    pub fn serve_with_few_descriptors(&self, soft_limit: u32) -> Server {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -S -n {soft_limit}; exec \"$0\" \"$@\""), BINARY]);
        Server::start(shell, &self.database(), &[])
    }

    /// Makes an account with [`PASSWORD`] and a role in every project.
    pub fn account(&self, email: &str, role: &str) {
        self.account_in(email, role, &[]);
    }

    pub fn account_in(&self, email: &str, role: &str, project: &[&str]) {
        let mut command = Command::new(BINARY);
        command.args(["user", "add", email, "--role", role, "--password-stdin"]).args(project);
        let child = command
            .arg("--database")
            .arg(self.database())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        let mut child = child.expect("the program runs");
        writeln!(child.stdin.take().expect("its input"), "{PASSWORD}").expect("written");
        assert!(child.wait().expect("it ends").success(), "{email}");
    }
}

impl Place {
    /// Lets time pass, or looks behind the curtain: runs SQL on the database. The server may be
    /// running.
    pub async fn sql(&self, sql: &'static str) -> u64 {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.expect("the database opens");
        sqlx::query(sql).execute(&mut connection).await.expect("the statement runs").rows_affected()
    }

    /// Corrects a text in every graph, as an edit in place does.
    pub async fn replace_in_graphs(&self, old: &str, new: &str) {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.expect("the database opens");
        let sql = "UPDATE versions SET graph = replace(graph, ?, ?)";
        sqlx::query(sql)
            .bind(old)
            .bind(new)
            .execute(&mut connection)
            .await
            .expect("the statement runs");
    }

    /// One number from the database, while no server has it.
    pub async fn count(&self, sql: &'static str) -> i64 {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.expect("a database");
        let (count,): (i64,) =
            sqlx::query_as(sql).fetch_one(&mut connection).await.expect("a number");
        count
    }

    /// The same with one number bound.
    pub async fn count_where(&self, sql: &'static str, number: i64) -> i64 {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.expect("a database");
        let (count,) =
            sqlx::query_as(sql).bind(number).fetch_one(&mut connection).await.expect("a number");
        count
    }

    /// A column of texts from the database, while no server has it.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.expect("a database");
        let rows: Vec<(String,)> =
            sqlx::query_as(sql).fetch_all(&mut connection).await.expect("texts");
        rows.into_iter().map(|(text,)| text).collect()
    }

    /// The error of a statement that the database refuses.
    pub async fn sql_error(&self, sql: &'static str) -> String {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await.expect("the database opens");
        sqlx::query(sql).execute(&mut connection).await.expect_err("it is refused").to_string()
    }
}

/// The values of buttons and fields of a name in a page, in their order.
pub fn values_of(page: &str, name: &str) -> Vec<String> {
    let start = format!("name=\"{name}\" value=\"");
    page.split(&start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_string)
        .collect()
}

pub fn value_of(page: &str, name: &str, place: usize) -> String {
    values_of(page, name).get(place).unwrap_or_else(|| panic!("{name} is in the page")).clone()
}

/// The one-time link in a text, as a path.
pub fn link_in(text: &str, start: &str) -> String {
    let rest = text.split(start).nth(1).unwrap_or_else(|| panic!("a link in: {text}"));
    let secret: String = rest
        .chars()
        .take_while(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign))
        .collect();
    format!("{start}{secret}")
}

/// What follows the last slash.
pub fn secret_of(link: &str) -> &str {
    link.rsplit('/').next().unwrap_or_default()
}

/// The value of the session's cookie that an answer sets.
pub fn session_in(answer: &Response) -> Option<String> {
    let cookies =
        answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    cookies
        .filter_map(|cookie| cookie.strip_prefix("wayfare_session=")?.split(';').next())
        .map(str::to_string)
        .next()
}

/// The program, that may make no file larger than so many blocks of 512 bytes.
pub fn within(blocks: u32) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\""), BINARY]);
    shell
}

pub fn run_on(database: &Path, words: &[&str]) -> Output {
    Command::new(BINARY)
        .args(words)
        .arg("--database")
        .arg(database)
        .output()
        .expect("the program runs")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The program, serving. What it is asked without further ado comes from a browser in which nobody
/// is signed in.
pub struct Server {
    child: Child,
    browser: Browser,
}

impl Deref for Server {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Server {
    fn start(mut program: Command, database: &Path, flags: &[&str]) -> Self {
        let mut child = program
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "error"])
            .args(flags)
            .arg("--database")
            .arg(database)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let url = Self::address(&mut child);
        Self { child, browser: Browser::at(&url) }
    }

    /// Where a program that was started by hand listens, once it does.
    pub fn address(child: &mut Child) -> String {
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = lines
            .map_while(Result::ok)
            .find(|line| line.contains("listening on"))
            .expect("it listens");
        line.rsplit(' ').next().expect("an address").to_string()
    }

    /// Another browser, without cookies.
    pub fn browser(&self) -> Browser {
        Browser::at(&self.url)
    }

    /// A browser with a session.
    pub async fn signed_in(&self, email: &str) -> Browser {
        let browser = self.browser();
        let answer = browser.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status(), 200, "{email} signs in");
        browser
    }

    /// Takes the limit of [`Place::serve_within`] away.
    pub fn give_room(&self) {
        let id = self.child.id().to_string();
        let raised = Command::new("prlimit")
            .args(["--fsize=unlimited", "--pid", &id])
            .status()
            .expect("prlimit runs");
        assert!(raised.success());
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Asks it to stop, as a service manager does, and answers how it ended.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        self.ended()
    }

    /// Waits until it has ended, and answers how.
    pub fn ended(&mut self) -> std::process::ExitStatus {
        for _ in 0..1_200 {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server goes on after a minute");
    }
}

/// Keeps its cookies, follows nothing by itself.
pub struct Browser {
    pub url: String,
    pub client: Client,
}

impl Browser {
    /// Without cookies.
    pub fn at(url: &str) -> Self {
        // The program brings its own; tests that speak plain HTTP have to choose as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true)
            .build();
        Self { url: url.to_string(), client: client.expect("a client") }
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Response {
        self.post("session/sign-in", &[("email", email), ("password", password)]).await
    }

    /// Sends a form as a browser without scripts does, with the project that is looked at.
    pub async fn plain(&self, path: &str, form: &[(&str, &str)], from: &str) -> Response {
        let project = self.shown_project().await;
        let named = project.as_deref().map(|project| ("for_project", project));
        let form: Vec<(&str, &str)> = form.iter().copied().chain(named).collect();
        self.plain_as_is(path, &form, from).await
    }

    /// The same with these fields and no other.
    pub async fn plain_as_is(&self, path: &str, form: &[(&str, &str)], from: &str) -> Response {
        let request = self
            .client
            .post(format!("{}/api/ui/{path}", self.url))
            .header("accept", "text/html")
            .form(form);
        request.header("referer", format!("{}{from}", self.url)).send().await.expect("an answer")
    }

    /// The project that is looked at, where somebody is signed in.
    pub async fn shown_project(&self) -> Option<String> {
        let list: Value = self.get("/api/ui/journeys/list?query=").await.json().await.ok()?;
        list["seat"]["project"].as_str().map(str::to_string)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer")
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.client
            .post(format!("{}/api/ui/{path}", self.url))
            .form(form)
            .send()
            .await
            .expect("an answer")
    }

    /// Gives a user a role as a browser without scripts does: the page asks, and its form is
    /// sent.
    pub async fn give_role(&self, user: &str, role: &str) -> Response {
        let address = format!("/team/role?user={user}&role={role}");
        let (status, page) = self.page(&address).await;
        assert_eq!(status, 200, "{address}");
        let confirmed = value_of(&page, "confirmed", 0);
        self.post("people/role", &[("user", user), ("role", role), ("confirmed", &confirmed)]).await
    }

    /// A page as a browser asks for it, with its status.
    pub async fn page(&self, path: &str) -> (u16, String) {
        let request = self.client.get(format!("{}{path}", self.url)).header("accept", "text/html");
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// The status of a request that carries just this session.
    pub async fn status_with_session(&self, session: &str) -> u16 {
        let request =
            reqwest::Client::new().get(format!("{}/api/ui/journeys/list?query=", self.url));
        let request = request.header("cookie", format!("wayfare_session={session}"));
        request.send().await.expect("an answer").status().as_u16()
    }

    /// The rows of the list for a query.
    pub async fn list(&self, query: &str) -> Value {
        let url = reqwest::Url::parse_with_params(
            &format!("{}/api/ui/journeys/list", self.url),
            [("query", query)],
        )
        .expect("an address");
        let answer = self.client.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{query}");
        answer.json().await.expect("a page")
    }

    /// The ids of journeys in a status.
    pub async fn ids(&self, query: &str) -> Vec<String> {
        let page = self.list(query).await;
        page["rows"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["id"].as_str().expect("an id").to_string())
            .collect()
    }

    /// An action on journeys, as the list's script sends it.
    pub async fn operate(
        &self,
        action: &str,
        ids: &[String],
        further: &[(&str, &str)],
    ) -> (u16, Value) {
        let keys: Vec<String> = (0..ids.len()).map(|index| format!("ids[{index}]")).collect();
        let mut form: Vec<(&str, &str)> = vec![("action", action)];
        form.extend(keys.iter().map(String::as_str).zip(ids.iter().map(String::as_str)));
        form.extend(further);
        let answer = self.post("journeys/operate", &form).await;
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Stop, looked at and confirmed.
    pub async fn stop(&self, ids: &[String]) -> (u16, Value) {
        let keys: Vec<String> = (0..ids.len()).map(|index| format!("ids[{index}]")).collect();
        let form: Vec<(&str, &str)> =
            keys.iter().map(String::as_str).zip(ids.iter().map(String::as_str)).collect();
        let preview: Value =
            self.post("journeys/preview-stop", &form).await.json().await.expect("a preview");
        let digest = preview["digest"].as_str().expect("a digest").to_string();
        self.operate("stop", ids, &[("confirmed", &digest)]).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A form with a file, as a browser sends it (RFC 7578).
pub fn upload(
    client: &Client,
    address: &str,
    name: &str,
    text: &str,
    fields: &[(&str, &str)],
) -> reqwest::RequestBuilder {
    let part = |head: String, body: &str| {
        format!("--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    };
    let mut body: String =
        fields.iter().map(|(field, value)| part(format!("name=\"{field}\""), value)).collect();
    body += &part(format!("name=\"file\"; filename=\"{name}\""), text);
    body += "--edge--\r\n";
    client.post(address).header("content-type", "multipart/form-data; boundary=edge").body(body)
}
