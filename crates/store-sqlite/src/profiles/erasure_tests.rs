//! Of whoever is erased nothing is left with their messages, and nothing is added later.

use serde_json::json;
use sqlx::SqlitePool;
use tempfile::TempDir;

use crate::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    messages::{
        event::MessageEventKind,
        feedback::NewMessageEvent,
        outcome::{FixedReason, OutcomeReason, SendOutcome},
    },
    profiles::{
        ingest_record::{IngestRecord, ProfileRef, ProfileUpdate, RecordPayload},
        sender::{Batch, RecordSource, Sender},
    },
    time::Timestamp,
};
use wayfare_store::{
    Store,
    message_events::{AnswerStore, InboundBatch},
    outbox::{MessageResult, OutboxStore},
    profiles::ProfileStore,
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
/// What receivers answer.
const REFUSAL: &str = "550 no such user ada@example.com";

/// Ada, with message 1, which failed, and message 2, which is with its sender.
async fn ada_with_messages() -> (TempDir, SqliteStore) {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("erasure.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.local_actor(NOW).await.expect("an actor");
    let who = ProfileRef::read(Some("ada".to_string()), None).expect("a profile");
    let properties = json!({ "email": "ada@example.com" }).as_object().cloned();
    let change = ProfileUpdate::read(properties.unwrap_or_default()).expect("properties");
    let records = vec![IngestRecord { who, what: RecordPayload::Change(change) }];
    let sender = Sender::trusted(actor.user, RecordSource::Api);
    let batch = Batch { project: actor.project, sender, records };
    store.ingest(&[batch], NOW).await.expect("stored");
    for (message, state) in [(1, 2), (2, 4)] {
        sqlx::query(
            "INSERT INTO outbox (seq, project, version, enrolment, profile, node, visit, channel,
                 state, created_at, lane, reason, receiver)
             VALUES (?1, 1, 1, ?1, 1, 'n', 1, 'email', ?2, 1, 1, ?3, 'ada.example:443')",
        )
        .bind(message)
        .bind(state)
        .bind(REFUSAL)
        .execute(&store.writer)
        .await
        .expect("written");
    }
    sqlx::query("INSERT INTO message_events (message, what, at, detail) VALUES (1, ?, 1, ?)")
        .bind(MessageEventKind::Bounced.code())
        .bind(REFUSAL)
        .execute(&store.writer)
        .await
        .expect("written");
    (folder, store)
}

async fn erase(store: &SqliteStore) {
    let actor = store.local_actor(NOW).await.expect("an actor");
    store.delete_person(&actor, 1, NOW).await.expect("erased");
}

/// Reasons, receivers and details that name Ada.
async fn traces(readers: &SqlitePool) -> Vec<(String,)> {
    sqlx::query_as(
        "SELECT said FROM (SELECT reason AS said FROM outbox UNION ALL SELECT receiver FROM outbox
             UNION ALL SELECT detail FROM message_events)
         WHERE said LIKE '%ada%'",
    )
    .fetch_all(readers)
    .await
    .expect("rows")
}

#[tokio::test]
async fn whoever_is_erased_is_named_by_nothing_that_was_said_of_their_messages() {
    let (_folder, store) = ada_with_messages().await;
    assert_eq!(traces(&store.readers).await.len(), 5);
    erase(&store).await;
    assert_eq!(traces(&store.readers).await, []);
}

/// Message 2 fails for this reason.
async fn fail(store: &SqliteStore, reason: OutcomeReason) {
    let failed = MessageResult {
        message: 2,
        project: 1,
        version: 1,
        settlement: SendOutcome::Failed { reason, dead_address: None },
        in_doubt: false,
        receiver: Some("ada.example:443".to_string()),
    };
    store.record_and_lease(&[failed], &[], NOW).await.expect("settled");
}

/// State and reason of every message.
async fn messages(store: &SqliteStore) -> Vec<(i64, Option<String>)> {
    sqlx::query_as("SELECT state, reason FROM outbox ORDER BY seq")
        .fetch_all(&store.readers)
        .await
        .expect("rows")
}

#[tokio::test]
async fn what_a_receiver_answers_after_the_person_was_erased_is_not_kept() {
    let (_folder, store) = ada_with_messages().await;
    erase(&store).await;
    fail(&store, OutcomeReason::Reported(REFUSAL.to_string())).await;
    assert_eq!(messages(&store).await, [(2, None), (2, None)]);
    assert_eq!(traces(&store.readers).await, []);
}

#[tokio::test]
async fn words_of_our_own_that_name_nobody_are_kept_after_the_person_was_erased() {
    let (_folder, store) = ada_with_messages().await;
    erase(&store).await;
    fail(&store, OutcomeReason::Fixed(FixedReason::ServerStopped)).await;
    let kept = Some(FixedReason::ServerStopped.text().to_string());
    assert_eq!(messages(&store).await, [(2, None), (2, kept)]);
}

#[tokio::test]
async fn what_a_provider_reports_after_the_person_was_erased_is_not_kept() {
    let (_folder, store) = ada_with_messages().await;
    erase(&store).await;
    let report = NewMessageEvent {
        detail: Some(REFUSAL.to_string()),
        ..NewMessageEvent::new(2, MessageEventKind::Bounced, NOW)
    };
    let told = InboundBatch { reports: vec![report], ..InboundBatch::default() };
    let (news, _) = store.report(&[told], NOW).await.expect("written");
    assert_eq!(news, 1);
    assert_eq!(traces(&store.readers).await, []);
}
