//! Of whoever is erased nothing is left with their messages, and nothing is added later.

use serde_json::json;
use sqlx::SqlitePool;
use tempfile::TempDir;

use crate::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    access::actor::Actor,
    ids::{MessageKey, ProfileKey, ProjectKey, VersionKey},
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
    StoreError,
    access::ProjectStore,
    message_events::{InboundBatch, MessageEventStore},
    outbox::{MessageResult, OutboxStore},
    profiles::{IngestStore, ProfileStore},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
/// What endpoints answer.
const REFUSAL: &str = "550 no such user ada@example.com";

/// Ada, with message 1, which failed, and message 2, which is with its sender.
async fn ada_with_messages() -> (TempDir, SqliteStore) {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("erasure.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.ensure_local_actor(NOW).await.expect("an actor");
    store_ada(&store, &actor).await;
    for (message, state) in [(1, 2), (2, 4)] {
        sqlx::query(
            "INSERT INTO outbox (key, project_key, version_key, enrolment_key, profile_key, node,
             visit, channel, status, created_at, is_live, reason, endpoint)
             VALUES (?1, 1, 1, ?1, 1, 'n', 1, 'email', ?2, 1, 1, ?3, 'ada.example:443')",
        )
        .bind(message)
        .bind(state)
        .bind(REFUSAL)
        .execute(&store.writer)
        .await
        .expect("written");
    }
    sqlx::query("INSERT INTO message_events (message_key, kind, at, detail) VALUES (1, ?, 1, ?)")
        .bind(MessageEventKind::Bounced.code())
        .bind(REFUSAL)
        .execute(&store.writer)
        .await
        .expect("written");
    (folder, store)
}

async fn store_ada(store: &SqliteStore, actor: &Actor) {
    let who = ProfileRef::read(Some("ada".to_string()), None).expect("a profile");
    let properties = json!({ "email": "ada@example.com" }).as_object().cloned();
    let change = ProfileUpdate::read(properties.unwrap_or_default()).expect("properties");
    let records = vec![IngestRecord { who, what: RecordPayload::Change(change) }];
    let sender = Sender::trusted(actor.user, RecordSource::Api);
    let batch = Batch { project: actor.project, sender, records };
    store.ingest(&[batch], NOW).await.expect("stored");
}

async fn erase(store: &SqliteStore) {
    let actor = store.ensure_local_actor(NOW).await.expect("an actor");
    store.delete_profile(&actor, ProfileKey(1), NOW).await.expect("erased");
}

/// Reasons, endpoints and details that name Ada.
async fn traces(readers: &SqlitePool) -> Vec<(String,)> {
    sqlx::query_as(
        "SELECT said FROM (SELECT reason AS said FROM outbox UNION ALL SELECT endpoint FROM outbox
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
        message: MessageKey(2),
        project: ProjectKey(1),
        version: VersionKey(1),
        outcome: SendOutcome::Failed { reason, dead_address: None },
        in_doubt: false,
        endpoint: Some("ada.example:443".to_string()),
    };
    store.record_and_lease(&[failed], &[], NOW).await.expect("settled");
}

/// State and reason of every message.
async fn messages(store: &SqliteStore) -> Vec<(i64, Option<String>)> {
    sqlx::query_as("SELECT status, reason FROM outbox ORDER BY key")
        .fetch_all(&store.readers)
        .await
        .expect("rows")
}

#[tokio::test]
async fn a_profile_that_is_read_while_it_is_erased_is_whole_or_not_found() {
    // All reads share one connection: between two statements of one there is time for everything.
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig { readers: 1, ..SqliteConfig::new(folder.path().join("erasure.db")) };
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.ensure_local_actor(NOW).await.expect("an actor");
    store_ada(&store, &actor).await;
    let read = || async {
        match store.get_profile(actor.project, ProfileKey(1)).await {
            Ok(profile) => assert_eq!(profile.identity.as_deref(), Some("ada")),
            Err(error) => assert!(matches!(error, StoreError::NotFound("profile")), "{error}"),
        }
    };
    let reads = futures::future::join_all((0..64).map(|_| read()));
    tokio::join!(reads, erase(&store));
    assert!(store.get_profile(actor.project, ProfileKey(1)).await.is_err());
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
        ..NewMessageEvent::new(MessageKey(2), MessageEventKind::Bounced, NOW)
    };
    let told = InboundBatch { reports: vec![report], ..InboundBatch::default() };
    let (news, _) = store.record_message_events(&[told], NOW).await.expect("written");
    assert_eq!(news, 1);
    assert_eq!(traces(&store.readers).await, []);
}

/// An import of the project of this number whose rows were refused for these sentences.
async fn import_refused(store: &SqliteStore, import: u8, project: i64, sentences: &[&str]) {
    sqlx::query(
        "INSERT INTO imports (id, project_id, file_name, bytes, started_by, started_at)
         SELECT ?1, p.id, 'people.csv', 1, (SELECT id FROM actors LIMIT 1), 1 FROM projects p
         WHERE p.key = ?2",
    )
    .bind([import; 16].as_slice())
    .bind(project)
    .execute(&store.writer)
    .await
    .expect("written");
    for (line, sentence) in (1_i64..).zip(sentences) {
        sqlx::query(
            "INSERT INTO import_errors (import_id, line, field, message) VALUES (?, ?, '', ?)",
        )
        .bind([import; 16].as_slice())
        .bind(line)
        .bind(sentence)
        .execute(&store.writer)
        .await
        .expect("written");
    }
}

/// Import and line of the rows that are still known.
async fn rejected_rows(store: &SqliteStore) -> Vec<(Vec<u8>, i64)> {
    sqlx::query_as("SELECT import_id, line FROM import_errors ORDER BY import_id, line")
        .fetch_all(&store.readers)
        .await
        .expect("rows")
}

#[tokio::test]
async fn rows_that_a_file_was_refused_for_go_where_they_name_whoever_is_erased() {
    let (_folder, store) = ada_with_messages().await;
    let sentences = [
        "“Ada@example.com” is not a time.",
        "“ada” is not a number, such as 12.5.",
        "“call ada@example.com, please” is not an email address.",
        // Of others: a short name may be part of any word.
        "“adapter” is not a number, such as 12.5.",
        "The row has 2 cells; the first row has 3.",
    ];
    import_refused(&store, 1, 1, &sentences).await;
    erase(&store).await;
    assert_eq!(rejected_rows(&store).await, [(vec![1; 16], 4), (vec![1; 16], 5)]);
}

#[tokio::test]
async fn rows_of_another_project_stay_whoever_is_erased() {
    let (_folder, store) = ada_with_messages().await;
    sqlx::query(
        "INSERT INTO projects (id, name, created_at, key) VALUES (?, 'Other', 2000000000000, 2)",
    )
    .bind([2_u8; 16].as_slice())
    .execute(&store.writer)
    .await
    .expect("written");
    import_refused(&store, 2, 2, &["“ada@example.com” is not a time."]).await;
    erase(&store).await;
    assert_eq!(rejected_rows(&store).await, [(vec![2; 16], 1)]);
}
