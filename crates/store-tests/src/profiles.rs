//! Profiles and what they do: taken in, found, and erased.

use serde_json::json;
use wayfare_domain::{
    engine::node::ExitReason,
    graph::criteria::Criteria,
    ids::{EnrolmentKey, ProfileKey},
    names::ProjectTitle,
    profiles::{
        ingest_record::{IngestRecord, NewEvent, ProfileRef, RecordPayload},
        profile::Channel,
        read_model::ProfileQuery,
    },
};
use wayfare_store::{
    StoreError, Stores,
    engine::ProfileNeeds,
    outbox::{ChangedFacts, ChangedPerson},
};

use crate::{
    mailing::Mailing,
    test_project::{NOW, TestProject, change, event, known, properties},
};

pub async fn a_later_record_adds_to_a_profile_and_null_takes_away(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project
        .said("ada", json!({ "plan": "free", "city": "Berlin", "email": "a@example.com" }))
        .await;
    project.said("ada", json!({ "plan": "gold", "city": null })).await;
    let ada = project.person("ada").await;
    assert_eq!(ada.properties.get("plan"), Some(&json!("gold")));
    assert_eq!(ada.properties.get("city"), None);
    assert_eq!(ada.addresses, [("email".to_string(), "a@example.com".to_string())]);
    assert_eq!(project.people().await.len(), 1);
}

pub async fn an_event_with_the_same_message_id_is_stored_once(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let paid = NewEvent::read("Paid", Some(NOW), properties(json!({})), Some("m1".into()), NOW);
    let paid = RecordPayload::Event(paid.expect("an event"));
    let record = || IngestRecord { who: known("ada"), what: paid.clone() };
    project.ingest(vec![record(), record()]).await;
    project.ingest(vec![record()]).await;
    assert_eq!(stores.engine.load_events_after(0, 10).await.expect("events").len(), 1);
    assert_eq!(
        stores.profile_queries.list_known_events(project.actor.project).await.expect("names"),
        ["Paid"]
    );
}

pub async fn each_senders_records_are_stored_in_their_order(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let plan = |who: &str, plan: &str| IngestRecord {
        who: known(who),
        what: change(json!({ "plan": plan })),
    };
    let first = project.batch(vec![plan("ada", "free"), plan("ada", "gold"), plan("joe", "free")]);
    let second = project.batch(vec![plan("joe", "silver")]);
    let answers = stores.ingest.ingest(&[first, second], NOW).await.expect("stored");
    assert_eq!(answers.len(), 2);
    assert_eq!(project.person("ada").await.properties["plan"], json!("gold"));
    assert_eq!(project.person("joe").await.properties["plan"], json!("silver"));
}

pub async fn who_was_anonymous_stays_the_same_once_they_are_known(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let device = ProfileRef::read(None, Some("device".to_string())).expect("a profile");
    project.ingest(vec![IngestRecord { who: device, what: event("Visited", NOW) }]).await;
    let before = project.people().await;
    let both = ProfileRef::read(Some("ada".to_string()), Some("device".to_string()));
    let said = IngestRecord { who: both.expect("a profile"), what: change(json!({})) };
    project.ingest(vec![said]).await;
    assert_eq!(project.people().await, before);
    let ada = project.person("ada").await;
    assert_eq!(
        (ada.seq, ada.anonymous.as_slice()),
        (before[0].0, ["device".to_string()].as_slice())
    );
    assert_eq!(ada.events.len(), 1);
}

pub async fn what_send_rules_ask_for_is_told_where_it_changes(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project.said("ada", json!({ "email": "a@example.com", "phone": "+4917012345" })).await;
    let ada = project.number_of("ada").await;
    let silent = project.said("ada", json!({ "plan": "gold" })).await;
    assert_eq!(silent.changed, ChangedFacts::default());
    let unwilling = project.said("ada", json!({ "msg-sms": false })).await;
    assert_eq!(unwilling.changed.people, [ChangedPerson::withdrawn(ada, Some(Channel::Sms))]);
}

pub async fn lists_and_properties_are_read_as_the_engine_needs_them(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let on = |list: &str| IngestRecord {
        who: known("ada"),
        what: RecordPayload::List(list.to_string()),
    };
    project.ingest(vec![on("VIP"), on("VIP"), on("Beta")]).await;
    let mut lists = project.person("ada").await.lists;
    lists.sort();
    assert_eq!(lists, ["Beta", "VIP"]);
    let here = project.actor.project;
    let vip = Criteria::OnList("VIP".to_string());
    assert_eq!(stores.segments.count_matching_profiles(here, &vip, NOW).await.expect("a count"), 1);
    let needs = ProfileNeeds { lists: true, profile: true, ..ProfileNeeds::default() };
    project.said("ada", json!({ "plan": "gold", "email": "a@example.com" })).await;
    let ada = project.number_of("ada").await;
    let loaded = stores
        .engine_source
        .load_profiles(&[ada], &needs)
        .await
        .expect("people")
        .remove(&ada)
        .expect("ada");
    assert!(loaded.lists.contains("VIP") && loaded.lists.contains("Beta"), "{:?}", loaded.lists);
    assert_eq!(loaded.properties["plan"], json!("gold"));
    assert_eq!(loaded.addresses["email"], "a@example.com");
    let names = stores.profile_queries.get_known_properties(here, None).await.expect("names");
    assert!(names.profile.contains("plan"), "{names:?}");
}

pub async fn people_are_found_by_identity_and_paged_by_number(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let record = |number: usize| IngestRecord {
        who: known(&format!("p{number:02}")),
        what: change(json!({ "email": format!("p{number:02}@example.com") })),
    };
    project.ingest((0..60).map(record).collect()).await;
    let here = project.actor.project;
    let page = async |query: ProfileQuery| {
        stores.profile_queries.get_profile_page(here, &query, NOW).await.expect("one")
    };
    let first = page(ProfileQuery::default()).await;
    assert_eq!((first.rows.len(), first.more, first.total), (50, true, 60));
    let after = first.rows.last().expect("a row").seq;
    let second = page(ProfileQuery { after, ..ProfileQuery::default() }).await;
    assert_eq!((second.rows.len(), second.more), (10, false));
    let rows = first.rows.iter().chain(&second.rows);
    let mut all: Vec<ProfileKey> = rows.map(|row| ProfileKey(row.seq)).collect();
    all.sort_unstable();
    assert_eq!(all, project.people().await);
    let found = page(ProfileQuery { search: "p07".to_string(), ..ProfileQuery::default() }).await;
    assert_eq!(found.rows[0].identity.as_deref(), Some("p07"));
}

pub async fn of_someone_erased_only_the_counts_stay(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 1).await;
    let project = &mailing.project;
    let person = project.person("p0").await;
    let here = project.actor.project;
    let enrolment = person.enrolments[0].seq;
    stores
        .profiles
        .delete_profile(&project.actor, ProfileKey(person.seq), NOW)
        .await
        .expect("erased");
    let gone = stores.profiles.get_profile(here, ProfileKey(person.seq)).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
    assert_eq!(stores.profiles.find_profile_key(here, "p0").await.expect("an answer"), None);
    assert!(project.people().await.is_empty());
    assert!(stores.engine.load_events_after(0, 10).await.expect("events").is_empty());
    let stats = project.stats(mailing.journey).await;
    assert_eq!((stats.entered, stats.inside, stats.force_exited), (1, 0, 1));
    assert_eq!((stats.queued, stats.cancelled), (0, 1));
    let kept =
        stores.profiles.get_enrolment(here, EnrolmentKey(enrolment)).await.expect("an enrolment");
    assert_eq!((kept.person, kept.enrolment.state.as_str()), (None, ExitReason::ForceExited.key()));
    project.adds_up().await;
    let again = stores.profiles.delete_profile(&project.actor, ProfileKey(person.seq), NOW).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
}

pub async fn a_project_sees_no_one_of_another_one(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project.said("ada", json!({})).await;
    let ada = project.number_of("ada").await;
    let title = ProjectTitle::parse("Shop").expect("a title");
    let shop =
        stores.projects.create_project(&project.actor, &title, NOW).await.expect("a project");
    let seen = stores.profiles.get_profile(shop, ada).await;
    assert!(matches!(seen, Err(StoreError::NotFound(_))), "{seen:?}");
    assert_eq!(stores.profiles.find_profile_key(shop, "ada").await.expect("an answer"), None);
    let page = stores
        .profile_queries
        .get_profile_page(shop, &ProfileQuery::default(), NOW)
        .await
        .expect("a page");
    assert!(page.rows.is_empty());
}
