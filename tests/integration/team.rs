//! People, projects and API keys: what belongs to whom, and what no longer does.

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{
    Browser, PASSWORD, Place, Server, link_in, secret_of, session_in, text, value_of, values_of,
};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

fn place() -> Place {
    let place = Place::demo();
    place.account(ADA, "admin");
    place
}

async fn invite(admin: &Browser, email: &str, role: &str) -> String {
    let answer = admin.post("people/invite", &[("email", email), ("role", role)]).await;
    let link: String = answer.json().await.expect("a link");
    link_in(&link, "/invitations/")
}

async fn join_new(browser: &Browser, link: &str) -> reqwest::Response {
    browser
        .post(
            "session/join-new",
            &[("link", secret_of(link)), ("name", "Bob"), ("password", PASSWORD)],
        )
        .await
}

async fn new_key(admin: &Browser, scope: &str) -> String {
    admin
        .post("keys/create", &[("name", "Shop"), ("scopes[0]", scope)])
        .await
        .json()
        .await
        .expect("a key")
}

async fn with_key(server: &Server, key: &str, path: &str) -> (StatusCode, Value) {
    let answer = server
        .browser()
        .client
        .get(format!("{}{path}", server.url))
        .bearer_auth(key)
        .send()
        .await
        .expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

/// Makes a project, goes there, and answers its id.
async fn new_project(admin: &Browser, name: &str) -> String {
    assert_eq!(admin.post("projects/create", &[("name", name)]).await.status(), 200);
    admin.list("").await["seat"]["project"].as_str().expect("an id").to_string()
}

#[tokio::test]
async fn an_invitation_gives_its_role_once() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let link = invite(&ada, BOB, "creator").await;
    let bob = server.browser();
    let (status, page) = bob.page(&link).await;
    assert!(
        status == 200 && page.contains("Creator") && page.contains("My project"),
        "it says what it is for"
    );
    assert_eq!(join_new(&bob, &link).await.status(), 200);
    let list = bob.list("").await;
    assert_eq!(list["seat"]["role"], "creator");
    assert_eq!(join_new(&server.browser(), &link).await.status(), 410);
    assert_eq!(server.page(&link).await.0, 410);
}

#[tokio::test]
async fn an_invitation_that_was_withdrawn_is_too_old_or_made_up_opens_nothing() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let withdrawn = invite(&ada, BOB, "viewer").await;
    let (_, page) = ada.page("/team").await;
    assert_eq!(
        ada.post("people/withdraw", &[("invitation", &value_of(&page, "invitation", 0))])
            .await
            .status(),
        200
    );
    let old = invite(&ada, BOB, "admin").await;
    place.sql("UPDATE invitations SET expires_at = created_at").await;
    for dead in [withdrawn.as_str(), old.as_str(), "/invitations/made-up"] {
        let (status, page) = server.page(dead).await;
        assert!(
            status == 410 && page.contains("no longer works") && !page.contains("My project"),
            "{dead}"
        );
        assert_eq!(join_new(&server.browser(), dead).await.status(), 410, "{dead}");
    }
    assert_eq!(text(&place.run(&["user", "list"]).stdout).lines().count(), 1, "no one joined");
}

#[tokio::test]
async fn an_invitation_is_for_the_invited_address_only() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let shop = new_project(&ada, "Shop").await;
    place.account_in("eve@example.com", "viewer", &["--project", "My project"]);
    let link = invite(&ada, BOB, "admin").await;
    let eve = server.signed_in("eve@example.com").await;
    assert_eq!(eve.post("session/join", &[("link", secret_of(&link))]).await.status(), 409);
    assert_eq!(eve.post("projects/switch", &[("project", &shop)]).await.status(), 404);
    assert_eq!(join_new(&server.browser(), &link).await.status(), 200, "it is still good for Bob");
}

#[tokio::test]
async fn who_has_an_account_joins_with_it() {
    let place = place();
    place.account(BOB, "viewer");
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let shop = new_project(&ada, "Shop").await;
    let link = invite(&ada, BOB, "publisher").await;
    assert_eq!(
        join_new(&server.browser(), &link).await.status(),
        409,
        "no one takes over an account with an invitation"
    );
    let bob = server.signed_in(BOB).await;
    assert_eq!(bob.post("session/join", &[("link", secret_of(&link))]).await.status(), 200);
    let list = bob.list("").await;
    assert_eq!(
        (&list["seat"]["project"], &list["seat"]["role"]),
        (&Value::from(shop), &Value::from("publisher"))
    );
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on() {
    let place = place();
    place.account(BOB, "publisher");
    let server = place.serve();
    let (ada, bob) = (server.signed_in(ADA).await, server.signed_in(BOB).await);
    let journey = bob.ids("status=running").await[0].clone();
    let (_, page) = ada.page("/team").await;
    let id = value_of(page.split(BOB).nth(1).expect("Bob is listed"), "user", 0);
    assert_eq!(ada.give_role(&id, "creator").await.status(), 200);
    let (status, error) = bob.operate("pause", &[journey], &[]).await;
    assert_eq!(status, 403);
    assert!(
        error["forbidden"]
            .as_str()
            .is_some_and(|text| text.contains("needs a Publisher; you are a Creator")),
        "{error}"
    );
    assert_eq!(ada.list("status=paused").await["total"], 8, "nothing was changed");
    assert_eq!(ada.give_role(&id, "").await.status(), 200);
    assert_eq!(bob.get("/api/ui/journeys/list?query=").await.status(), 403);
}

#[tokio::test]
async fn a_button_that_somebody_smuggled_in_changes_no_role() {
    let place = place();
    place.account(BOB, "viewer");
    place.account("eve@example.com", "admin");
    let server = place.serve();
    let (ada, eve) = (server.signed_in(ADA).await, server.signed_in("eve@example.com").await);
    let (_, page) = ada.page("/team").await;
    let id = value_of(page.split(BOB).nth(1).expect("they are listed"), "user", 0);
    // One click on a form from elsewhere leads to the page that asks.
    let clicked = ada.plain("people/role", &[("user", &id), ("role", "admin")], "/journeys").await;
    assert_eq!(clicked.status(), 303);
    let asking = clicked.headers()["location"].to_str().expect("an address").to_string();
    let (status, page) = ada.page(&asking).await;
    assert!(
        status == 200
            && page.contains("an Admin?")
            && page.contains(BOB)
            && page.contains("Current role: Viewer"),
        "{page}"
    );
    // A script is told, and only the proof of this person, this role and the user who was asked
    // fits.
    let proof = value_of(&page, "confirmed", 0);
    let (_, other_role) = ada.page(&format!("/team/role?user={id}&role=creator")).await;
    let (_, of_eve) = eve.page(&asking).await;
    for wrong in [
        "",
        "yes",
        "true",
        &value_of(&other_role, "confirmed", 0),
        &value_of(&of_eve, "confirmed", 0),
    ] {
        let answer = ada
            .post("people/role", &[("user", &id), ("role", "admin"), ("confirmed", wrong)])
            .await;
        assert_eq!(answer.status(), 409, "{wrong}");
    }
    let bob = server.signed_in(BOB).await;
    assert_eq!(bob.list("").await["seat"]["role"], "viewer");
    let answer =
        ada.post("people/role", &[("user", &id), ("role", "admin"), ("confirmed", &proof)]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(bob.list("").await["seat"]["role"], "admin");
    // It was about a Viewer, who is none any more.
    assert_eq!(ada.give_role(&id, "viewer").await.status(), 200);
    assert_eq!(ada.give_role(&id, "creator").await.status(), 200);
    let again =
        ada.post("people/role", &[("user", &id), ("role", "admin"), ("confirmed", &proof)]).await;
    assert_eq!(again.status(), 409);
}

#[tokio::test]
async fn a_project_keeps_its_last_admin() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let (_, page) = ada.page("/team").await;
    let id = value_of(page.split(ADA).nth(1).expect("Ada is listed"), "user", 0);
    for role in ["", "publisher"] {
        let answer = ada.give_role(&id, role).await;
        assert_eq!(answer.status(), 409, "{role}");
        assert!(
            answer.text().await.expect("an error").contains("A project needs an admin"),
            "{role}"
        );
    }
    assert_eq!(ada.list("").await["seat"]["role"], "admin");
}

#[tokio::test]
async fn a_thing_of_another_project_is_not_there_for_who_has_no_role_in_it() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let journey = ada.ids("status=running").await[0].clone();
    let (_, outcome) = ada.operate("pause", std::slice::from_ref(&journey), &[]).await;
    let operation = outcome["report"]["id"].as_str().expect("an id").to_string();
    new_project(&ada, "Shop").await;
    place.account_in("eve@example.com", "admin", &["--project", "Shop"]);
    let key = new_key(&ada, "operate").await;
    let eve = server.signed_in("eve@example.com").await;

    let nothing = "01900000-0000-7000-8000-00000000ffff";
    for (real, made_up) in [
        (format!("/journeys/{journey}"), format!("/journeys/{nothing}")),
        (format!("/journeys/{journey}/edit"), format!("/journeys/{nothing}/edit")),
        (format!("/journeys/{journey}/clone"), format!("/journeys/{nothing}/clone")),
        (format!("/operations/{operation}"), format!("/operations/{nothing}")),
    ] {
        let (real, made_up) = (eve.page(&real).await, eve.page(&made_up).await);
        assert_eq!((real.0, made_up.0), (404, 404));
        assert_eq!(sentence(&real.1), sentence(&made_up.1), "nothing tells the two apart");
    }
    assert_eq!(with_key(&server, &key, &format!("/api/v1/journeys/{journey}")).await.0, 404);
    let (_, answer) = eve.operate("resume", std::slice::from_ref(&journey), &[]).await;
    assert_eq!(answer["report"]["changed"], 0, "{answer}");
    for (function, form) in [
        ("journeys/rename", vec![("id", journey.as_str()), ("name", "Mine")]),
        ("journeys/clone", vec![("id", journey.as_str())]),
        ("journeys/publish", vec![("id", journey.as_str())]),
        ("operations/undo", vec![("operation", operation.as_str())]),
    ] {
        assert_eq!(eve.post(function, &form).await.status(), 404, "{function}");
    }
    assert_eq!(
        ada.page(&format!("/journeys/{journey}")).await.0,
        200,
        "the link leads into its project"
    );
    assert_eq!(ada.list("status=paused").await["total"], 9);
}

/// What the page says, without the nonce of its scripts.
fn sentence(page: &str) -> String {
    page.split("state-text")
        .nth(1)
        .and_then(|rest| rest.split("</p>").next())
        .unwrap_or_default()
        .to_string()
}

#[tokio::test]
async fn all_that_match_never_means_another_project_than_the_page_showed() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let here = ada.list("").await["seat"]["project"].as_str().expect("an id").to_string();
    new_project(&ada, "Shop").await;
    let matching = format!("?project={here}&status=running");
    let answer =
        ada.post("journeys/operate", &[("action", "pause"), ("matching", &matching)]).await;
    assert_eq!(answer.status(), 409);
    assert_eq!(ada.post("projects/switch", &[("project", &here)]).await.status(), 200);
    assert_eq!(ada.list("status=paused").await["total"], 8, "nothing was changed");
    let answer: Value = ada
        .post("journeys/operate", &[("action", "pause"), ("matching", &matching)])
        .await
        .json()
        .await
        .expect("JSON");
    assert_eq!(answer["report"]["changed"], 28, "{answer}");
}

#[tokio::test]
async fn a_clone_into_another_project_brings_its_labels_and_marks_what_is_not_there() {
    let place = place();
    place.account(BOB, "creator");
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let journey = ada.ids("status=draft&q=Rail passes").await[0].clone();
    let shop = new_project(&ada, "Shop").await;
    let bob = server.signed_in(BOB).await;
    assert_eq!(
        bob.post("journeys/clone", &[("id", &journey), ("project", &shop)]).await.status(),
        404,
        "Bob has no role there"
    );
    place.account_in("vic@example.com", "viewer", &["--project", "Shop"]);
    let answer = ada.post("journeys/clone", &[("id", &journey), ("project", &shop)]).await;
    assert_eq!(answer.status(), 404, "the journey is not in the current project");
    ada.page(&format!("/journeys/{journey}")).await;
    let clone: String = ada
        .post("journeys/clone", &[("id", &journey), ("project", &shop)])
        .await
        .json()
        .await
        .expect("an id");
    let (status, page) = ada.page(&format!("/journeys/{clone}")).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("Missing in this project") && page.contains("settings for email"),
        "what is missing is marked"
    );
    let list = ada.list("").await;
    assert_eq!(list["seat"]["project"], Value::from(shop));
    assert_eq!(list["total"], 1);
    assert_eq!(list["rows"][0]["labels"][0]["name"], "Travel");
    let vic = server.signed_in("vic@example.com").await;
    assert_eq!(vic.post("journeys/clone", &[("id", &clone)]).await.status(), 403);
}

#[tokio::test]
async fn an_archived_project_is_closed_to_everybody_but_those_who_can_bring_it_back() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let shop = new_project(&ada, "Shop").await;
    let journey: String =
        ada.post("journeys/create", &[("name", "Sale")]).await.json().await.expect("an id");
    let key = new_key(&ada, "read").await;
    place.account_in("eve@example.com", "publisher", &["--project", "Shop"]);
    let eve = server.signed_in("eve@example.com").await;
    assert_eq!(
        ada.post("projects/archive", &[("project", &shop), ("archive", "true")]).await.status(),
        200
    );
    assert_eq!(eve.get("/api/ui/journeys/list?query=").await.status(), 403);
    assert_eq!(ada.page(&format!("/journeys/{journey}")).await.0, 404);
    assert_eq!(with_key(&server, &key, "/api/v1/journeys").await.0, 401);
    assert_eq!(
        ada.post("projects/archive", &[("project", &shop), ("archive", "false")]).await.status(),
        200
    );
    assert_eq!(eve.list("").await["total"], 1);
    assert_eq!(with_key(&server, &key, "/api/v1/journeys").await.0, 200);
}

#[tokio::test]
async fn the_last_project_cannot_be_archived() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let (_, page) = ada.page("/projects").await;
    let id = values_of(&page, "project")[0].clone();
    assert_eq!(
        ada.post("projects/archive", &[("project", &id), ("archive", "true")]).await.status(),
        409
    );
    assert_eq!(ada.list("").await["total"], 59);
}

#[tokio::test]
async fn a_revoked_unknown_or_damaged_key_opens_nothing() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let key = new_key(&ada, "read").await;
    assert_eq!(with_key(&server, &key, "/api/v1/journeys").await.0, 200);
    let (_, page) = ada.page("/api-keys").await;
    assert!(!page.contains(&key) && page.contains("last used"), "shown once, used just now");
    assert_eq!(ada.post("keys/revoke", &[("key", &value_of(&page, "key", 0))]).await.status(), 200);
    let long = "x".repeat(10_000);
    for dead in [key.as_str(), "wf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x", &long] {
        let (status, error) = with_key(&server, dead, "/api/v1/journeys").await;
        assert_eq!(
            (status.as_u16(), &error["error"]["code"]),
            (401, &Value::from("unauthorized")),
            "{dead:.40}"
        );
    }
    let basic = server
        .browser()
        .client
        .get(format!("{}/api/v1/journeys", server.url))
        .basic_auth("x", Some("y"));
    assert_eq!(basic.send().await.expect("an answer").status(), 401);
}

#[tokio::test]
async fn a_key_without_a_scope_is_not_made_and_its_name_is_needed() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    assert_eq!(ada.post("keys/create", &[("name", "Shop")]).await.status(), 400);
    assert_eq!(
        ada.post("keys/create", &[("name", " "), ("scopes[0]", "read")]).await.status(),
        400
    );
    assert_eq!(
        ada.post("keys/create", &[("name", "Shop"), ("scopes[0]", "everything")]).await.status(),
        400
    );
    assert!(ada.page("/api-keys").await.1.contains("No API keys yet"));
}

#[tokio::test]
async fn a_session_is_no_key_and_a_key_is_no_session() {
    let place = place();
    let server = place.serve();
    let browser = server.browser();
    let session = session_in(&browser.sign_in(ADA, PASSWORD).await).expect("a session");
    let key = new_key(&browser, "operate").await;
    assert_eq!(with_key(&server, &session, "/api/v1/journeys").await.0, 401);
    assert_eq!(server.status_with_session(&key).await, 401);
}
