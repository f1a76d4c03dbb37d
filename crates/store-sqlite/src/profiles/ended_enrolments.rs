//! Enrolments that end from outside of the engine, because their profile goes.

use sqlx::{FromRow, SqliteConnection};

use crate::error::SqliteResult;
use wayfare_domain::{
    engine::node::ExitReason, messages::message_status::MessageStatus,
    profiles::merge::LiveEnrolment, stats::NodeStatsKind, time::Timestamp,
};

/// How they end.
const EXIT: ExitReason = ExitReason::ForceExited;

/// An enrolment, and the node at which it ends.
#[derive(FromRow)]
pub struct EndedEnrolment {
    pub key: i64,
    pub version_key: i64,
    pub node: String,
}

impl From<&LiveEnrolment> for EndedEnrolment {
    fn from(live: &LiveEnrolment) -> Self {
        Self { key: live.seq.0, version_key: live.version.0, node: live.node.clone() }
    }
}

/// Ends enrolments of people who are inside as force-exited, with the counts and the queued
/// messages that belong to them.
pub async fn end_enrolments(
    connection: &mut SqliteConnection,
    ended: &[EndedEnrolment],
    now: Timestamp,
) -> SqliteResult<()> {
    for EndedEnrolment { key, version_key, node } in ended {
        let cancelled = sqlx::query(
            "UPDATE outbox SET status = ?3, finished_at = ?2 WHERE enrolment_key = ?1
             AND status = ?4",
        )
        .bind(key)
        .bind(now.0)
        .bind(MessageStatus::Cancelled.code())
        .bind(MessageStatus::Queued.code())
        .execute(&mut *connection)
        .await?
        .rows_affected()
        .cast_signed();
        sqlx::query(
            "UPDATE enrolments SET exit_reason = ?2, ended_at = ?3, timer_at = NULL, due_at = NULL
             WHERE key = ?1",
        )
        .bind(key)
        .bind(EXIT.code())
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "UPDATE versions SET inside = inside - 1, force_exited = force_exited + 1,
                queued = queued - ?2, cancelled = cancelled + ?2 WHERE key = ?1",
        )
        .bind(version_key)
        .bind(cancelled)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "INSERT INTO node_stats (version_key, node, kind, outlet, count)
             VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT DO UPDATE SET count = count + 1",
        )
        .bind(version_key)
        .bind(node)
        .bind(NodeStatsKind::Exited.code())
        .bind(EXIT.key())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
