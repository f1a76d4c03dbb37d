//! The roles of the provider's rule beside those that people give.

use serde_json::{Value, json};

use super::{ADA, house, said};
use crate::support::{link_in, secret_of, value_of};

fn zoe(groups: &[&str]) -> super::Said {
    let token = json!({ "email": "zoe@example.com", "email_verified": true, "groups": groups });
    said("zoe", token, Value::Null)
}

#[tokio::test]
async fn an_invitation_makes_no_role_of_the_rule_last() {
    let house = house().await;
    let ada = house.server.signed_in(ADA).await;
    let invite = [("email", "zoe@example.com"), ("role", "viewer")];
    let link: String = ada.post("people/invite", &invite).await.json().await.expect("a link");
    let link = link_in(&link, "/invitations/");
    let browser = house.server.browser();
    house.sign_in(&browser, zoe(&["admins"])).await;
    assert_eq!(browser.post("session/join", &[("link", secret_of(&link))]).await.status(), 200);
    for (groups, role) in [
        (None, "admin"),
        (Some(&["admins"][..]), "admin"),
        (Some(&[]), "viewer"),
        (Some(&["marketing"]), "publisher"),
        (Some(&[]), "viewer"),
    ] {
        if let Some(groups) = groups {
            house.sign_in(&browser, zoe(groups)).await;
        }
        assert_eq!(browser.list("").await["seat"]["role"], role, "{groups:?}");
    }
    // What an admin gives by hand is one role, and the rule leaves it alone.
    let (_, people) = ada.page("/team").await;
    // Without a name they are listed by their address, twice.
    let after = people.split("zoe@example.com").nth(2).expect("they are listed");
    let id = value_of(after, "user", 0);
    assert_eq!(ada.give_role(&id, "creator").await.status(), 200);
    house.sign_in(&browser, zoe(&["admins"])).await;
    assert_eq!(browser.list("").await["seat"]["role"], "creator");
}

#[tokio::test]
async fn an_invited_role_that_is_higher_counts_beside_the_rule() {
    let house = house().await;
    let ada = house.server.signed_in(ADA).await;
    let invite = [("email", "zoe@example.com"), ("role", "admin")];
    let link: String = ada.post("people/invite", &invite).await.json().await.expect("a link");
    let link = link_in(&link, "/invitations/");
    let browser = house.server.browser();
    house.sign_in(&browser, zoe(&["marketing"])).await;
    assert_eq!(browser.list("").await["seat"]["role"], "publisher");
    assert_eq!(browser.post("session/join", &[("link", secret_of(&link))]).await.status(), 200);
    for groups in [&["marketing"][..], &[]] {
        house.sign_in(&browser, zoe(groups)).await;
        assert_eq!(browser.list("").await["seat"]["role"], "admin", "{groups:?}");
    }
}

#[tokio::test]
async fn the_rule_means_the_project_that_had_its_name_first() {
    let house = house().await;
    let ada = house.server.signed_in(ADA).await;
    assert_eq!(ada.post("projects/create", &[("name", "Second")]).await.status(), 200);
    house.place.account_in("eve@example.com", "admin", &["--project", "Second"]);
    let eve = house.server.signed_in("eve@example.com").await;
    assert_eq!(eve.post("projects/create", &[("name", "My project")]).await.status(), 200);
    house.sign_in(&house.server.browser(), zoe(&["marketing"])).await;
    assert!(!eve.page("/team").await.1.contains("zoe@example.com"));
    let (_, people) = house.server.signed_in(ADA).await.page("/team").await;
    assert!(people.contains("zoe@example.com"));
}
