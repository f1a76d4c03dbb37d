//! What people are called on pages, whatever their properties hold.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::entry_facts_tests::running_journey;
use crate::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    ids::ProjectId,
    profiles::{
        ingest_record::{IngestRecord, ProfileRef, ProfileUpdate, RecordPayload},
        read_model::ProfileQuery,
        sender::{Batch, RecordSource, Sender},
    },
    time::Timestamp,
};
use wayfare_store::{Store, profiles::ProfileStore};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const ADA: i64 = 1;

/// Ada, with these properties.
async fn ada_with(properties: Value) -> (TempDir, SqliteStore, ProjectId) {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("titles.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.local_actor(NOW).await.expect("an actor");
    let who = ProfileRef::read(Some("ada".to_string()), None).expect("a profile");
    let properties = properties.as_object().cloned().expect("an object");
    let what = RecordPayload::Change(ProfileUpdate::read(properties).expect("properties"));
    let sender = Sender::trusted(actor.user, RecordSource::Api);
    let records = vec![IngestRecord { who, what }];
    store.ingest(&[Batch { project: actor.project, sender, records }], NOW).await.expect("stored");
    (folder, store, actor.project)
}

/// Their name in the list of people, and on their own page.
async fn names(properties: Value) -> (Option<String>, String) {
    let (_folder, store, project) = ada_with(properties).await;
    let page = store.people_page(project, &ProfileQuery::default(), NOW).await.expect("a page");
    let person = store.person(project, ADA).await.expect("a person");
    (page.rows[0].name.clone(), person.title())
}

#[tokio::test]
async fn a_person_is_called_by_their_name_however_it_is_spelled() {
    for key in ["name", "Name"] {
        let (in_list, on_page) = names(json!({ key: "Ada Lovelace" })).await;
        assert_eq!((in_list.as_deref(), on_page.as_str()), (Some("Ada Lovelace"), "Ada Lovelace"));
    }
}

#[tokio::test]
async fn a_name_that_is_no_text_is_no_name() {
    for name in [json!(7), json!(true), json!({ "first": "Ada" }), json!(["Ada"])] {
        assert_eq!(names(json!({ "name": name })).await, (None, "ada".to_string()));
    }
}

#[tokio::test]
async fn an_enrolment_is_of_someone_by_their_name_where_it_is_a_text() {
    for (name, title) in [(json!("Ada Lovelace"), "Ada Lovelace"), (json!(7), "ada")] {
        let (_folder, store, project) = ada_with(json!({ "name": name })).await;
        let actor = store.local_actor(NOW).await.expect("an actor");
        let journey = running_journey(actor.user, json!({ "api": {} }));
        store.seed(project, &[], &[journey], NOW).await.expect("a journey");
        sqlx::query(
            "INSERT INTO enrolments (project, journey, version, profile, node, visit, entered_at,
                 began_at)
             SELECT p.number, j.seq, v.seq, ?, 'entry', 1, 1, 1 FROM versions v
             JOIN journeys j ON j.id = v.journey_id JOIN projects p ON p.id = v.project_id",
        )
        .bind(ADA)
        .execute(&store.writer)
        .await
        .expect("written");
        let detail = store.enrolment(project, 1).await.expect("an enrolment");
        assert_eq!(detail.person_title, title);
    }
}
