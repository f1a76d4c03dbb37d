//! Two profiles become one, in a real database file.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::entry_facts_tests::running_journey;
use crate::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    access::actor::Actor,
    engine::node::ExitReason,
    messages::message_status::MessageStatus,
    profiles::{
        ingest_record::{IngestRecord, ProfileRef, ProfileUpdate, RecordPayload},
        profile::Channel,
        sender::{Batch, RecordSource, Sender},
    },
    time::Timestamp,
};
use wayfare_store::{
    Store,
    outbox::ChangedPerson,
    profiles::{Ingested, ProfileStore},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const ADA: i64 = 1;
const PHONE: i64 = 2;

struct Place {
    _folder: TempDir,
    store: SqliteStore,
    actor: Actor,
}

impl Place {
    /// Ada, who wants no SMS, and a phone of which no one knows whose it is.
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = SqliteConfig::new(folder.path().join("merge.db"));
        let store = SqliteStore::open(&config).await.expect("a store");
        let actor = store.local_actor(NOW).await.expect("an actor");
        let place = Self { _folder: folder, store, actor };
        let ada = json!({ "email": "ada@example.com", "plan": "gold", "msg-sms": false });
        let phone = json!({ "plan": "free", "phone": "+4917012345", "tz": "Europe/Berlin" });
        place.ingest(Some("ada"), None, ada).await;
        place.ingest(None, Some("phone"), phone).await;
        place
    }

    async fn ingest(&self, identity: Option<&str>, device: Option<&str>, said: Value) -> Ingested {
        let who = ProfileRef::read(identity.map(str::to_string), device.map(str::to_string));
        let said = said.as_object().cloned().expect("an object");
        let what = RecordPayload::Change(ProfileUpdate::read(said).expect("properties"));
        let sender = Sender::trusted(self.actor.user, RecordSource::Api);
        let records = vec![IngestRecord { who: who.expect("a profile"), what }];
        let batch = Batch { project: self.actor.project, sender, records };
        self.store.ingest(&[batch], NOW).await.expect("stored").remove(0)
    }

    /// Ada says that the phone is theirs.
    async fn merge(&self) -> Ingested {
        self.ingest(Some("ada"), Some("phone"), json!({})).await
    }

    /// Both are inside of a running journey, the phone with a message that waits.
    async fn both_enter(&self) {
        let journey = running_journey(self.actor.user, json!({ "api": {} }));
        self.store.seed(self.actor.project, &[], &[journey], NOW).await.expect("a journey");
        for statement in [
            "INSERT INTO enrolments (project, journey, version, profile, node, visit, entered_at,
                 began_at)
             SELECT p.project, j.seq, v.seq, p.seq, 'entry', 1, 1, 1 FROM versions v
             JOIN journeys j ON j.id = v.journey_id, profiles p ORDER BY p.seq",
            "INSERT INTO outbox (project, version, enrolment, profile, node, visit, channel,
                 created_at, lane)
             SELECT e.project, e.version, e.seq, e.profile, 'entry', 1, 'sms', 1, 1
             FROM enrolments e WHERE e.profile = 2",
            "UPDATE versions SET entered = 2, inside = 2, queued = 1",
        ] {
            sqlx::query(statement).execute(&self.store.writer).await.expect("written");
        }
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let (number,): (i64,) =
            sqlx::query_as(sql).fetch_one(&self.store.readers).await.expect("a number");
        number
    }
}

#[tokio::test]
async fn what_the_one_says_besides_becomes_the_others() {
    let place = Place::new().await;
    place.merge().await;
    let ada = place.store.person(place.actor.project, ADA).await.expect("a person");
    assert_eq!(ada.properties["plan"], json!("gold"));
    assert_eq!(
        ada.addresses,
        [("email", "ada@example.com"), ("phone", "+4917012345")]
            .map(|(key, address)| (key.to_string(), address.to_string()))
    );
    assert_eq!(ada.consent, [("sms".to_string(), false)]);
    assert_eq!(ada.time_zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!(ada.anonymous, ["phone"]);
    assert!(place.store.person(place.actor.project, PHONE).await.is_err());
}

#[tokio::test]
async fn messages_that_only_the_other_wanted_do_not_go_out() {
    let place = Place::new().await;
    let people = place.merge().await.changed.people;
    assert_eq!(
        people,
        [
            ChangedPerson::asked_again(PHONE),
            ChangedPerson::asked_again(ADA),
            ChangedPerson::withdrawn(PHONE, Some(Channel::Sms)),
        ]
    );
}

#[tokio::test]
async fn no_one_is_inside_of_a_journey_twice_and_the_counts_agree() {
    let place = Place::new().await;
    place.both_enter().await;
    place.merge().await;
    assert_eq!(
        place.number("SELECT state FROM enrolments WHERE seq = 2").await,
        ExitReason::ForceExited.code()
    );
    assert_eq!(place.number("SELECT state FROM outbox").await, MessageStatus::Cancelled.code());
    assert_eq!(
        place.number("SELECT inside * 100 + force_exited * 10 + queued FROM versions").await,
        110
    );
    assert_eq!(place.number("SELECT cancelled FROM versions").await, 1);
    assert_eq!(
        place.number("SELECT count FROM node_figures WHERE outlet = '!force_exited'").await,
        1
    );
    assert_eq!(place.number("SELECT count(*) FROM enrolments WHERE profile = 1").await, 2);
}
