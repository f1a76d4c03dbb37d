//! The channels' pages: setting up, testing, keeping secrets, caps.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{
    providers::{
        http::{Answer, Receiver},
        rsa_key,
        smtp::{Certificates, Sink},
    },
    support::{BINARY, Browser, Place, Server, run_on, text, value_of},
};

const HERE: [&str; 2] = ["--allow-networks", "127.0.0.0/8"];
const TOKEN: &str = "a-token-that-nobody-may-read";

/// Saves an SMS channel that talks to this receiver.
async fn save_sms(
    browser: &Browser,
    base_url: &str,
    further: &[(&str, &str)],
) -> reqwest::Response {
    let fields = [
        ("channel", "sms"),
        ("fields[account]", "AC1"),
        ("fields[from]", "Shop"),
        ("fields[base_url]", base_url),
    ];
    browser.post("channels/save", &[&fields[..], further].concat()).await
}

async fn sentence(answer: reqwest::Response) -> (u16, String) {
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

#[tokio::test]
async fn a_channel_is_set_up_tested_and_switched_on() {
    let place = Place::demo();
    let sink = Sink::start();
    let server = place.serve_with(&HERE);
    let (_, page) = server.page("/channels").await;
    assert_eq!(page.matches("Not set up").count(), 4);
    let port = sink.port.to_string();
    let fields = [
        ("channel", "email"),
        ("fields[host]", "localhost"),
        ("fields[port]", port.as_str()),
        ("fields[security]", "none"),
        ("fields[from_name]", "Shop"),
        ("fields[from_address]", "news@shop.example"),
        ("revision", "0"),
    ];
    let answer = server.plain("channels/save", &fields, "/channels/email").await;
    assert_eq!(answer.headers()["location"], "/channels/email?notice=channel-saved");
    let (_, page) = server.page("/channels").await;
    assert!(
        page.contains("Test mode") && page.contains("news@shop.example by localhost:"),
        "{page}"
    );

    let answer = server
        .plain(
            "channels/test",
            &[("channel", "email"), ("to", "ada@example.com")],
            "/channels/email",
        )
        .await;
    assert_eq!(answer.headers()["location"], "/channels/email?notice=test-taken");
    assert!(
        server
            .page("/channels/email?notice=test-taken")
            .await
            .1
            .contains("The provider accepted the test message.")
    );
    assert_eq!(sink.messages()[0]["subject"], "A test from Wayfare");
    let answer = server
        .plain(
            "channels/test",
            &[("channel", "email"), ("to", "bounce@example.com")],
            "/channels/email",
        )
        .await;
    assert_eq!(answer.status(), 409);
    let page = answer.text().await.expect("a page");
    assert!(page.contains(
        "The test message was not sent: the mail server does not know the address (550 5.1.1 no \
        such user)."
    ));
    assert!(page.contains("value=\"bounce@example.com\""), "what was typed is still there");

    let (_, page) = server.page("/channels/email").await;
    let revision = value_of(&page, "revision", 0);
    let live = [&fields[..6], &[("revision", revision.as_str()), ("live", "on")]].concat();
    assert_eq!(server.post("channels/save", &live).await.status(), 200);
    assert!(server.page("/channels").await.1.contains("badge-running"));
    // A test that fails leaves the switch on its page alone.
    let answer = server
        .plain(
            "channels/test",
            &[("channel", "email"), ("to", "bounce@example.com")],
            "/channels/email",
        )
        .await;
    assert!(is_on(&answer.text().await.expect("a page")));
    // Someone else, who looked at it before.
    let (status, said) = sentence(server.post("channels/save", &live).await).await;
    assert!(status == 409 && said.contains("was changed by someone else"), "{said}");
    // Sent again from the page that says so, it is refused again: it does not pass for having seen
    // the change.
    let page =
        server.plain("channels/save", &live, "/channels/email").await.text().await.expect("a page");
    assert_eq!(value_of(&page, "revision", 0), revision);
}

/// The channel's switch, as its page shows it.
fn is_on(page: &str) -> bool {
    let field =
        page.split("<input").find(|field| field.contains("name=\"live\"")).expect("a switch");
    field.split('>').next().is_some_and(|field| field.contains("checked"))
}

#[tokio::test]
async fn a_secret_is_kept_shown_to_nobody_and_asked_for_again_where_it_would_go_elsewhere() {
    let place = Place::demo();
    let (twilio, thief) = (Receiver::start().await, Receiver::start().await);
    let server = place.serve_with(&HERE);
    let (status, said) = sentence(save_sms(&server, &twilio.url(), &[]).await).await;
    assert!(status == 400 && said.contains("Enter the auth token"), "{said}");
    assert_eq!(save_sms(&server, &twilio.url(), &[("secret", TOKEN)]).await.status(), 200);
    let (_, page) = server.page("/channels/sms").await;
    assert!(page.contains("Set, but not shown.") && !page.contains(TOKEN));
    // An empty field keeps it.
    assert_eq!(
        save_sms(&server, &twilio.url(), &[("revision", "1"), ("per_second", "5")]).await.status(),
        200
    );
    assert_eq!(
        server.post("channels/test", &[("channel", "sms"), ("to", "+49170")]).await.status(),
        200
    );
    assert!(twilio.last().header("authorization").starts_with("Basic "));
    let (status, said) =
        sentence(save_sms(&server, &thief.url(), &[("revision", "2")]).await).await;
    assert!(status == 400 && said.contains("Enter it again"), "{said}");
    assert!(thief.asked().is_empty());
    // A form that did not work shows what was typed, but not the secret.
    let form = [
        ("channel", "sms"),
        ("fields[account]", "AC-other"),
        ("fields[from]", ""),
        ("secret", TOKEN),
        ("revision", "2"),
    ];
    let page =
        server.plain("channels/save", &form, "/channels/sms").await.text().await.expect("a page");
    assert!(page.contains("AC-other") && !page.contains(TOKEN));
}

#[tokio::test]
async fn a_secret_is_in_no_file_no_log_and_no_export() {
    let place = Place::demo();
    let (private, _) = rsa_key();
    let inner = private.lines().nth(1).expect("a line of the key").to_string();
    let receiver = Receiver::start().await;
    let log = place.file("log");
    let mut child = Command::new(BINARY)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "trace",
            "--allow-networks",
            "127.0.0.0/8",
            "--database",
        ])
        .arg(place.database())
        .env("WAYFARE_SECRET_KEY", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).expect("a log"))
        .spawn()
        .expect("the program starts");
    let url = Server::address(&mut child);
    let browser = Browser::at(&url);
    let certificates = Certificates::new();
    let sink = Sink::start_with(
        &[
            certificates.flags(),
            ["--user", "u", "--password", "not this"].map(str::to_string).to_vec(),
        ]
        .concat(),
    );
    let port = sink.port.to_string();
    let mail = [
        ("channel", "email"),
        ("fields[host]", "localhost"),
        ("fields[port]", port.as_str()),
        ("fields[security]", "starttls"),
        ("fields[user]", "u"),
        ("fields[from_address]", "news@shop.example"),
        ("fields[authority]", certificates.authority.as_str()),
        ("secret", "a-password-that-is-wrong"),
    ];
    assert_eq!(browser.post("channels/save", &mail).await.status(), 200);
    let (status, said) = sentence(
        browser.post("channels/test", &[("channel", "email"), ("to", "a@example.com")]).await,
    )
    .await;
    assert!(status == 409 && said.contains("refuses the user name or password"), "{said}");
    assert_eq!(save_sms(&browser, &receiver.url(), &[("secret", TOKEN)]).await.status(), 200);
    receiver.answers(Answer::json(
        400,
        &serde_json::json!({ "code": 1, "message": format!("you said {TOKEN}") }),
    ));
    let (_, said) =
        sentence(browser.post("channels/test", &[("channel", "sms"), ("to", "+49170")]).await)
            .await;
    assert!(said.contains("you said …"), "{said}");
    let account = serde_json::json!({ "project_id": "p", "client_email": "p@example.com", "private_key": private });
    let token_url = format!("{}/token", receiver.url());
    let push = [
        ("channel", "push"),
        ("fields[base_url]", &receiver.url()),
        ("fields[token_url]", token_url.as_str()),
        ("secret", &account.to_string()),
    ]
    .map(|(key, value)| (key, value.to_string()));
    let push: Vec<(&str, &str)> = push.iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert_eq!(browser.post("channels/save", &push).await.status(), 200);
    receiver.answers(Answer::Well);
    assert_eq!(
        browser.post("channels/test", &[("channel", "push"), ("to", "device")]).await.status(),
        200
    );
    assert_eq!(receiver.last().json()["message"]["token"], "device");
    for path in
        ["/channels", "/channels/email", "/channels/sms", "/channels/push", "/audit", "/audit.csv"]
    {
        let (status, page) = browser.page(path).await;
        assert_eq!(status, 200, "{path}");
        for secret in [TOKEN, "a-password-that-is-wrong", &inner] {
            assert!(!page.contains(secret), "{path}");
        }
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let export = text(&run_on(&place.database(), &["export"]).stdout);
    let names = ["test.db", "test.db-wal", "log"];
    let mut held: Vec<(String, Vec<u8>)> = vec![("the export".to_string(), export.into_bytes())];
    held.extend(
        names.map(|name| (name.to_string(), std::fs::read(place.file(name)).unwrap_or_default())),
    );
    assert!(
        held.iter().all(|(name, bytes)| name == "test.db-wal" || !bytes.is_empty()),
        "there is something to look through"
    );
    for secret in [TOKEN, "a-password-that-is-wrong", &inner] {
        for (name, bytes) in &held {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_secret_that_was_sealed_with_another_key_has_to_be_entered_again() {
    let place = Place::demo();
    let twilio = Receiver::start().await;
    {
        let server = place.serve_with(&HERE);
        assert_eq!(save_sms(&server, &twilio.url(), &[("secret", TOKEN)]).await.status(), 200);
    }
    let other = place.file("other.key");
    let server = place.serve_with(
        &[&HERE[..], &["--accept-new-key", "--key-file", other.to_str().expect("a path")]].concat(),
    );
    let (status, said) =
        sentence(server.post("channels/test", &[("channel", "sms"), ("to", "+49170")]).await).await;
    assert!(status == 409 && said.contains("encrypted with another server key"), "{said}");
    assert_eq!(
        save_sms(&server, &twilio.url(), &[("revision", "1"), ("secret", TOKEN)]).await.status(),
        200
    );
    assert_eq!(
        server.post("channels/test", &[("channel", "sms"), ("to", "+49170")]).await.status(),
        200
    );
}

#[tokio::test]
async fn addresses_inside_are_refused_when_they_are_saved_and_when_they_are_tested() {
    let place = Place::demo();
    let receiver = Receiver::start().await;
    let server = place.serve();
    for inside in [
        receiver.url(),
        "http://169.254.169.254".to_string(),
        "https://[::ffff:10.0.0.1]".to_string(),
    ] {
        let (status, said) = sentence(save_sms(&server, &inside, &[("secret", TOKEN)]).await).await;
        assert!(status == 400 && said.contains("is in a private network"), "{inside}: {said}");
    }
    // A name is looked up when it is used.
    let name = format!("http://localhost:{}", receiver.address.port());
    assert_eq!(save_sms(&server, &name, &[("secret", TOKEN)]).await.status(), 200);
    let (status, said) =
        sentence(server.post("channels/test", &[("channel", "sms"), ("to", "+49170")]).await).await;
    assert!(status == 409 && said.contains("“localhost” is in a private network"), "{said}");
    assert_eq!(server.post("channels/save", &[("channel", "webhook")]).await.status(), 200);
    for to in [receiver.url(), name, "http://2130706433/".to_string(), "http://[::1]/".to_string()]
    {
        let (status, said) =
            sentence(server.post("channels/test", &[("channel", "webhook"), ("to", &to)]).await)
                .await;
        assert!(status == 409 && said.contains("is in a private network"), "{to}: {said}");
    }
    assert!(receiver.asked().is_empty());
}

#[tokio::test]
async fn each_project_has_its_own() {
    let place = Place::demo();
    let twilio = Receiver::start().await;
    let server = place.serve_with(&HERE);
    assert_eq!(save_sms(&server, &twilio.url(), &[("secret", TOKEN)]).await.status(), 200);
    assert_eq!(server.post("projects/create", &[("name", "Other")]).await.status(), 200);
    assert_eq!(server.page("/channels").await.1.matches("Not set up").count(), 4);
    let (status, said) =
        sentence(server.post("channels/test", &[("channel", "sms"), ("to", "+49170")]).await).await;
    assert!(status == 409 && said.contains("not set up yet"), "{said}");
}

#[tokio::test]
async fn caps_are_kept_and_every_change_is_in_the_audit_log() {
    let place = Place::demo();
    let server = place.serve_with(&HERE);
    let caps = [
        ("channel[0]", ""),
        ("most[0]", "3"),
        ("hours[0]", "24"),
        ("channel[1]", "email"),
        ("most[1]", "1"),
        ("hours[1]", "12"),
        ("channel[2]", "sms"),
        ("most[2]", ""),
        ("hours[2]", ""),
    ];
    assert_eq!(server.post("channels/caps", &caps).await.status(), 200);
    let (_, page) = server.page("/channels").await;
    let shown = ["most[0]", "hours[0]", "most[1]"].map(|field| value_of(&page, field, 0));
    assert_eq!(shown, ["3", "24", "1"]);
    let wrong = [("channel[0]", ""), ("most[0]", "0"), ("hours[0]", "999")];
    let page =
        server.plain("channels/caps", &wrong, "/channels").await.text().await.expect("a page");
    assert!(page.contains("at least one message") && page.contains("1 to 744 hours"), "{page}");
    assert_eq!(value_of(&page, "hours[0]", 0), "999", "what was typed is still there");
    assert_eq!(
        server.post("channels/save", &[("channel", "webhook"), ("live", "on")]).await.status(),
        200
    );
    let log = server.get("/audit.csv").await.text().await.expect("text");
    for entry in [
        "channels.caps",
        "all channels: 3 in 1 day; email: 1 in 12 hours",
        "channels.save",
        "webhook: live",
    ] {
        assert!(log.contains(entry), "{entry} in {log}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_told_field_by_field() {
    let place = Place::demo();
    let server = place.serve();
    let form = [
        ("channel", "email"),
        ("fields[host]", "https://x"),
        ("fields[from_address]", "nobody"),
        ("fields[port]", "0"),
    ];
    let answer = server.post("channels/save", &form).await;
    assert_eq!(answer.status(), 400);
    let errors: Value = answer.json().await.expect("JSON");
    let paths: Vec<_> = errors["invalid"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["path"].clone())
        .collect();
    assert_eq!(paths, ["host", "port", "from_address"]);
    assert_eq!(server.post("channels/save", &[("channel", "pigeon")]).await.status(), 404);
    assert_eq!(server.page("/channels/pigeon").await.0, 404);
    let key = [
        ("channel", "push"),
        (
            "secret",
            "{\"project_id\":\"p\",\"client_email\":\"p@example.com\",\"private_key\":\"x\"}",
        ),
    ];
    let (status, said) = sentence(server.post("channels/save", &key).await).await;
    assert!(status == 409 && said.contains("private key cannot be read"), "{said}");
}

#[test]
fn a_machine_without_certificates_of_authorities_serves_its_pages() {
    let place = Place::demo();
    let mut child = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--database"])
        .arg(place.database())
        .env("SSL_CERT_FILE", place.file("nothing.pem"))
        .env("SSL_CERT_DIR", place.file("nothing"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    assert!(Server::address(&mut child).starts_with("http://127.0.0.1:"));
    child.kill().expect("killed");
    child.wait().expect("gone");
}

#[test]
fn a_server_without_a_usable_key_does_not_start() {
    let place = Place::demo();
    let output = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--database"])
        .arg(place.database())
        .env("WAYFARE_SECRET_KEY", "short")
        .output()
        .expect("the program runs");
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("WAYFARE_SECRET_KEY is not 32 bytes in base64"),
        "{}",
        text(&output.stderr)
    );
}
