//! An invitation is worth no more than whoever made it.

use reqwest::Response;

use crate::support::{Browser, PASSWORD, Place, Server, link_in, secret_of, value_of};

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";

fn place() -> Place {
    let place = Place::demo();
    place.account(ADA, "admin");
    place.account(EVE, "admin");
    place
}

async fn invite(admin: &Browser, email: &str) -> String {
    let answer = admin.post("people/invite", &[("email", email), ("role", "admin")]).await;
    let link: String = answer.json().await.expect("a link");
    link_in(&link, "/invitations/")
}

async fn join_new(server: &Server, link: &str) -> Response {
    let form = [("link", secret_of(link)), ("name", "Back door"), ("password", PASSWORD)];
    server.browser().post("session/join-new", &form).await
}

async fn assert_dead(server: &Server, link: &str, why: &str) {
    assert_eq!(server.page(link).await.0, 410, "{why}");
    assert_eq!(join_new(server, link).await.status(), 410, "{why}");
}

#[tokio::test]
async fn an_invitation_closes_when_its_maker_is_removed_or_loses_the_role() {
    let place = place();
    let server = place.serve();
    let (ada, eve) = (server.signed_in(ADA).await, server.signed_in(EVE).await);
    for role in ["publisher", ""] {
        let link = invite(&eve, "backdoor@example.com").await;
        let own = invite(&ada, "friend@example.com").await;
        let (_, people) = ada.page("/team").await;
        assert!(people.contains("backdoor@example.com"));
        let id = value_of(people.split(EVE).nth(1).expect("they are listed"), "user", 0);
        assert_eq!(ada.give_role(&id, role).await.status(), 200);
        assert_dead(&server, &link, role).await;
        let (_, people) = ada.page("/team").await;
        assert!(!people.contains("backdoor@example.com"), "{role}");
        assert_eq!(server.page(&own).await.0, 200, "of others it is good");
        // The right that comes back opens nothing that was closed.
        if role == "publisher" {
            assert_eq!(ada.give_role(&id, "admin").await.status(), 200);
            assert_dead(&server, &link, "admin again").await;
        }
    }
    let log = ada.get("/audit.csv?event=people.withdraw").await.text().await.expect("text");
    assert_eq!(log.matches("backdoor@example.com").count(), 2, "{log}");
}

#[tokio::test]
async fn an_invitation_closes_when_its_maker_is_suspended() {
    let place = place();
    let server = place.serve();
    let link = invite(&server.signed_in(EVE).await, "backdoor@example.com").await;
    assert!(place.run(&["user", "suspend", EVE]).status.success());
    assert_dead(&server, &link, "suspended").await;
    assert!(place.run(&["user", "restore", EVE]).status.success());
    assert_dead(&server, &link, "and it stays closed").await;
}

#[tokio::test]
async fn an_open_invitation_of_before_is_asked_about_when_it_is_followed() {
    let place = place();
    let server = place.serve();
    let link = invite(&server.signed_in(EVE).await, "backdoor@example.com").await;
    // As an older server left it: the role went, the invitation stayed.
    let lost = "DELETE FROM memberships WHERE user_id IN \
        (SELECT user_id FROM accounts WHERE email_key = 'eve@example.com')";
    assert!(place.sql(lost).await > 0);
    assert_dead(&server, &link, "no role").await;
    let (_, people) = server.signed_in(ADA).await.page("/team").await;
    assert!(!people.contains("backdoor@example.com"));
}

#[tokio::test]
async fn an_invitation_of_whoever_owns_the_machine_stays_good() {
    let place = Place::demo();
    let server = place.serve();
    let link = invite(&server, "bob@example.com").await;
    place.account(ADA, "admin");
    assert_eq!(join_new(&server, &link).await.status(), 200);
}
