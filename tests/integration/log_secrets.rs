//! What the log tells at its loudest: routes and numbers, never a secret that came in an address, a
//! cookie, a header or a form.

use std::{
    fs::File,
    process::{Child, Command, Stdio},
};

use serde_json::json;

use crate::{
    sso::idp::{Idp, Said},
    support::{BINARY, Browser, PASSWORD, Place, Server, link_in, secret_of, session_in, text},
};

const ADA: &str = "ada@example.com";

/// Serves with everything logged, into a file.
fn serve(place: &Place, flags: &[String]) -> (Child, String) {
    let log = File::create(place.file("log")).expect("a file");
    let mut child = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "debug,wayfare=trace"])
        .args(flags)
        .arg("--database")
        .arg(place.database())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the program starts");
    let url = Server::address(&mut child);
    (child, url)
}

fn log_of(place: &Place, mut child: Child) -> String {
    child.kill().expect("killed");
    child.wait().expect("gone");
    std::fs::read_to_string(place.file("log")).expect("a log")
}

#[tokio::test]
async fn no_secret_of_any_kind_stands_in_the_log_at_its_loudest() {
    let place = Place::demo();
    place.account(ADA, "admin");
    let idp = Idp::start().await;
    let flags =
        [idp.flags(), vec!["--oidc-client-secret".to_string(), "the-client-secret".to_string()]]
            .concat();
    let (child, url) = serve(&place, &flags);
    let mut secrets: Vec<(&str, String)> =
        vec![("the password", PASSWORD.to_string()), ("client", "the-client-secret".to_string())];

    let ada = Browser::at(&url);
    let answer = ada.sign_in(ADA, PASSWORD).await;
    secrets.push(("the session", session_in(&answer).expect("a session")));
    let cookies =
        answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let device = cookies
        .filter_map(|cookie| cookie.strip_prefix("wayfare_device="))
        .next()
        .expect("a device");
    secrets.push(("the device", device.split(';').next().expect("a value").to_string()));

    let invite = [("email", "bob@example.com"), ("role", "viewer")];
    let link: String = ada.post("people/invite", &invite).await.json().await.expect("a link");
    let invitation = link_in(&link, "/invitations/");
    ada.page(&invitation).await;
    let join = [("link", secret_of(&invitation)), ("name", "Bob"), ("password", "too short")];
    ada.plain("session/join-new", &join, &invitation).await;
    secrets.push(("an invitation", secret_of(&invitation).to_string()));
    let reset = link_in(&text(&place.run(&["user", "reset", ADA]).stdout), "/password/");
    Browser::at(&url).page(&reset).await;
    Browser::at(&url).client.put(format!("{url}{reset}")).send().await.expect("an answer");
    secrets.push(("a password link", secret_of(&reset).to_string()));

    let key: String = ada
        .post("keys/create", &[("name", "Shop"), ("scopes[0]", "read")])
        .await
        .json()
        .await
        .expect("a key");
    ada.client
        .get(format!("{url}/api/v1/journeys"))
        .bearer_auth(&key)
        .send()
        .await
        .expect("an answer");
    secrets.push(("an API key", key));
    for (kind, path) in [
        ("an opening", "/t/o/"),
        ("a click", "/t/c/"),
        ("choices", "/u/"),
        ("a dead invitation", "/invitations/"),
        ("no page", "/nothing/"),
    ] {
        let secret = format!("secret-in-{}", path.trim_matches('/').replace('/', "-"));
        ada.get(&format!("{path}{secret}")).await;
        ada.client
            .post(format!("{url}{path}{secret}"))
            .form(&[("do", "save")])
            .send()
            .await
            .expect("an answer");
        secrets.push((kind, secret));
    }
    ada.client
        .post(format!("{url}/hooks/secret-of-hook/twilio"))
        .body("{}")
        .send()
        .await
        .expect("an answer");
    secrets.push(("a hook", "secret-of-hook".to_string()));
    ada.post("hooks/save", &[("provider", "mailgun"), ("secret", "the-signing-key")]).await;
    secrets.push(("a provider's key", "the-signing-key".to_string()));

    let zoe = Browser::at(&url);
    let there = zoe.get("/sign-in/provider").await.headers()["location"]
        .to_str()
        .expect("text")
        .to_string();
    let told = json!({ "email": "zoe@example.com", "email_verified": true });
    let back = idp.consent(&there, Said { subject: "zoe", token: told, info: json!({}) });
    assert!(
        session_in(&zoe.client.get(&back).send().await.expect("an answer")).is_some(),
        "the session is open"
    );
    for (name, value) in reqwest::Url::parse(&back).expect("an address").query_pairs().into_owned()
    {
        secrets.push((if name == "code" { "the code" } else { "the state" }, value));
    }
    secrets.push(("the access token", "access-to-".to_string()));

    let log = log_of(&place, child);
    assert!(
        log.contains("/invitations/{link}") && log.contains("DEBUG"),
        "the routes are there: {log:.2000}"
    );
    for (kind, secret) in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{kind}");
    }
}

#[tokio::test]
async fn the_token_of_local_mode_is_printed_and_not_logged() {
    let place = Place::demo();
    let log = File::create(place.file("log")).expect("a file");
    let mut child = Command::new(BINARY)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "debug,wayfare=trace",
            "--local-token",
            "--database",
        ])
        .arg(place.database())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the program starts");
    let printed = crate::local_mode::address_with_token(&mut child);
    let token = printed.split("token=").nth(1).expect("a token").to_string();
    let url = printed.split("/?").next().expect("an address").to_string();
    assert_eq!(Browser::at(&url).get(&format!("/?token={token}")).await.status(), 303);
    assert!(!log_of(&place, child).contains(&token));
}
