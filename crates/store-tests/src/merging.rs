//! Two profiles become one.

use serde_json::{Value, json};
use wayfare_domain::{
    engine::node::ExitReason,
    ids::ProfileKey,
    messages::message_status::MessageStatus,
    profiles::{
        ingest_record::{IngestRecord, ProfileRef},
        profile::Channel,
    },
};
use wayfare_store::{StoreError, Stores, outbox::ChangedPerson, profiles::Ingested};

use crate::{
    mailing::Mailing,
    test_project::{NOW, TestProject, change, event},
};

fn phone() -> ProfileRef {
    ProfileRef::read(None, Some("phone".to_string())).expect("a profile")
}

/// Ada, who wants no SMS, and a phone of which no one knows whose it is. Answers their numbers.
async fn ada_and_a_phone(project: &TestProject<'_>) -> (ProfileKey, ProfileKey) {
    let ada = json!({ "email": "ada@example.com", "plan": "gold", "msg-sms": false });
    project.said("ada", ada).await;
    let of_phone = json!({ "plan": "free", "phone": "+4917012345", "tz": "Europe/Berlin" });
    project.ingest(vec![IngestRecord { who: phone(), what: change(of_phone) }]).await;
    let ada = project.number_of("ada").await;
    let people = project.people().await;
    (ada, people.into_iter().find(|number| *number != ada).expect("a phone"))
}

/// Ada says that the phone is theirs.
async fn merge(project: &TestProject<'_>, said: Value) -> Ingested {
    let both = ProfileRef::read(Some("ada".to_string()), Some("phone".to_string()));
    project.ingest(vec![IngestRecord { who: both.expect("a profile"), what: change(said) }]).await
}

pub async fn what_the_one_says_besides_becomes_the_others(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let (_, phone) = ada_and_a_phone(&project).await;
    merge(&project, json!({})).await;
    let ada = project.person("ada").await;
    assert_eq!(ada.properties["plan"], json!("gold"));
    assert_eq!(
        ada.addresses,
        [("email", "ada@example.com"), ("phone", "+4917012345")]
            .map(|(key, address)| (key.to_string(), address.to_string()))
    );
    assert_eq!(ada.consent, [("sms".to_string(), false)]);
    assert_eq!(ada.time_zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!(ada.anonymous, ["phone"]);
    let gone = stores.profiles.get_profile(project.actor.project, ProfileKey(phone.0)).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
}

pub async fn messages_that_only_the_other_wanted_do_not_go_out(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let (ada, phone) = ada_and_a_phone(&project).await;
    let people = merge(&project, json!({})).await.changed.people;
    assert_eq!(
        people,
        [
            ChangedPerson::asked_again(ProfileKey(phone.0)),
            ChangedPerson::asked_again(ProfileKey(ada.0)),
            ChangedPerson::withdrawn(ProfileKey(phone.0), Some(Channel::Sms)),
        ]
    );
}

pub async fn the_dispatcher_hears_who_became_whom(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let (ada, phone) = ada_and_a_phone(&project).await;
    assert_eq!(stores.outbox.merges().take(), []);
    merge(&project, json!({})).await;
    assert_eq!(stores.outbox.merges().take(), [(phone, ada)]);
}

pub async fn no_one_is_inside_of_a_journey_twice_and_the_counts_agree(stores: &Stores) {
    let mailing = Mailing::with(stores, json!({})).await;
    let project = &mailing.project;
    project.said("ada", json!({ "phone": "+4917012346" })).await;
    project
        .ingest(vec![IngestRecord {
            who: phone(),
            what: change(json!({ "phone": "+4917012345" })),
        }])
        .await;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.ingest(vec![IngestRecord { who: phone(), what: event("Signed Up", NOW) }]).await;
    project.run(NOW).await;
    assert_eq!(project.stats(mailing.journey).await.inside, 2);
    merge(project, json!({})).await;
    let stats = project.stats(mailing.journey).await;
    assert_eq!((stats.inside, stats.force_exited, stats.queued, stats.cancelled), (1, 1, 1, 1));
    let mut states: Vec<MessageStatus> =
        mailing.messages_to("ada").await.iter().map(|message| message.state).collect();
    states.sort_by_key(|state| state.code());
    assert_eq!(states, [MessageStatus::Queued, MessageStatus::Cancelled]);
    let enrolments = project.person("ada").await.enrolments;
    let ended: Vec<&str> = enrolments
        .iter()
        .filter(|enrolment| enrolment.ended_at.is_some())
        .map(|enrolment| enrolment.state.as_str())
        .collect();
    assert_eq!(
        (enrolments.len(), ended.as_slice()),
        (2, [ExitReason::ForceExited.key()].as_slice())
    );
    project.adds_up().await;
}
