//! Local mode answers this machine only; signs of life; an orderly end.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::support::{BINARY, Browser, PASSWORD, Place};

/// The address that stands in the second line at the start, with its token.
pub fn address_with_token(child: &mut Child) -> String {
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let line =
        lines.map_while(Result::ok).find(|line| line.contains("token=")).expect("it prints it");
    line.rsplit(' ').next().expect("an address").to_string()
}

/// The first two lines at the start.
fn lines(place: &Place, flags: &[&str]) -> (Child, Vec<String>) {
    let mut command = Command::new(BINARY);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--database"])
        .arg(place.database())
        .args(flags);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let lines = lines.map_while(Result::ok).take(2).collect();
    (child, lines)
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused() {
    let place = Place::demo();
    let server = place.serve();
    let ask = async |name: &str, value: &str| {
        let request = server
            .client
            .post(format!("{}/api/ui/journeys/operate", server.url))
            .header(name, value);
        request
            .form(&[("action", "pause"), ("matching", "?status=running")])
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
    };
    assert_eq!(ask("host", "wayfare.example.com").await, 421);
    assert_eq!(ask("origin", "https://evil.example").await, 403);
    assert_eq!(ask("origin", "null").await, 403);
    assert_eq!(ask("sec-fetch-site", "cross-site").await, 403);
    assert_eq!(server.list("status=paused").await["total"], 8);
    assert_eq!(ask("origin", &server.url.clone()).await, 200);
}

#[test]
fn an_address_that_others_can_reach_is_refused_without_an_account() {
    let place = Place::demo();
    for flags in [
        ["serve", "--listen", "0.0.0.0:0"],
        ["serve", "--public-url", "https://wayfare.example.com"],
        ["serve", "--trusted-proxies", "127.0.0.1/32"],
    ] {
        let output = place.run(&flags);
        assert!(!output.status.success(), "{flags:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("there is no account yet"),
            "{flags:?}"
        );
    }
}

#[tokio::test]
async fn what_comes_through_a_proxy_does_not_come_from_this_machine() {
    let place = Place::demo();
    let server = place.serve();
    for name in [
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-forwarded-whatever",
        "X-Real-IP",
        "CF-Connecting-IP",
        "True-Client-IP",
        "X-Client-IP",
        "x-cluster-client-ip",
        "fastly-client-ip",
        "x-original-forwarded-for",
        "forwarded",
        "via",
    ] {
        let request = server
            .client
            .get(format!("{}/api/ui/journeys/list?query=", server.url))
            .header(name, "203.0.113.7");
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{name}");
        let form = [("name", "Eve"), ("email", "eve@example.com"), ("password", PASSWORD)];
        let found = server
            .client
            .post(format!("{}/api/ui/session/found", server.url))
            .header(name, "203.0.113.7")
            .form(&form);
        assert_eq!(found.send().await.expect("an answer").status(), 409, "{name}");
    }
    assert_eq!(
        server.get("/api/ui/journeys/list?query=").await.status(),
        200,
        "the plain address goes on working"
    );
}

#[tokio::test]
async fn it_says_at_the_start_and_on_every_page_to_whom_it_is_open() {
    let place = Place::demo();
    let (mut child, lines) = lines(&place, &[]);
    let url = lines[0]
        .strip_prefix("Wayfare is listening on ")
        .expect("the line that programs wait for")
        .to_string();
    assert!(
        lines[1].contains("Anyone who reaches this port can do everything")
            && !lines[1].contains("token="),
        "{lines:?}"
    );
    let browser = Browser::at(&url);
    for path in [
        "/journeys",
        "/journeys/new",
        "/team",
        "/api-keys",
        "/audit",
        "/channels",
        "/projects",
        "/sign-in",
        "/setup",
    ] {
        let (status, page) = browser.page(path).await;
        assert!(status == 200 && page.contains("open to anyone who reaches this port"), "{path}");
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
}

#[tokio::test]
async fn with_a_token_only_whoever_has_the_printed_address_comes_in() {
    let place = Place::demo();
    let (mut child, lines) = lines(&place, &["--local-token"]);
    let url = lines[0]
        .strip_prefix("Wayfare is listening on ")
        .expect("the line that programs wait for")
        .to_string();
    let printed = lines[1].rsplit(' ').next().expect("an address").to_string();
    let token = printed
        .strip_prefix(&format!("{url}/?token="))
        .expect("an address with a token")
        .to_string();

    let stranger = Browser::at(&url);
    for path in [
        "/journeys",
        "/api-keys",
        "/setup",
        "/sign-in",
        "/",
        "/?token=",
        "/?token=AAAA",
        "/journeys?token=x",
    ] {
        let (status, page) = stranger.page(path).await;
        assert_eq!(status, 403, "{path}");
        assert!(page.contains("Open the address that it printed"), "{path}");
    }
    assert_eq!(stranger.get("/api/ui/journeys/list?query=").await.status(), 403);
    let form = [
        ("name", "Eve"),
        ("email", "eve@example.com"),
        ("password", PASSWORD),
        ("token", token.as_str()),
    ];
    assert_eq!(stranger.post("session/found", &form).await.status(), 403);
    let cookie =
        stranger.client.get(format!("{url}/api-keys")).header("cookie", "wayfare_local=AAAA");
    assert_eq!(cookie.send().await.expect("an answer").status(), 403);
    assert_eq!(stranger.get("/healthz").await.status(), 200);

    let owner = Browser::at(&url);
    let answer = owner.get(&format!("/api-keys?token={token}&notice=saved")).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/api-keys?notice=saved".parse().expect("text"))
    );
    let set = answer.headers()["set-cookie"].to_str().expect("text");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let (status, page) = owner.page("/api-keys").await;
    assert!(
        status == 200
            && page.contains("open to anyone with the printed address")
            && !page.contains(&token)
    );

    // The first account ends it: from then on everybody signs in.
    assert_eq!(owner.post("session/found", &form[..3]).await.status(), 200);
    assert_eq!(stranger.page("/sign-in").await.0, 200);
    child.kill().expect("killed");
    child.wait().expect("gone");
}

#[tokio::test]
async fn it_tells_that_it_lives_and_ends_when_asked() {
    let place = Place::demo();
    let mut server = place.serve();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).await.status(), 200, "{path}");
    }
    // An open stream of changes does not hold it up.
    let stream = server.get("/api/ui/changes").await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert!(server.terminate().success());
}

#[test]
fn help_explains_every_flag_with_its_variable() {
    let output =
        std::process::Command::new(BINARY).args(["serve", "--help"]).output().expect("runs");
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for variable in [
        "WAYFARE_LISTEN",
        "WAYFARE_DATABASE",
        "WAYFARE_LOG",
        "WAYFARE_LOG_FORMAT",
        "WAYFARE_READERS",
        "WAYFARE_SHUTDOWN_SECONDS",
        "WAYFARE_LOCAL_TOKEN",
    ] {
        assert!(help.contains(variable), "{variable}");
    }
}
