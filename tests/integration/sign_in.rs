//! Signing in and out, passwords and their links: what works, and what never does.

use serde_json::Value;

use crate::support::{Browser, PASSWORD, Place, link_in, secret_of, session_in, text, value_of};

const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "velvet harbour quiet seventeen";

/// A place with one account, an admin's.
fn place() -> Place {
    let place = Place::demo();
    place.account(ADA, "admin");
    place
}

#[tokio::test]
async fn an_unknown_address_a_wrong_password_and_a_suspended_account_are_told_the_same() {
    let place = place();
    place.account("sam@example.com", "viewer");
    assert!(place.run(&["user", "suspend", "sam@example.com"]).status.success());
    let server = place.serve();
    let mut answers = Vec::new();
    for (email, password) in [
        (ADA, "not the password"),
        ("nobody@example.com", PASSWORD),
        ("sam@example.com", PASSWORD),
        ("no address", "x"),
    ] {
        let answer = server.browser().sign_in(email, password).await;
        assert_eq!(answer.status(), 401, "{email}");
        assert!(session_in(&answer).is_none(), "{email}");
        answers.push(answer.text().await.expect("text"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_plain_sign_in_that_fails_shows_the_form_again_without_the_password() {
    let place = place();
    let server = place.serve();
    let form = [("email", ADA), ("password", "my secret guess"), ("next", "/api-keys")];
    let answer = server.plain("session/sign-in", &form, "/sign-in?next=%2Fapi%2Dkeys").await;
    assert_eq!(answer.status(), 401);
    let page = answer.text().await.expect("text");
    assert!(page.contains("is wrong") && page.contains(ADA), "the reason and the address");
    assert!(!page.contains("my secret guess"), "never the password");
    let answer = server
        .plain(
            "session/sign-in",
            &[("email", ADA), ("password", PASSWORD), ("next", "/api-keys")],
            "/sign-in",
        )
        .await;
    assert_eq!(answer.headers()["location"], "/api-keys");
}

#[tokio::test]
async fn a_sign_in_leads_nowhere_but_here() {
    let place = place();
    let server = place.serve();
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
    ] {
        let answer = server
            .plain(
                "session/sign-in",
                &[("email", ADA), ("password", PASSWORD), ("next", next)],
                "/sign-in",
            )
            .await;
        assert_eq!(answer.headers()["location"], "/journeys", "{next}");
    }
}

#[tokio::test]
async fn the_eleventh_guess_has_to_wait_even_with_the_right_password() {
    let place = place();
    place.account("bob@example.com", "viewer");
    let server = place.serve();
    for _ in 0..10 {
        assert_eq!(server.browser().sign_in(ADA, "a guess").await.status(), 401);
    }
    let answer = server.browser().sign_in(ADA, PASSWORD).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(
        server.browser().sign_in("bob@example.com", PASSWORD).await.status(),
        200,
        "other accounts are not held up"
    );
}

/// Tries to sign in from an address, as the proxy in front tells it.
async fn from(browser: &Browser, address: &str, email: &str, password: &str) -> reqwest::Response {
    let request = browser
        .client
        .post(format!("{}/api/ui/session/sign-in", browser.url))
        .header("x-forwarded-for", address);
    request.form(&[("email", email), ("password", password)]).send().await.expect("an answer")
}

#[tokio::test]
async fn guesses_from_elsewhere_do_not_shut_the_owner_out() {
    let place = place();
    let server = place.serve_with(&["--trusted-proxies", "127.0.0.1/32"]);
    let own = server.browser();
    assert_eq!(from(&own, "198.51.100.7", ADA, PASSWORD).await.status(), 200);
    let guess = async |network: usize| {
        from(&server.browser(), &format!("203.0.113.{network}"), ADA, "a guess").await.status()
    };
    for _ in 0..10 {
        assert_eq!(guess(0).await, 401);
    }
    for _ in 0..20 {
        assert_eq!(guess(0).await, 429, "the network has to wait");
    }
    assert_eq!(
        from(&server.browser(), "198.51.100.8", ADA, PASSWORD).await.status(),
        200,
        "and the owner's has not"
    );
    // From many networks at once, until the account as a whole has to wait.
    for network in 1..=60 {
        guess(network).await;
    }
    assert_eq!(
        from(&server.browser(), "198.51.100.9", ADA, PASSWORD).await.status(),
        429,
        "it may be someone else"
    );
    assert_eq!(
        from(&own, "198.51.100.10", ADA, PASSWORD).await.status(),
        200,
        "a known browser, wherever it is"
    );
    assert_eq!(
        from(&own, "203.0.113.0", ADA, PASSWORD).await.status(),
        200,
        "even where the guesses come from"
    );
}

#[tokio::test]
async fn a_browser_that_is_known_to_one_account_is_a_stranger_to_another_and_has_a_limit_itself() {
    let place = place();
    place.account("bob@example.com", "viewer");
    let server = place.serve();
    let browser = server.signed_in("bob@example.com").await;
    for _ in 0..10 {
        server.browser().sign_in(ADA, "a guess").await;
    }
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status(), 429);
    for _ in 0..10 {
        assert_eq!(browser.sign_in("bob@example.com", "a guess").await.status(), 401);
    }
    assert_eq!(browser.sign_in("bob@example.com", PASSWORD).await.status(), 429);
    assert_eq!(
        server.browser().sign_in("bob@example.com", PASSWORD).await.status(),
        200,
        "of that browser alone"
    );
}

#[tokio::test]
async fn the_cookie_of_a_known_browser_opens_nothing_and_is_kept_from_scripts() {
    let place = place();
    let server = place.serve();
    let answer = server.browser().sign_in(ADA, PASSWORD).await;
    let cookies: Vec<&str> = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let device =
        cookies.iter().find(|cookie| cookie.starts_with("wayfare_device=")).expect("a cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"] {
        assert!(device.contains(part), "{part} in {device}");
    }
    let request = reqwest::Client::new().get(format!("{}/api/ui/journeys/list?query=", server.url));
    let request = request.header("cookie", device.split(';').next().expect("a cookie"));
    assert_eq!(request.send().await.expect("an answer").status(), 401);
}

#[tokio::test]
async fn an_attempt_too_many_is_told_the_same_for_known_unknown_and_suspended_accounts() {
    let place = place();
    place.account("sam@example.com", "viewer");
    assert!(place.run(&["user", "suspend", "sam@example.com"]).status.success());
    let server = place.serve_with(&["--trusted-proxies", "127.0.0.1/32"]);
    let mut answers = Vec::new();
    for (network, email) in
        [ADA, "nobody@example.com", "sam@example.com", "no address"].into_iter().enumerate()
    {
        let network = format!("203.0.113.{network}");
        for _ in 0..10 {
            from(&server.browser(), &network, email, "a guess").await;
        }
        let answer = from(&server.browser(), &network, email, PASSWORD).await;
        assert_eq!(answer.status(), 429, "{email}");
        let names: Vec<String> = answer.headers().keys().map(ToString::to_string).collect();
        let body: String = answer
            .text()
            .await
            .expect("text")
            .chars()
            .filter(|sign| !sign.is_ascii_digit())
            .collect();
        answers.push((names, body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let place = place();
    let server = place.serve();
    let answer = server.browser().sign_in(ADA, PASSWORD).await;
    let cookie = answer.headers()["set-cookie"].to_str().expect("text").to_string();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn a_sign_in_ends_the_session_that_the_browser_had_before() {
    let place = place();
    let server = place.serve();
    let browser = server.browser();
    let before = session_in(&browser.sign_in(ADA, PASSWORD).await).expect("a session");
    let after = session_in(&browser.sign_in(ADA, PASSWORD).await).expect("a session");
    assert_ne!(before, after);
    assert_eq!(server.status_with_session(&before).await, 401);
    assert_eq!(server.status_with_session(&after).await, 200);
}

#[tokio::test]
async fn a_cookie_from_before_the_sign_out_opens_nothing() {
    let place = place();
    let server = place.serve();
    let browser = server.browser();
    let session = session_in(&browser.sign_in(ADA, PASSWORD).await).expect("a session");
    let answer = browser.post("session/sign-out", &[]).await;
    assert_eq!(answer.status(), 200);
    assert!(
        answer.headers()["clear-site-data"].to_str().is_ok_and(|value| value.contains("cache"))
    );
    assert_eq!(server.status_with_session(&session).await, 401);
    let page = browser
        .client
        .get(format!("{}/api-keys", server.url))
        .header("accept", "text/html")
        .send()
        .await
        .expect("an answer");
    assert_eq!(page.status(), 303);
    assert_eq!(page.headers()["location"], "/sign-in?next=%2Fapi%2Dkeys");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_that_person_and_no_other() {
    let place = place();
    place.account("bob@example.com", "viewer");
    let server = place.serve();
    let (laptop, phone) = (server.signed_in(ADA).await, server.signed_in(ADA).await);
    let bob = server.signed_in("bob@example.com").await;
    assert_eq!(laptop.post("account/sign-out-everywhere", &[]).await.status(), 200);
    for browser in [laptop, phone] {
        assert_eq!(browser.get("/api/ui/journeys/list?query=").await.status(), 401);
    }
    assert_eq!(bob.get("/api/ui/journeys/list?query=").await.status(), 200);
}

#[tokio::test]
async fn each_device_can_be_ended_by_itself_but_only_by_its_owner() {
    let place = place();
    place.account("bob@example.com", "admin");
    let server = place.serve();
    let (laptop, phone) = (server.signed_in(ADA).await, server.signed_in(ADA).await);
    let (_, page) = laptop.page("/account").await;
    let session = value_of(&page, "session", 0);
    let bob = server.signed_in("bob@example.com").await;
    assert_eq!(bob.post("account/end-session", &[("session", &session)]).await.status(), 404);
    assert_eq!(phone.get("/api/ui/journeys/list?query=").await.status(), 200);
    assert_eq!(laptop.post("account/end-session", &[("session", &session)]).await.status(), 200);
    assert_eq!(phone.get("/api/ui/journeys/list?query=").await.status(), 401);
    assert_eq!(laptop.get("/api/ui/journeys/list?query=").await.status(), 200);
}

#[tokio::test]
async fn a_session_ends_after_half_a_day_without_use_and_after_a_week_in_any_case() {
    let place = place();
    let server = place.serve();
    for late in [
        "UPDATE sessions SET last_seen_at = last_seen_at - 12 * 3600 * 1000 - 1000",
        "UPDATE sessions SET expires_at = created_at - 1",
    ] {
        let browser = server.signed_in(ADA).await;
        assert_eq!(browser.get("/api/ui/journeys/list?query=").await.status(), 200);
        place.sql(late).await;
        assert_eq!(browser.get("/api/ui/journeys/list?query=").await.status(), 401, "{late}");
    }
}

#[tokio::test]
async fn a_stream_of_changes_that_stays_open_is_no_use_of_its_session() {
    let place = place();
    let server = place.serve();
    let browser = server.signed_in(ADA).await;
    let mut stream = browser.get("/api/ui/changes").await;
    assert!(stream.chunk().await.expect("a stream").is_some(), "where it begins");
    place.sql("UPDATE sessions SET last_seen_at = last_seen_at - 2 * 3600 * 1000").await;
    let before = place.count("SELECT last_seen_at FROM sessions").await;
    // Each sign of life is sent after a look at the session.
    for _ in 0..2 {
        assert_eq!(stream.chunk().await.expect("open").as_deref(), Some(&b":\n\n"[..]));
    }
    assert_eq!(place.count("SELECT last_seen_at FROM sessions").await, before);
}

#[tokio::test]
async fn another_password_ends_every_other_device_and_renews_this_one() {
    let place = place();
    let server = place.serve();
    let (laptop, phone) = (server.browser(), server.signed_in(ADA).await);
    let before = session_in(&laptop.sign_in(ADA, PASSWORD).await).expect("a session");
    let change = async |present: &str, password: &str| {
        laptop.post("account/password", &[("present", present), ("password", password)]).await
    };
    assert_eq!(change("not it", NEW_PASSWORD).await.status(), 401);
    assert_eq!(
        phone.get("/api/ui/journeys/list?query=").await.status(),
        200,
        "nothing was changed"
    );
    let after = session_in(&change(PASSWORD, NEW_PASSWORD).await).expect("a session");
    assert_eq!(server.status_with_session(&before).await, 401);
    assert_eq!(server.status_with_session(&after).await, 200);
    assert_eq!(phone.get("/api/ui/journeys/list?query=").await.status(), 401);
    assert_eq!(server.browser().sign_in(ADA, PASSWORD).await.status(), 401);
    assert_eq!(server.browser().sign_in(ADA, NEW_PASSWORD).await.status(), 200);
}

#[tokio::test]
async fn passwords_that_are_short_common_or_made_of_the_name_are_refused_with_the_reason() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    for weak in
        ["short", "passwordpassword", "aaaaaaaaaaaaaaaa", "ada@example.com1", &"x".repeat(129)]
    {
        let answer =
            ada.post("account/password", &[("present", PASSWORD), ("password", weak)]).await;
        assert_eq!(answer.status(), 400, "{weak}");
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(error["invalid"][0]["path"], "password", "{error}");
    }
    assert_eq!(
        server.browser().sign_in(ADA, PASSWORD).await.status(),
        200,
        "the old one is still good"
    );
}

#[tokio::test]
async fn a_password_link_works_once_and_signs_everybody_out() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let link = link_in(&text(&place.run(&["user", "reset", ADA]).stdout), "/password/");
    let (status, page) = server.page(&link).await;
    assert!(status == 200 && page.contains(ADA), "the page says whose password it is");
    let choose = async |password: &str| {
        server
            .post("session/choose-password", &[("link", secret_of(&link)), ("password", password)])
            .await
    };
    assert_eq!(choose("short").await.status(), 400, "a weak password does not spend the link");
    assert_eq!(choose(NEW_PASSWORD).await.status(), 200);
    assert_eq!(ada.get("/api/ui/journeys/list?query=").await.status(), 401);
    assert_eq!(choose(NEW_PASSWORD).await.status(), 410);
    assert_eq!(server.page(&link).await.0, 410);
    assert_eq!(server.browser().sign_in(ADA, NEW_PASSWORD).await.status(), 200);
}

#[tokio::test]
async fn a_password_link_that_is_too_old_replaced_or_made_up_opens_nothing() {
    let place = place();
    let server = place.serve();
    let reset = || link_in(&text(&place.run(&["user", "reset", ADA]).stdout), "/password/");
    let replaced = reset();
    let link = reset();
    assert_eq!(server.page(&replaced).await.0, 410, "the newest link is the only one");
    place.sql("UPDATE password_links SET expires_at = created_at").await;
    for dead in
        [link.as_str(), "/password/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/password/x"]
    {
        let (status, page) = server.page(dead).await;
        assert!(status == 410 && page.contains("no longer works") && !page.contains(ADA), "{dead}");
        let answer = server
            .post(
                "session/choose-password",
                &[("link", secret_of(dead)), ("password", NEW_PASSWORD)],
            )
            .await;
        assert_eq!(answer.status(), 410, "{dead}");
    }
    assert_eq!(server.browser().sign_in(ADA, PASSWORD).await.status(), 200);
}

#[tokio::test]
async fn the_first_account_closes_local_mode_and_can_be_made_only_once() {
    let place = Place::demo();
    let server = place.serve();
    assert_eq!(server.get("/api/ui/journeys/list?query=").await.status(), 200, "open before");
    let found = async |email: &str| {
        let form = [("name", "Ada"), ("email", email), ("password", PASSWORD)];
        server.browser().post("session/found", &form).await
    };
    let answer = found(ADA).await;
    assert_eq!(answer.status(), 200);
    let session = session_in(&answer).expect("a session");
    assert_eq!(server.status_with_session(&session).await, 200);
    assert_eq!(
        server.browser().get("/api/ui/journeys/list?query=").await.status(),
        401,
        "closed after"
    );
    assert_eq!(found("eve@example.com").await.status(), 409);
    assert_eq!(server.browser().sign_in("eve@example.com", PASSWORD).await.status(), 401);
}

#[tokio::test]
async fn two_first_accounts_at_once_leave_one() {
    let place = Place::demo();
    let server = place.serve();
    let found = async |email: &str| {
        let form = [("name", "Somebody"), ("email", email), ("password", PASSWORD)];
        server.browser().post("session/found", &form).await.status().as_u16()
    };
    let (first, second) = tokio::join!(found(ADA), found("bob@example.com"));
    let mut both = [first, second];
    both.sort_unstable();
    assert_eq!(both, [200, 409]);
    assert_eq!(text(&place.run(&["user", "list"]).stdout).lines().count(), 1);
}

#[tokio::test]
async fn a_suspended_person_is_out_at_once_and_back_when_restored() {
    let place = place();
    place.account("bob@example.com", "viewer");
    let server = place.serve();
    let bob = server.signed_in("bob@example.com").await;
    assert!(place.run(&["user", "suspend", "bob@example.com"]).status.success());
    assert_eq!(bob.get("/api/ui/journeys/list?query=").await.status(), 401);
    assert!(place.run(&["user", "restore", "bob@example.com"]).status.success());
    assert_eq!(server.browser().sign_in("bob@example.com", PASSWORD).await.status(), 200);
}

#[tokio::test]
async fn no_password_session_key_or_link_stands_in_the_file() {
    let place = place();
    let server = place.serve();
    let browser = server.browser();
    let session = session_in(&browser.sign_in(ADA, PASSWORD).await).expect("a session");
    let key: String = browser
        .post("keys/create", &[("name", "Shop"), ("scopes[0]", "read")])
        .await
        .json()
        .await
        .expect("a key");
    let invitation: String = browser
        .post("people/invite", &[("email", "bob@example.com"), ("role", "viewer")])
        .await
        .json()
        .await
        .expect("a link");
    let link = link_in(&text(&place.run(&["user", "reset", ADA]).stdout), "/password/");
    drop(server);
    for file in ["test.db", "test.db-wal"] {
        let bytes = std::fs::read(place.file(file)).unwrap_or_default();
        for secret in [PASSWORD, &session, &key, secret_of(&invitation), secret_of(&link)] {
            assert!(
                !bytes.windows(secret.len()).any(|part| part == secret.as_bytes()),
                "{secret} in {file}"
            );
        }
    }
}
