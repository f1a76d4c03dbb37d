//! Two profiles become one, as `crates/domain/src/profiles/merge.rs` plans it. It changes what the
//! engine decides on, so it raises its epoch.

use sqlx::{FromRow, SqliteConnection};

use super::ended_enrolments::{EndedEnrolment, end_enrolments};
use crate::{
    engine::profiles::{PROFILE_COLUMNS, ProfileRow},
    error::SqliteResult,
    rows::to_json,
};
use wayfare_domain::{
    engine::node::ExitReason,
    ids::{EnrolmentKey, JourneyKey, ProfileKey, VersionKey},
    profiles::{
        Profile,
        merge::{LiveEnrolment, MergePlan, plan_merge},
    },
    time::Timestamp,
};
use wayfare_store::outbox::ChangedPerson;

/// Merges `from` into `into`. Answers what that means for messages in hand.
pub async fn merge(
    connection: &mut SqliteConnection,
    from: ProfileKey,
    into: ProfileKey,
    now: Timestamp,
) -> SqliteResult<Vec<ChangedPerson>> {
    let plan = plan_merge(
        load_profile(connection, from).await?,
        load_profile(connection, into).await?,
        load_live_enrolments(connection, from, into).await?,
    );
    let ended: Vec<EndedEnrolment> = plan.ended.iter().map(EndedEnrolment::from).collect();
    end_enrolments(connection, &ended, now).await?;
    for statement in [
        "UPDATE profile_identifiers SET profile_key = ?2 WHERE profile_key = ?1",
        "UPDATE events SET profile_key = ?2 WHERE profile_key = ?1",
        "UPDATE OR IGNORE enrolments SET profile_key = ?2 WHERE profile_key = ?1",
        "UPDATE outbox SET profile_key = ?2 WHERE profile_key = ?1",
        "UPDATE contact_changes SET profile_key = ?2 WHERE profile_key = ?1",
        "INSERT INTO list_members (list_id, profile_key) SELECT list_id, ?2 FROM list_members
         WHERE profile_key = ?1 ON CONFLICT DO NOTHING",
        "DELETE FROM list_members WHERE profile_key = ?1 AND ?2 > 0",
        "DELETE FROM criteria_matches WHERE profile_key = ?1 AND ?2 > 0",
        "DELETE FROM profiles WHERE key = ?1 AND ?2 > 0",
        "UPDATE engine_state SET epoch = epoch + 1 WHERE ?1 > 0 AND ?2 > 0",
    ] {
        sqlx::query(statement).bind(from.0).bind(into.0).execute(&mut *connection).await?;
    }
    write_merged(connection, &plan.merged).await?;
    Ok(changed_people(from, into, &plan))
}

/// All messages of both are asked about again, and some may not go out any more.
fn changed_people(from: ProfileKey, into: ProfileKey, plan: &MergePlan) -> Vec<ChangedPerson> {
    let withdrawn = plan.withdrawn.iter();
    [from, into]
        .into_iter()
        .map(ChangedPerson::asked_again)
        .chain(withdrawn.map(|(seq, channel)| ChangedPerson::withdrawn(*seq, Some(*channel))))
        .collect()
}

async fn load_profile(connection: &mut SqliteConnection, seq: ProfileKey) -> SqliteResult<Profile> {
    let row: Option<ProfileRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {PROFILE_COLUMNS} FROM profiles p WHERE p.key = ?"
    )))
    .bind(seq.0)
    .fetch_optional(connection)
    .await?;
    row.map_or_else(|| Ok(Profile { seq, ..Profile::default() }), ProfileRow::into_profile)
}

#[derive(FromRow)]
struct LiveEnrolmentRow {
    key: i64,
    profile_key: i64,
    journey_key: i64,
    version_key: i64,
    node: String,
}

impl From<LiveEnrolmentRow> for LiveEnrolment {
    fn from(row: LiveEnrolmentRow) -> Self {
        Self {
            seq: EnrolmentKey(row.key),
            profile: ProfileKey(row.profile_key),
            journey: JourneyKey(row.journey_key),
            version: VersionKey(row.version_key),
            node: row.node,
        }
    }
}

/// Enrolments of both. Those of versions that were stopped or left were counted when that happened.
async fn load_live_enrolments(
    connection: &mut SqliteConnection,
    from: ProfileKey,
    into: ProfileKey,
) -> SqliteResult<Vec<LiveEnrolment>> {
    let rows: Vec<LiveEnrolmentRow> = sqlx::query_as(
        "SELECT e.key, e.profile_key, e.journey_key, e.version_key, e.node
         FROM enrolments e JOIN versions v ON v.key = e.version_key
         WHERE e.profile_key IN (?1, ?2) AND e.exit_reason = ?3 AND v.bulk_exit_reason IS NULL
         ORDER BY e.key",
    )
    .bind(from.0)
    .bind(into.0)
    .bind(ExitReason::enrolment_code(None))
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(LiveEnrolment::from).collect())
}

async fn write_merged(connection: &mut SqliteConnection, merged: &Profile) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE profiles SET properties = ?2, addresses = ?3, consent = ?4, time_zone = ?5
         WHERE key = ?1",
    )
    .bind(merged.seq.0)
    .bind(to_json(&merged.properties)?)
    .bind(to_json(&merged.addresses)?)
    .bind(to_json(&merged.consent)?)
    .bind(merged.time_zone.as_deref())
    .execute(connection)
    .await?;
    Ok(())
}
