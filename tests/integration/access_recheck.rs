//! A request whose body is held back is one of the moment at which its body has come: whatever
//! ended meanwhile opens nothing.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    ingest::Program,
    support::{Browser, PASSWORD, Place, Server, session_in, upload, value_of},
};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const FORM: &str = "application/x-www-form-urlencoded";
/// Until a server has read the head that was sent to it.
const HEAD_IS_READ: Duration = Duration::from_millis(500);

/// Bytes that are held back: of a form with a file, the mark of its end.
const HELD: usize = 4;

/// A request all of which but its body's last bytes was sent.
struct HeldRequest {
    stream: TcpStream,
    last: Vec<u8>,
}

impl HeldRequest {
    async fn new(server: &Server, path: &str, headers: &str, kind: &str, body: &str) -> Self {
        let address = server.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.expect("connected");
        let (first, last) = body.as_bytes().split_at(body.len() - HELD);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream.write_all(first).await.expect("sent");
        sleep(HEAD_IS_READ).await;
        Self { stream, last: last.to_vec() }
    }

    /// Sends the rest; answers what came back.
    async fn finish(mut self) -> String {
        self.stream.write_all(&self.last).await.expect("sent");
        let mut answer = Vec::new();
        let read = self.stream.read_to_end(&mut answer);
        timeout(Duration::from_secs(30), read).await.expect("an answer").expect("in order");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
}

/// Ada and Bob, who are admins, and the header of a session of Bob's beside that of their browser.
struct Team {
    place: Place,
    server: Server,
    ada: Browser,
    bob: Browser,
    session: String,
}

impl Team {
    async fn new() -> Self {
        let place = Place::demo();
        place.account(ADA, "admin");
        place.account(BOB, "admin");
        let server = place.serve();
        let (ada, bob) = (server.signed_in(ADA).await, server.signed_in(BOB).await);
        let session = session_in(&server.browser().sign_in(BOB, PASSWORD).await);
        let session = format!("Cookie: wayfare_session={}", session.expect("a session"));
        Self { place, server, ada, bob, session }
    }

    async fn hold_form(&self, function: &str, body: &str) -> HeldRequest {
        let path = format!("/api/ui/{function}");
        HeldRequest::new(&self.server, &path, &self.session, FORM, body).await
    }

    async fn hold_file(&self) -> HeldRequest {
        let project = self.bob.shown_project().await.expect("a project");
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"for_project\"\r\n\r\n{project}\r\n\
             --edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p.csv\"\r\n\r\n\
             identity,plan\nheld,gold\n\r\n--edge--\r\n"
        );
        let kind = "multipart/form-data; boundary=edge";
        HeldRequest::new(&self.server, "/imports/upload", &self.session, kind, &body).await
    }

    fn suspend_bob(&self) {
        assert!(self.place.run(&["user", "suspend", BOB]).status.success());
    }

    async fn people(&self) -> i64 {
        self.place.count("SELECT count(*) FROM profiles WHERE identity LIKE 'held%'").await
    }
}

#[tokio::test]
async fn a_form_whose_session_ended_meanwhile_changes_nothing() {
    let team = Team::new().await;
    let key = team.hold_form("keys/create", "name=Held&scopes%5B0%5D=profiles&lifetime=").await;
    let invitation = team.hold_form("people/invite", "email=eve%40example.com&role=admin").await;
    let name = team.hold_form("account/rename", "name=Held").await;
    let change = [("present", PASSWORD), ("password", "violet harbor anchors eleven moons")];
    assert_eq!(team.bob.post("account/password", &change).await.status(), StatusCode::OK);
    for held in [key, invitation, name] {
        assert_status(&held.finish().await, 401);
    }
    assert_eq!(team.place.count("SELECT count(*) FROM api_keys").await, 0);
    assert_eq!(team.place.count("SELECT count(*) FROM invitations").await, 0);
    assert_eq!(team.place.count("SELECT count(*) FROM actors WHERE name = 'Held'").await, 0);
}

#[tokio::test]
async fn a_form_of_somebody_whose_role_changed_meanwhile_changes_nothing() {
    let team = Team::new().await;
    let held = team.hold_form("people/invite", "email=eve%40example.com&role=admin").await;
    let (_, people) = team.ada.page("/team").await;
    let bob = value_of(people.split(BOB).nth(1).expect("Bob is there"), "user", 0);
    assert_eq!(team.ada.give_role(&bob, "viewer").await.status(), StatusCode::OK);
    let answer = held.finish().await;
    assert_status(&answer, 409);
    assert!(answer.contains("Your role changed while this was being sent."), "{answer}");
    assert_eq!(team.place.count("SELECT count(*) FROM invitations").await, 0);
}

#[tokio::test]
async fn what_comes_late_from_somebody_who_may_still_send_it_is_carried_out() {
    let team = Team::new().await;
    let form = team.hold_form("account/rename", "name=Held").await;
    let file = team.hold_file().await;
    assert_status(&form.finish().await, 200);
    assert_eq!(team.place.count("SELECT count(*) FROM actors WHERE name = 'Held'").await, 1);
    let answer = file.finish().await;
    assert_status(&answer, 303);
    let page = answer.split("location: ").nth(1).and_then(|rest| rest.lines().next());
    finished(&team.ada, page.expect("an address")).await;
    assert_eq!(team.people().await, 1);
}

#[tokio::test]
async fn a_key_that_was_revoked_meanwhile_stores_nothing() {
    let team = Team::new().await;
    let shop = Program::of(&team.ada).await;
    let key = format!("Authorization: Bearer {}", shop.key());
    let kind = "application/json";
    let profiles = r#"{"profiles":[{"identity":"held"}]}"#;
    let events = r#"{"events":[{"identity":"held-too","name":"Visited"}]}"#;
    let batch = r#"{"batch":[{"type":"identify","userId":"held-as-well","traits":{}}]}"#;
    let mut held = Vec::new();
    for (path, body) in
        [("/api/v1/profiles", profiles), ("/api/v1/events", events), ("/v1/batch", batch)]
    {
        held.push(HeldRequest::new(&team.server, path, &key, kind, body).await);
    }
    let good = HeldRequest::new(&team.server, "/api/v1/profiles", &key, kind, profiles).await;
    assert_status(&good.finish().await, 200);
    let (_, page) = team.ada.page("/api-keys").await;
    let revoked = team.ada.post("keys/revoke", &[("key", &value_of(&page, "key", 0))]).await;
    assert_eq!(revoked.status(), StatusCode::OK);
    for held in held {
        let answer = held.finish().await;
        assert_status(&answer, 401);
        assert!(answer.contains("This request has no valid API key."), "{answer}");
    }
    assert_eq!(team.people().await, 1, "that of the request that came in time");
}

#[tokio::test]
async fn an_upload_whose_account_was_suspended_meanwhile_stores_nothing() {
    let team = Team::new().await;
    let held = team.hold_file().await;
    team.suspend_bob();
    assert_status(&held.finish().await, 401);
    assert_eq!(team.place.count("SELECT count(*) FROM imports").await, 0);
    assert_eq!(team.people().await, 0);
}

#[tokio::test]
async fn an_import_stops_when_the_account_that_began_it_is_suspended() {
    const ROWS: usize = 20_000;
    let team = Team::new().await;
    // Once the import has stored something; from outside it might be at its end before that.
    let suspend = "CREATE TRIGGER suspend_bob AFTER UPDATE ON imports WHEN NEW.imported > 0 BEGIN
        UPDATE accounts SET suspended_at = 1 WHERE email = 'bob@example.com'; END";
    team.place.sql(suspend).await;
    let project = team.bob.shown_project().await.expect("a project");
    let rows: String = (0..ROWS).map(|row| format!("held{row},gold\n")).collect();
    let table = format!("identity,plan\n{rows}");
    let address = format!("{}/imports/upload", team.server.url);
    let fields = [("for_project", project.as_str())];
    let answer = upload(&team.bob.client, &address, "people.csv", &table, &fields).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = answer.headers()["location"].to_str().expect("an address").to_string();
    let shown = finished(&team.ada, &page).await;
    assert!(shown.contains("may not import profiles any more"), "{shown}");
    let stored = team.people().await;
    assert!(0 < stored && stored < i64::try_from(ROWS).expect("a small number"), "{stored} rows");
}

/// The page of an import that is not under way any more.
async fn finished(browser: &Browser, page: &str) -> String {
    for _ in 0..600 {
        let (_, shown) = browser.page(page.trim()).await;
        if !shown.contains("In progress") {
            return shown;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("the import never ended");
}
