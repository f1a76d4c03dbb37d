//! A form is carried out in the project that its page showed, whatever was chosen elsewhere since.

use serde_json::Value;

use crate::{
    support::{Browser, Place, Server, upload, value_of},
    typed_text::{Scene, walk::Walk},
};

const ADA: &str = "ada@example.com";
const OTHER: &str = "You chose another project in another tab";

/// Ada is an admin of two projects, and looks at the second; with the first one's id.
async fn started() -> (Place, Server, Browser, String) {
    let place = Place::demo();
    place.account(ADA, "admin");
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let (_, people) = ada.page("/team").await;
    let first = value_of(&people, "for_project", 0);
    assert_eq!(ada.post("projects/create", &[("name", "Second")]).await.status(), 200);
    (place, server, ada, first)
}

async fn total(place: &Place, what: &'static str) -> i64 {
    place.count(what).await
}

#[tokio::test]
async fn every_form_that_changes_something_names_its_project() {
    let scene = Scene::set("words").await;
    let mut walk = Walk::new(&scene.ada, "words");
    walk.everywhere(&scene.addresses).await;
    assert!(walk.unnamed.is_empty(), "{:#?}", walk.unnamed);
    for known in ["people/invite", "keys/create", "channels/save", "filters/save", "segments/save"]
    {
        assert!(walk.named.contains(&format!("/api/ui/{known}")), "{known} in {:?}", walk.named);
    }
    assert!(walk.named.contains("/imports/upload"));
}

#[tokio::test]
async fn a_form_of_one_project_changes_nothing_in_another() {
    let (place, server, ada, first) = started().await;
    let made_for = ("for_project", first.as_str());
    for (function, form) in [
        ("people/invite", vec![("email", "new@example.com"), ("role", "admin")]),
        ("keys/create", vec![("name", "Shop"), ("scopes[0]", "profiles")]),
        ("channels/save", vec![("channel", "webhook"), ("fields[timeout_seconds]", "5")]),
        ("suppressions/add", vec![("kind", "email"), ("addresses", "new@example.com")]),
        ("journeys/create", vec![("name", "New")]),
        ("filters/save", vec![("saved_filter_name", "New")]),
    ] {
        let stale: Vec<_> = form.iter().copied().chain([made_for]).collect();
        let answer = ada.plain_as_is(function, &stale, "/team").await;
        assert_eq!(answer.status(), 409, "{function}");
        assert!(answer.text().await.expect("a page").contains(OTHER), "{function}");
        assert_eq!(ada.post(function, &stale).await.status(), 409, "{function} by a script");
        let answer = ada.plain_as_is(function, &form, "/team").await;
        assert_eq!(answer.status(), 409, "{function} without the field");
    }
    let address = format!("{}/imports/upload", server.url);
    let answer = upload(&ada.client, &address, "people.csv", "identity\nada\n", &[made_for])
        .header("accept", "text/html")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 409);
    for none in [
        "SELECT count(*) FROM invitations",
        "SELECT count(*) FROM api_keys",
        "SELECT count(*) FROM suppressions",
        "SELECT count(*) FROM imports",
        "SELECT count(*) FROM channels",
    ] {
        assert_eq!(total(&place, none).await, 0, "{none}");
    }
    assert_eq!(ada.list("").await["total"], 0);
    // Back in the first, the same form does its work.
    assert_eq!(ada.post("projects/switch", &[("project", &first)]).await.status(), 200);
    let invite = [("email", "new@example.com"), ("role", "viewer"), made_for];
    assert_eq!(ada.plain_as_is("people/invite", &invite, "/team").await.status(), 200);
}

#[tokio::test]
async fn a_link_into_another_project_redirects_no_open_form() {
    let (_place, server, ada, first) = started().await;
    let journey: String =
        ada.post("journeys/create", &[("name", "Lure")]).await.json().await.expect("an id");
    assert_eq!(ada.post("projects/switch", &[("project", &first)]).await.status(), 200);
    let (_, people) = ada.page("/team").await;
    let user = value_of(&people, "user", 0);
    let (_, asking) = ada.page(&format!("/team/role?user={user}&role=viewer")).await;
    let [confirmed, made_for] =
        ["confirmed", "for_project"].map(|field| value_of(&asking, field, 0));
    assert_eq!(ada.page(&format!("/journeys/{journey}")).await.0, 200);
    assert_ne!(ada.shown_project().await, Some(first), "the link led away");
    let form = [
        ("user", user.as_str()),
        ("role", "viewer"),
        ("confirmed", &confirmed),
        ("for_project", &made_for),
    ];
    let answer = ada.plain_as_is("people/role", &form, "/team").await;
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.expect("a page").contains(OTHER));
    drop(server);
}

#[tokio::test]
async fn who_signs_out_or_chooses_a_project_is_asked_for_none() {
    let (_place, _server, ada, first) = started().await;
    let switch = [("project", first.as_str())];
    assert_eq!(ada.plain_as_is("projects/switch", &switch, "/team").await.status(), 303);
    let rename = [("name", "Ada")];
    assert_eq!(ada.plain_as_is("account/rename", &rename, "/account").await.status(), 303);
    let stale = [("for_project", "01900000-0000-7000-8000-00000000ffff")];
    assert_eq!(ada.plain_as_is("session/sign-out", &stale, "/team").await.status(), 303);
    let list: Value = ada.get("/api/ui/journeys/list?query=").await.json().await.expect("an error");
    assert_eq!(list, "signed_out");
}
