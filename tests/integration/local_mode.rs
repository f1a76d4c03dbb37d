//! Local mode answers this machine only; signs of life; an orderly end.

use crate::support::{BINARY, Place};

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused() {
    let place = Place::demo();
    let server = place.serve();
    let ask = async |name: &str, value: &str| {
        let request = server.client.post(format!("{}/api/ui/journeys/operate", server.url)).header(name, value);
        request.form(&[("action", "pause"), ("matching", "?")]).send().await.expect("an answer").status().as_u16()
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
        assert!(String::from_utf8_lossy(&output.stderr).contains("there is no account yet"), "{flags:?}");
    }
}

#[tokio::test]
async fn what_comes_through_a_proxy_does_not_come_from_this_machine() {
    let place = Place::demo();
    let server = place.serve();
    for (name, value) in [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7"), ("via", "1.1 proxy")] {
        let request = server.client.get(format!("{}/api/ui/journeys/list?query=", server.url)).header(name, value);
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{name}");
    }
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
    let output = std::process::Command::new(BINARY).args(["serve", "--help"]).output().expect("runs");
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for variable in
        ["WAYFARE_LISTEN", "WAYFARE_DATABASE", "WAYFARE_LOG", "WAYFARE_LOG_FORMAT", "WAYFARE_READERS", "WAYFARE_SHUTDOWN_SECONDS"]
    {
        assert!(help.contains(variable), "{variable}");
    }
}
