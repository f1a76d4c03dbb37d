//! The rate by which the list is sorted is a column of its table: what the domain makes of the same
//! counters.

use sqlx::Row;
use tempfile::TempDir;

use crate::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    graph::Graph,
    journeys::{
        document::JourneyDocument,
        settings::{EntryTrigger, Settings},
        status::Status,
    },
    names::{Description, JourneyName},
    stats::VersionStats,
    time::Timestamp,
};
use wayfare_store::{
    access::ProjectStore,
    transfer::{JourneyTransfer, SeedJourney, SeedVersion},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// Two journeys: three of nine converted in the first, and no one has entered the second.
async fn journeys() -> (TempDir, SqliteStore) {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("rates.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.ensure_local_actor(NOW).await.expect("an actor");
    let document = JourneyDocument {
        name: JourneyName::parse("Welcome").expect("a name"),
        description: Description::parse("").expect("a description"),
        labels: Vec::new(),
        status: None,
        settings: Settings::new(EntryTrigger::Api {}),
        graph: Graph::empty(),
    };
    let counted =
        VersionStats { entered: 9, inside: 6, converted: 3, qualified: 9, ..Default::default() };
    let seeded = [counted, VersionStats::default()].map(|figures| SeedJourney {
        document: document.clone(),
        archived: false,
        created_by: actor.user,
        created_at: NOW,
        versions: vec![SeedVersion {
            status: Status::Running,
            figures,
            created_by: actor.user,
            created_at: NOW,
            published: Some((actor.user, NOW)),
            start: Some(NOW),
        }],
    });
    store.seed_project(actor.project, &[], &seeded, NOW).await.expect("seeded");
    (folder, store)
}

/// The column beside the domain's rate.
async fn rates(store: &SqliteStore) -> Vec<(Option<i64>, Option<i64>)> {
    let rows = sqlx::query("SELECT rate, entered, converted FROM journeys ORDER BY key")
        .fetch_all(&store.readers)
        .await
        .expect("rows");
    let stats = |row: &sqlx::sqlite::SqliteRow| VersionStats {
        entered: row.get("entered"),
        converted: row.get("converted"),
        ..VersionStats::default()
    };
    rows.iter().map(|row| (row.get("rate"), stats(row).rate())).collect()
}

#[tokio::test]
async fn the_rate_of_the_list_is_the_domains_after_an_import_and_after_every_count() {
    let (_folder, store) = journeys().await;
    assert_eq!(rates(&store).await, [(Some(3_333), Some(3_333)), (None, None)]);
    sqlx::query(
        "UPDATE versions SET converted = converted + 1, inside = inside - 1
                 WHERE entered > 0",
    )
    .execute(&store.writer)
    .await
    .expect("counted");
    assert_eq!(rates(&store).await[0], (Some(4_444), Some(4_444)));
}
