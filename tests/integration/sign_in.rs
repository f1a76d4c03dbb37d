//! Signing in and out, passwords and their links: what works, and what does not whoever tries.

use serde_json::Value;

use crate::support::{PASSWORD, Place, link_in, secret_of, session_in, text, value_of};

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
    for (email, password) in
        [(ADA, "not her password"), ("nobody@example.com", PASSWORD), ("sam@example.com", PASSWORD), ("no address", "x")]
    {
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
    let form = [("email", ADA), ("password", "my secret guess"), ("next", "/keys")];
    let answer = server.plain("session/sign-in", &form, "/sign-in?next=%2Fkeys").await;
    assert_eq!(answer.status(), 401);
    let page = answer.text().await.expect("text");
    assert!(page.contains("do not belong together") && page.contains(ADA), "the reason and the address");
    assert!(!page.contains("my secret guess"), "never the password");
    let answer = server.plain("session/sign-in", &[("email", ADA), ("password", PASSWORD), ("next", "/keys")], "/sign-in").await;
    assert_eq!(answer.headers()["location"], "/keys");
}

#[tokio::test]
async fn a_sign_in_leads_nowhere_but_here() {
    let place = place();
    let server = place.serve();
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let answer = server.plain("session/sign-in", &[("email", ADA), ("password", PASSWORD), ("next", next)], "/sign-in").await;
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
    assert_eq!(server.browser().sign_in("bob@example.com", PASSWORD).await.status(), 200, "other accounts are not held up");
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
    assert!(answer.headers()["clear-site-data"].to_str().is_ok_and(|value| value.contains("cache")));
    assert_eq!(server.status_with_session(&session).await, 401);
    let page = browser.client.get(format!("{}/keys", server.url)).header("accept", "text/html").send().await.expect("an answer");
    assert_eq!(page.status(), 303);
    assert_eq!(page.headers()["location"], "/sign-in?next=%2Fkeys");
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
async fn another_password_ends_every_other_device_and_renews_this_one() {
    let place = place();
    let server = place.serve();
    let (laptop, phone) = (server.browser(), server.signed_in(ADA).await);
    let before = session_in(&laptop.sign_in(ADA, PASSWORD).await).expect("a session");
    let change = async |present: &str, password: &str| {
        laptop.post("account/password", &[("present", present), ("password", password)]).await
    };
    assert_eq!(change("not it", NEW_PASSWORD).await.status(), 401);
    assert_eq!(phone.get("/api/ui/journeys/list?query=").await.status(), 200, "nothing was changed");
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
    for weak in ["short", "passwordpassword", "aaaaaaaaaaaaaaaa", "ada@example.com1", &"x".repeat(129)] {
        let answer = ada.post("account/password", &[("present", PASSWORD), ("password", weak)]).await;
        assert_eq!(answer.status(), 400, "{weak}");
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(error["invalid"][0]["path"], "password", "{error}");
    }
    assert_eq!(server.browser().sign_in(ADA, PASSWORD).await.status(), 200, "the old one is still good");
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
        server.post("session/choose-password", &[("link", secret_of(&link)), ("password", password)]).await
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
    for dead in [link.as_str(), "/password/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/password/x"] {
        let (status, page) = server.page(dead).await;
        assert!(status == 410 && page.contains("opens nothing") && !page.contains(ADA), "{dead}");
        let answer = server.post("session/choose-password", &[("link", secret_of(dead)), ("password", NEW_PASSWORD)]).await;
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
    let session = session_in(&answer).expect("she is signed in");
    assert_eq!(server.status_with_session(&session).await, 200);
    assert_eq!(server.browser().get("/api/ui/journeys/list?query=").await.status(), 401, "closed after");
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
    let key: String = browser.post("keys/create", &[("name", "Shop"), ("scopes[0]", "read")]).await.json().await.expect("a key");
    let invitation: String =
        browser.post("people/invite", &[("email", "bob@example.com"), ("role", "viewer")]).await.json().await.expect("a link");
    let link = link_in(&text(&place.run(&["user", "reset", ADA]).stdout), "/password/");
    drop(server);
    for file in ["test.db", "test.db-wal"] {
        let bytes = std::fs::read(place.file(file)).unwrap_or_default();
        for secret in [PASSWORD, &session, &key, secret_of(&invitation), secret_of(&link)] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} in {file}");
        }
    }
}
