//! What people are called on pages, whatever their properties hold.

use serde_json::{Value, json};
use wayfare_domain::{ids::EnrolmentKey, profiles::read_model::ProfileQuery};

use crate::test_project::{NOW, TestProject, one_step};
use wayfare_store::Stores;

/// Ada's name in the list of people, and on their own page.
async fn names(stores: &Stores, said: Value) -> (Option<String>, String) {
    let project = TestProject::new(stores).await;
    project.said("ada", said).await;
    let query = ProfileQuery::default();
    let page = stores
        .profile_queries
        .get_profile_page(project.actor.project, &query, NOW)
        .await
        .expect("a page");
    (page.rows[0].name.clone(), project.person("ada").await.title())
}

pub async fn a_person_is_called_by_their_name_however_it_is_spelled(stores: &Stores) {
    for key in ["name", "Name"] {
        let said = json!({ "name": null, "Name": null, key: "Ada Lovelace" });
        let (in_list, on_page) = names(stores, said).await;
        assert_eq!((in_list.as_deref(), on_page.as_str()), (Some("Ada Lovelace"), "Ada Lovelace"));
    }
}

pub async fn a_name_that_is_no_text_is_no_name(stores: &Stores) {
    for name in [json!(7), json!(true), json!({ "first": "Ada" }), json!(["Ada"])] {
        assert_eq!(names(stores, json!({ "name": name })).await, (None, "ada".to_string()));
    }
}

pub async fn an_enrolment_is_of_someone_by_their_name_where_it_is_a_text(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let waits = json!({ "delay": { "for": { "minutes": 60 } } });
    project
        .running(&one_step("Hello", json!({ "entry": { "event": { "name": "Came" } } }), waits))
        .await;
    project.did(&["ada"], "Came", NOW).await;
    project.run(NOW).await;
    let enrolment = project.person("ada").await.enrolments[0].seq;
    for (name, title) in [(json!("Ada Lovelace"), "Ada Lovelace"), (json!(7), "ada")] {
        project.said("ada", json!({ "name": name })).await;
        let detail = stores
            .profiles
            .get_enrolment(project.actor.project, EnrolmentKey(enrolment))
            .await
            .expect("one");
        assert_eq!(detail.person_title, title);
    }
}
