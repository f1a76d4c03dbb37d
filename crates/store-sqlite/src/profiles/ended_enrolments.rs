//! Enrolments that end from outside of the engine, because their profile goes.

use sqlx::{FromRow, SqliteConnection};

use crate::error::SqliteResult;
use wayfare_domain::{
    engine::node::ExitReason, messages::message_status::MessageStatus,
    profiles::merge::LiveEnrolment, time::Timestamp,
};

/// How they end.
const EXIT: ExitReason = ExitReason::ForceExited;

/// An enrolment, and the node at which it ends.
#[derive(FromRow)]
pub struct EndedEnrolment {
    pub seq: i64,
    pub version: i64,
    pub node: String,
}

impl From<&LiveEnrolment> for EndedEnrolment {
    fn from(live: &LiveEnrolment) -> Self {
        Self { seq: live.seq, version: live.version, node: live.node.clone() }
    }
}

/// Ends enrolments of people who are inside as force-exited, with the counts and the queued
/// messages that belong to them.
pub async fn end_enrolments(
    connection: &mut SqliteConnection,
    ended: &[EndedEnrolment],
    now: Timestamp,
) -> SqliteResult<()> {
    for EndedEnrolment { seq, version, node } in ended {
        let cancelled = sqlx::query(
            "UPDATE outbox SET state = ?3, settled_at = ?2 WHERE enrolment = ?1 AND state = ?4",
        )
        .bind(seq)
        .bind(now.0)
        .bind(MessageStatus::Cancelled.code())
        .bind(MessageStatus::Queued.code())
        .execute(&mut *connection)
        .await?
        .rows_affected()
        .cast_signed();
        sqlx::query(
            "UPDATE enrolments SET state = ?2, ended_at = ?3, wait_until = NULL, due_at = NULL
             WHERE seq = ?1",
        )
        .bind(seq)
        .bind(EXIT.code())
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "UPDATE versions SET inside = inside - 1, force_exited = force_exited + 1,
                queued = queued - ?2, cancelled = cancelled + ?2 WHERE seq = ?1",
        )
        .bind(version)
        .bind(cancelled)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "INSERT INTO node_figures (version, node, outlet, count) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT DO UPDATE SET count = count + 1",
        )
        .bind(version)
        .bind(node)
        .bind(EXIT.stats_key())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
