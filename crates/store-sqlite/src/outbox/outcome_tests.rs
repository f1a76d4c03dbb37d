//! What becomes of a message when it is leased, when its outcome is recorded, and when it is sent
//! again, with the rows of one journey.

use tempfile::TempDir;

use crate::{SqliteConfig, SqliteStore, codes::INSIDE};
use wayfare_domain::{
    access::actor::Actor,
    consistency::{Counter, Finding},
    engine::node::ExitReason,
    ids::{MessageKey, ProjectKey, VersionKey},
    journeys::status::Status,
    messages::{
        failed::{FailedMessage, FailedMessageQuery},
        message_status::{MessageRoute, MessageStatus},
        outcome::{FixedReason, OutcomeReason, SendOutcome},
        reply::SmsReply,
        suppression::{AddressKind, SuppressionReason},
    },
    profiles::profile::Channel,
    time::Timestamp,
};
use wayfare_store::{
    access::ProjectStore,
    maintenance::MaintenanceStore,
    message_events::{InboundBatch, MessageEventStore},
    outbox::{FailedMessageStore, LeaseQuota, MessageResult, OutboxStore},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const NUMBER: &str = "+491701234567";

/// A running journey, number 1, that sends text messages to profile 1, who is inside.
struct Shop {
    _folder: TempDir,
    store: SqliteStore,
    actor: Actor,
}

impl Shop {
    async fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = SqliteConfig::new(folder.path().join("shop.db"));
        let store = SqliteStore::open(&config).await.expect("a store");
        let actor = store.ensure_local_actor(NOW).await.expect("an actor");
        let shop = Self { _folder: folder, store, actor };
        shop.run(
            "INSERT INTO journeys (key, id, project_id, name, name_key, current_version_id,
                 created_by, created_at, updated_at, status, entered, inside)
             VALUES (1, zeroblob(16), ?1, 'Welcome', 'welcome', zeroblob(16), ?2, 1, 1, ?3, 1, 1)",
        )
        .await;
        shop.run(
            "INSERT INTO versions (id, journey_id, project_id, number, status, entry_type, graph,
                 settings, created_by, created_at, entered, inside)
             VALUES (zeroblob(16), zeroblob(16), ?1, 1, ?3, 0, '{}', '{}', ?2, 1, 1, 1)",
        )
        .await;
        shop.run(
            "INSERT INTO channels (project_id, channel, live, settings, updated_by, updated_at)
             VALUES (?1, 'sms', 1, '{}', ?2, ?3)",
        )
        .await;
        let enrolment = format!(
            "INSERT INTO enrolments (key, project_key, journey_key, version_key, profile_key,
             exit_reason, node, visit,
                 entered_at, triggered_at) VALUES (1, 1, 1, 1, 1, {INSIDE}, 'n', 1, 1, ?3)"
        );
        shop.run(&enrolment).await;
        shop
    }

    /// The project, who acts in it, and the code of a running journey are bound.
    async fn run(&self, sql: &str) {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(self.actor.project.0)
            .bind(self.actor.user.0)
            .bind(Status::Running.code())
            .execute(&self.store.writer)
            .await
            .expect("written");
    }

    /// A message to profile 1, or to someone who was erased, as the version counts it.
    async fn message(&self, number: i64, profile: Option<i64>, status: MessageStatus) {
        sqlx::query(
            "INSERT INTO outbox (key, project_key, version_key, enrolment_key, profile_key, node,
             visit, channel, status, created_at, finished_at, is_live)
             VALUES (?1, 1, 1, 1, ?2, 'n', ?1, 'sms', ?3, 1, 1, ?4)",
        )
        .bind(number)
        .bind(profile)
        .bind(status.code())
        .bind(MessageRoute::Live.code())
        .execute(&self.store.writer)
        .await
        .expect("written");
        if matches!(status, MessageStatus::Queued | MessageStatus::Sending) {
            self.run("UPDATE versions SET queued = queued + 1").await;
        }
    }

    async fn lease(&self) -> Vec<MessageKey> {
        let quota = LeaseQuota {
            version: VersionKey(1),
            channel: Channel::Sms,
            endpoint: String::new(),
            revision: 1,
            most: 10,
        };
        let leased = self.store.record_and_lease(&[], &[quota], NOW).await.expect("leased");
        leased.into_iter().map(|message| message.seq).collect()
    }

    async fn record(&self, message: MessageKey, outcome: SendOutcome) {
        let result = MessageResult {
            message,
            project: ProjectKey(1),
            version: VersionKey(1),
            outcome,
            in_doubt: false,
            endpoint: None,
        };
        self.store.record_and_lease(&[result], &[], NOW).await.expect("recorded");
    }

    /// Status and reason of a message.
    async fn row(&self, message: i64) -> (MessageStatus, Option<String>) {
        let (state, reason): (i64, Option<String>) =
            sqlx::query_as("SELECT status, reason FROM outbox WHERE key = ?")
                .bind(message)
                .fetch_one(&self.store.readers)
                .await
                .expect("a row");
        (MessageStatus::from_code(state).expect("a status"), reason)
    }

    /// What the version counts as queued and as cancelled.
    async fn counts(&self) -> (i64, i64) {
        sqlx::query_as("SELECT queued, cancelled FROM versions")
            .fetch_one(&self.store.readers)
            .await
            .expect("counts")
    }

    async fn listed(&self) -> Vec<(i64,)> {
        sqlx::query_as("SELECT reason_code FROM suppressions ORDER BY address")
            .fetch_all(&self.store.readers)
            .await
            .expect("rows")
    }

    async fn answer(&self, wanted: bool) {
        let reply =
            SmsReply { channel: Channel::Sms, address: NUMBER.to_string(), wanted, at: NOW };
        let replies = vec![(self.actor.project, reply)];
        let told = InboundBatch { replies, ..InboundBatch::default() };
        self.store.record_message_events(&[told], NOW).await.expect("written");
    }
}

fn dead() -> SendOutcome {
    SendOutcome::Failed {
        reason: OutcomeReason::Reported("no such number".to_string()),
        dead_address: Some((AddressKind::Phone, NUMBER.to_string())),
    }
}

#[tokio::test]
async fn a_message_to_someone_who_has_left_is_cancelled_says_so_and_counts_so() {
    let shop = Shop::open().await;
    shop.message(1, Some(1), MessageStatus::Queued).await;
    let left = format!("UPDATE enrolments SET exit_reason = {}", ExitReason::Converted.code());
    shop.run(&left).await;
    assert_eq!(shop.lease().await, []);
    let reason = Some(FixedReason::LeftJourney.text().to_string());
    assert_eq!(shop.row(1).await, (MessageStatus::Cancelled, reason));
    assert_eq!(shop.counts().await, (0, 1));
}

#[tokio::test]
async fn a_retry_in_a_journey_that_was_stopped_is_cancelled_and_was_counted_before() {
    let shop = Shop::open().await;
    shop.message(1, Some(1), MessageStatus::Queued).await;
    assert_eq!(shop.lease().await, [MessageKey(1)]);
    let stopped = Status::Stopped.code();
    let stop = format!("UPDATE versions SET status = {stopped}, queued = 0, cancelled = 1");
    shop.run(&stop).await;
    shop.record(MessageKey(1), SendOutcome::untouched(NOW)).await;
    assert_eq!(shop.row(1).await.0, MessageStatus::Cancelled);
    assert_eq!(shop.counts().await, (0, 1));
}

#[tokio::test]
async fn what_the_server_left_with_its_provider_waits_again_unless_its_journey_was_stopped() {
    for (status, then) in
        [(Status::Running, MessageStatus::Queued), (Status::Stopped, MessageStatus::Cancelled)]
    {
        let shop = Shop::open().await;
        shop.message(1, Some(1), MessageStatus::Sending).await;
        shop.run(&format!("UPDATE versions SET status = {}", status.code())).await;
        assert_eq!(shop.store.requeue_leased(&[], NOW).await.expect("requeued"), 1);
        assert_eq!(shop.row(1).await.0, then, "{status}");
        assert_eq!(shop.store.requeue_leased(&[], NOW).await.expect("requeued"), 0);
    }
}

#[tokio::test]
async fn a_message_over_which_the_server_died_three_times_fails_and_the_others_go_on() {
    let shop = Shop::open().await;
    for number in [1, 2, 3] {
        shop.message(number, Some(1), MessageStatus::Queued).await;
    }
    // Twice two were being composed when the server died, and it is not known which of them did it.
    for _ in 0..2 {
        assert_eq!(shop.lease().await, [1, 2, 3].map(MessageKey));
        assert_eq!(
            shop.store
                .requeue_leased(&[MessageKey(1), MessageKey(2)], NOW)
                .await
                .expect("requeued"),
            3
        );
    }
    // From now on only one of the two is in hand.
    assert_eq!(shop.lease().await, [1, 3].map(MessageKey));
    assert_eq!(shop.lease().await, []);
    assert_eq!(shop.store.requeue_leased(&[MessageKey(1)], NOW).await.expect("requeued"), 1);
    let reason = Some(FixedReason::ServerCrashed.text().to_string());
    assert_eq!(shop.row(1).await, (MessageStatus::Failed, reason));
    assert_eq!(shop.lease().await, [2, 3].map(MessageKey));
    for number in [2, 3] {
        shop.record(MessageKey(number), SendOutcome::Sent { provider_id: None }).await;
        assert_eq!(shop.row(number).await.0, MessageStatus::Sent);
    }
    assert_eq!(shop.counts().await, (0, 0));
    assert_eq!(shop.store.check_consistency().await.expect("checked"), []);
}

#[tokio::test]
async fn a_server_that_is_killed_while_providers_are_slow_fails_no_message() {
    let shop = Shop::open().await;
    shop.message(1, Some(1), MessageStatus::Queued).await;
    for _ in 0..20 {
        assert_eq!(shop.lease().await, [1].map(MessageKey));
        assert_eq!(shop.store.requeue_leased(&[], NOW).await.expect("requeued"), 1);
    }
    assert_eq!(shop.row(1).await.0, MessageStatus::Queued);
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_listed_for_that_although_they_had_unsubscribed() {
    let shop = Shop::open().await;
    shop.message(1, Some(1), MessageStatus::Sending).await;
    shop.answer(false).await;
    assert_eq!(shop.listed().await, [(SuppressionReason::Unsubscribed.code(),)]);
    shop.record(MessageKey(1), dead()).await;
    assert_eq!(shop.listed().await, [(SuppressionReason::Bounced.code(),)]);
    shop.answer(true).await;
    assert_eq!(
        shop.listed().await,
        [(SuppressionReason::Bounced.code(),)],
        "they take back only what they said themselves"
    );
}

#[tokio::test]
async fn whoever_starts_again_takes_back_their_own_stop() {
    let shop = Shop::open().await;
    shop.answer(false).await;
    shop.answer(true).await;
    assert_eq!(shop.listed().await, []);
}

#[tokio::test]
async fn what_the_page_offers_to_resend_is_what_is_resent() {
    for status in [Status::Running, Status::Completed, Status::Stopped] {
        let shop = Shop::open().await;
        shop.message(1, Some(1), MessageStatus::Failed).await;
        shop.message(2, None, MessageStatus::Failed).await;
        shop.run(&format!("UPDATE versions SET status = {}", status.code())).await;
        let query = FailedMessageQuery::default();
        let page =
            shop.store.get_failed_message_page(shop.actor.project, &query).await.expect("a page");
        let offered = page.rows.iter().filter(|row| FailedMessage::may_be_resent(row)).count();
        let resent =
            shop.store.resend_messages(&shop.actor, &query, &[], NOW).await.expect("resent");
        assert_eq!(resent, offered as i64, "{status}");
        assert_eq!(shop.counts().await, (resent, 0), "{status}");
        assert_eq!(shop.row(2).await.0, MessageStatus::Failed, "no one is there any more");
    }
}

#[tokio::test]
async fn a_count_that_differs_from_its_rows_is_found() {
    let shop = Shop::open().await;
    shop.message(1, Some(1), MessageStatus::Sending).await;
    assert_eq!(shop.store.check_consistency().await.expect("checked"), []);
    shop.run("UPDATE versions SET queued = 3").await;
    let (journey, counter) = ("Welcome".to_string(), Counter::Queued);
    let finding = Finding::Counter { journey, version: 1, counter, stored: 3, found: 1 };
    assert_eq!(shop.store.check_consistency().await.expect("checked"), [finding]);
}
