//! What people are called on pages, whatever their properties hold.

use serde_json::{Value, json};
use wayfare_domain::profiles::read_model::ProfileQuery;

use crate::{
    AnyStore,
    test_project::{NOW, TestProject, one_step},
};

/// Ada's name in the list of people, and on their own page.
async fn names(store: &impl AnyStore, said: Value) -> (Option<String>, String) {
    let project = TestProject::new(store).await;
    project.said("ada", said).await;
    let query = ProfileQuery::default();
    let page = store.people_page(project.actor.project, &query, NOW).await.expect("a page");
    (page.rows[0].name.clone(), project.person("ada").await.title())
}

pub async fn a_person_is_called_by_their_name_however_it_is_spelled(store: &impl AnyStore) {
    for key in ["name", "Name"] {
        let said = json!({ "name": null, "Name": null, key: "Ada Lovelace" });
        let (in_list, on_page) = names(store, said).await;
        assert_eq!((in_list.as_deref(), on_page.as_str()), (Some("Ada Lovelace"), "Ada Lovelace"));
    }
}

pub async fn a_name_that_is_no_text_is_no_name(store: &impl AnyStore) {
    for name in [json!(7), json!(true), json!({ "first": "Ada" }), json!(["Ada"])] {
        assert_eq!(names(store, json!({ "name": name })).await, (None, "ada".to_string()));
    }
}

pub async fn an_enrolment_is_of_someone_by_their_name_where_it_is_a_text(store: &impl AnyStore) {
    let project = TestProject::new(store).await;
    let waits = json!({ "delay": { "for": { "minutes": 60 } } });
    project
        .running(&one_step("Hello", json!({ "entry": { "event": { "name": "Came" } } }), waits))
        .await;
    project.did(&["ada"], "Came", NOW).await;
    project.run(NOW).await;
    let enrolment = project.person("ada").await.trips[0].seq;
    for (name, title) in [(json!("Ada Lovelace"), "Ada Lovelace"), (json!(7), "ada")] {
        project.said("ada", json!({ "name": name })).await;
        let detail = store.enrolment(project.actor.project, enrolment).await.expect("one");
        assert_eq!(detail.person_title, title);
    }
}
