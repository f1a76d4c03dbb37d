//! Numbers of the domain's states for statements that have to spell them out: a partial index is
//! used only where its condition stands in the text, and not where it is bound.

use wayfare_domain::{
    engine::node::ExitReason,
    journeys::status::Status,
    messages::message_status::{MessageRoute, MessageStatus},
};

pub const QUEUED: i64 = MessageStatus::Queued.code();
pub const FAILED: i64 = MessageStatus::Failed.code();
pub const SENDING: i64 = MessageStatus::Sending.code();

/// Messages that the log takes, and those that go out through their channel.
pub const TEST_MODE: i64 = MessageRoute::TestMode.code();
pub const LIVE: i64 = MessageRoute::Live.code();

/// `outbox.is_live` of a message.
pub const fn route(is_live: bool) -> i64 {
    if is_live { LIVE } else { TEST_MODE }
}

/// `enrolments.exit_reason` of someone inside; the others are codes of `ExitReason`.
pub const INSIDE: i64 = ExitReason::enrolment_code(None);

/// The versions whose people move and whose messages go out: from this status to
/// [`LAST_MOVING`].
pub const FIRST_MOVING: i64 = Status::Running.code();
pub const LAST_MOVING: i64 = Status::Restricted.code();

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::{SqliteConfig, SqliteStore};
    use wayfare_domain::journeys::status::MovementSwitch;
    use wayfare_store::maintenance::MaintenanceStore;

    /// What the schema says of each table and index.
    async fn schema() -> HashMap<String, String> {
        let folder = tempfile::TempDir::new().expect("a folder");
        let config = SqliteConfig::new(folder.path().join("schema.db"));
        let store = SqliteStore::open(&config).await.expect("a store");
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
                .fetch_all(&store.readers)
                .await
                .expect("rows");
        store.close().await;
        rows.into_iter().collect()
    }

    #[test]
    fn the_statuses_in_which_people_move_follow_each_other() {
        for status in Status::ALL {
            let moves = status.movement() == MovementSwitch::On;
            assert_eq!((FIRST_MOVING..=LAST_MOVING).contains(&status.code()), moves, "{status}");
        }
    }

    #[test]
    fn people_who_have_left_do_not_count_as_inside() {
        assert_eq!(ExitReason::from_code(INSIDE), None);
    }

    #[tokio::test]
    async fn partial_indexes_are_about_the_states_that_statements_name() {
        let schema = schema().await;
        for (index, condition) in [
            ("outbox_queued_test", format!("WHERE status = {QUEUED} AND is_live = {TEST_MODE}")),
            ("outbox_queued_live", format!("WHERE status = {QUEUED} AND is_live = {LIVE}")),
            ("outbox_sending", format!("WHERE status = {SENDING}")),
            ("outbox_failed", format!("WHERE status = {FAILED}")),
            ("enrolments_inside", format!("WHERE exit_reason = {INSIDE}")),
        ] {
            let found = schema.get(index).map(String::as_str).unwrap_or_default();
            assert!(found.contains(&condition), "{index}: {condition} is not in {found}");
        }
    }

    #[tokio::test]
    async fn the_schema_allows_the_codes_of_statuses_and_no_others() {
        let schema = schema().await;
        let codes = Status::ALL.map(Status::code);
        let check = format!("CHECK (status BETWEEN {} AND {})", codes[0], codes[codes.len() - 1]);
        for table in ["journeys", "versions"] {
            assert!(schema[table].contains(&check), "{table}: {check}");
        }
        assert!(codes.is_sorted());
    }

    #[tokio::test]
    async fn a_version_ends_for_those_inside_as_the_schema_says() {
        let schema = schema().await;
        let ended = format!(
            "CASE WHEN bulk_exited_at IS NOT NULL THEN {} WHEN status = {} THEN {} END",
            ExitReason::VersionExit.code(),
            Status::Stopped.code(),
            ExitReason::Stopped.code()
        );
        assert!(schema["versions"].contains(&ended), "{ended}");
    }

    #[tokio::test]
    async fn a_new_message_waits_for_the_log_where_nothing_else_is_said() {
        let schema = schema().await;
        assert!(
            schema["outbox"].contains(&format!("status       INTEGER NOT NULL DEFAULT {QUEUED}"))
        );
        assert!(
            schema["outbox"].contains(&format!("is_live INTEGER NOT NULL DEFAULT {TEST_MODE}"))
        );
    }
}
