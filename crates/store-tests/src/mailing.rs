//! A project that sends text messages: a live channel, and a journey whose one step is a message.

use serde_json::{Value, json};
use wayfare_domain::{
    ids::JourneyId,
    messages::{
        channel::{ChannelSettings, SmsSettings},
        message_status::MessageStatus,
        outcome::{OutcomeReason, SendOutcome},
        read_model::MessageSummary,
    },
    profiles::{ingest_record::IngestRecord, profile::Channel},
    time::Timestamp,
};
use wayfare_store::{
    Stores,
    channels::{SaveChannel, SealedSecretUpdate},
    outbox::{ActiveChannel, LeaseQuota, LeasedMessage, MessageResult, OutboxQueue},
};

use crate::test_project::{NOW, TestProject, change, event, known, one_step};

pub struct Mailing<'a> {
    pub project: TestProject<'a>,
    pub journey: JourneyId,
}

/// The SMS channel as it is saved.
pub fn sms_channel(live: bool, revision: i64) -> SaveChannel {
    let settings = SmsSettings {
        account: "AC00000000000000000000000000000000".to_string(),
        from: "+491700000000".to_string(),
        base_url: "https://api.twilio.com".to_string(),
    };
    SaveChannel {
        settings: ChannelSettings::Sms(settings),
        live,
        sealed: SealedSecretUpdate::Set(vec![1, 2, 3]),
        per_second: None,
        revision,
    }
}

/// Where the person of this number gets text messages.
pub fn phone(number: usize) -> String {
    format!("+4917012345{number:02}")
}

impl<'a> Mailing<'a> {
    /// A journey with these settings beside its entry, that whoever signs up enters.
    pub async fn with(stores: &'a Stores, settings: Value) -> Self {
        let project = TestProject::new(stores).await;
        stores
            .channels
            .save_channel(&project.actor, &sms_channel(true, 0), NOW)
            .await
            .expect("saved");
        let mut all = json!({"entry": {"event": {"name": "Signed Up"}}});
        for (key, value) in settings.as_object().expect("an object") {
            all[key] = value.clone();
        }
        let document = one_step("Welcome", all, json!({"sms": {"body": "Hello"}}));
        let journey = project.running(&document).await;
        Self { project, journey }
    }

    /// So many people signed up, and a message waits for each.
    pub async fn of_people(stores: &'a Stores, count: usize) -> Self {
        let mailing = Self::with(stores, json!({})).await;
        mailing.sign_up(count).await;
        mailing
    }

    /// People `p0`, `p1`…, each with a phone.
    pub async fn sign_up(&self, count: usize) {
        let mut records = Vec::new();
        for number in 0..count {
            let who = known(&format!("p{number}"));
            let what = change(json!({"phone": phone(number)}));
            records.push(IngestRecord { who: who.clone(), what });
            records.push(IngestRecord { who, what: event("Signed Up", NOW) });
        }
        self.project.ingest(records).await;
        self.project.run(NOW).await;
    }

    /// As the dispatcher asks for them.
    pub async fn quotas(&self, most: i64) -> Vec<LeaseQuota> {
        quotas(self.project.stores, most).await
    }

    pub async fn lease(&self, most: i64, now: Timestamp) -> Vec<LeasedMessage> {
        let quotas = self.quotas(most).await;
        self.project.stores.outbox.record_and_lease(&[], &quotas, now).await.expect("leased")
    }

    pub async fn record(&self, message: &LeasedMessage, outcome: SendOutcome, now: Timestamp) {
        let result = result(message, outcome);
        self.project.stores.outbox.record_and_lease(&[result], &[], now).await.expect("recorded");
    }

    /// The newest messages of a person.
    pub async fn messages_to(&self, identity: &str) -> Vec<MessageSummary> {
        let number = self.project.number_of(identity).await;
        let project = self.project.actor.project;
        self.project
            .stores
            .message_events
            .list_messages_to_profile(project, number)
            .await
            .expect("messages")
    }

    pub async fn status(&self, identity: &str) -> MessageStatus {
        self.messages_to(identity).await[0].state
    }

    /// Queued and cancelled messages, as the version counts them.
    pub async fn counts(&self) -> (i64, i64) {
        let stats = self.project.stats(self.journey).await;
        (stats.queued, stats.cancelled)
    }
}

/// One of every queue that has something in it.
pub async fn quotas(stores: &Stores, most: i64) -> Vec<LeaseQuota> {
    let channels = stores.outbox.list_active_channels().await.expect("channels");
    let queues = stores.outbox.list_queues().await.expect("queues");
    let quota = |queue: OutboxQueue| {
        let sends_it = |channel: &&ActiveChannel| {
            channel.project == queue.project && channel.stored.settings.channel() == queue.channel
        };
        let revision = channels.iter().find(sends_it)?.stored.revision;
        let (version, channel, endpoint) = (queue.version, queue.channel, queue.endpoint);
        Some(LeaseQuota { version, channel, endpoint, revision, most })
    };
    queues.into_iter().filter_map(quota).collect()
}

pub fn result(message: &LeasedMessage, outcome: SendOutcome) -> MessageResult {
    MessageResult {
        message: message.seq,
        project: message.project,
        version: message.version,
        outcome,
        in_doubt: false,
        endpoint: None,
    }
}

pub fn sent() -> SendOutcome {
    SendOutcome::Sent { provider_id: None }
}

pub fn failed() -> SendOutcome {
    SendOutcome::failed(OutcomeReason::Reported("no such number".to_string()))
}

pub fn sms_quota(message: &LeasedMessage) -> LeaseQuota {
    LeaseQuota {
        version: message.version,
        channel: Channel::Sms,
        endpoint: message.endpoint.clone(),
        revision: 1,
        most: 10,
    }
}
