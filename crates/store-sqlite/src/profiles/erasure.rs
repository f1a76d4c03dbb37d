//! A profile is deleted, as `crates/domain/src/profiles/erasure.rs` says. It changes what the
//! engine decides on, so it raises its epoch.

use sqlx::SqliteConnection;

use super::ended_enrolments::{EndedEnrolment, end_enrolments};
use crate::error::SqliteResult;
use wayfare_domain::{
    engine::node::ExitReason, ids::ProfileKey, profiles::erasure::PersonalData, time::Timestamp,
};

/// Erases everything that is about them; the counts of journeys keep their enrolments.
pub async fn erase(
    connection: &mut SqliteConnection,
    profile: ProfileKey,
    now: Timestamp,
) -> SqliteResult<()> {
    // Those of versions that were stopped or left were counted when that happened.
    let inside: Vec<EndedEnrolment> = sqlx::query_as(
        "SELECT e.key, e.version_key, e.node FROM enrolments e JOIN versions v
         ON v.key = e.version_key
         WHERE e.profile_key = ?1 AND e.exit_reason = ?2 AND v.bulk_exit_reason IS NULL
         ORDER BY e.key",
    )
    .bind(profile.0)
    .bind(ExitReason::enrolment_code(None))
    .fetch_all(&mut *connection)
    .await?;
    end_enrolments(connection, &inside, now).await?;
    for data in PersonalData::ALL {
        if data == PersonalData::Enrolments {
            end_emptied(connection, profile).await?;
        }
        sqlx::query(statement(data)).bind(profile.0).execute(&mut *connection).await?;
    }
    sqlx::query("UPDATE engine_state SET epoch = epoch + 1").execute(connection).await?;
    Ok(())
}

/// Their rows in versions that were stopped or left say how they ended only once they are swept,
/// and no one finds them afterwards.
async fn end_emptied(connection: &mut SqliteConnection, profile: ProfileKey) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE enrolments SET exit_reason = (SELECT coalesce(v.bulk_exit_reason, ?3)
         FROM versions v
             WHERE v.key = enrolments.version_key) WHERE profile_key = ?1 AND exit_reason = ?2",
    )
    .bind(profile.0)
    .bind(ExitReason::enrolment_code(None))
    .bind(ExitReason::Stopped.code())
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes this data, or takes out of it what says whose it was
/// ([`wayfare_domain::profiles::erasure::Erasure`]).
fn statement(data: PersonalData) -> &'static str {
    match data {
        PersonalData::EnrolmentLog => {
            "DELETE FROM enrolment_log WHERE enrolment_key IN (SELECT key FROM enrolments
             WHERE profile_key = ?1)"
        }
        PersonalData::MessageEvents => {
            "DELETE FROM message_events WHERE pending = 0 AND message_key IN (SELECT key FROM outbox
             WHERE profile_key = ?1)"
        }
        PersonalData::PendingMessageEvents => {
            "UPDATE message_events SET detail = NULL WHERE message_key IN (SELECT key FROM outbox
             WHERE profile_key = ?1)"
        }
        // A reason may repeat what was sent to them: their address, their values. The receiver of a
        // webhook may be made for each person.
        PersonalData::Messages => {
            "UPDATE outbox SET profile_key = NULL, reason = NULL, endpoint = ''
             WHERE profile_key = ?1"
        }
        PersonalData::Enrolments => {
            "UPDATE enrolments SET profile_key = NULL, entry_properties = NULL, timer_at = NULL,
                due_at = NULL WHERE profile_key = ?1"
        }
        // A row of a file says of whom it is only by the value that it was refused for. What is
        // short stands in other words too: it counts where it is all of the value.
        PersonalData::RejectedImportRows => {
            "DELETE FROM import_errors WHERE (import_id, line) IN (
                 WITH theirs AS MATERIALIZED (
                     SELECT identifier AS name FROM profile_identifiers WHERE profile_key = ?1
                     UNION SELECT a.value FROM profiles p, json_each(p.addresses) a
                     WHERE p.key = ?1), sought AS MATERIALIZED (
                     SELECT CASE WHEN length(name) < 6 THEN '“' || lower(name) || '”'
                         ELSE lower(name) END AS words FROM theirs WHERE name <> '')
                 SELECT e.import_id, e.line FROM profiles p JOIN projects o ON o.key = p.project_key
                     JOIN imports i ON i.project_id = o.id JOIN import_errors e
                     ON e.import_id = i.id
                 WHERE p.key = ?1
                     AND EXISTS (SELECT 1 FROM sought WHERE instr(lower(e.message), words) > 0))"
        }
        PersonalData::Identifiers => "DELETE FROM profile_identifiers WHERE profile_key = ?1",
        PersonalData::Events => "DELETE FROM events WHERE profile_key = ?1",
        PersonalData::ListMemberships => "DELETE FROM list_members WHERE profile_key = ?1",
        PersonalData::MetCriteria => "DELETE FROM criteria_matches WHERE profile_key = ?1",
        PersonalData::ProfileChanges => "DELETE FROM profile_changes WHERE profile_key = ?1",
        PersonalData::ContactChanges => "DELETE FROM contact_changes WHERE profile_key = ?1",
        PersonalData::Rejections => "DELETE FROM entry_rejections WHERE profile_key = ?1",
        PersonalData::Profile => "DELETE FROM profiles WHERE key = ?1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_domain::profiles::erasure::Erasure;

    #[test]
    fn each_statement_does_to_the_data_what_the_rules_say() {
        for data in PersonalData::ALL {
            let verb = match data.erasure() {
                Erasure::Delete => "DELETE ",
                Erasure::Anonymize => "UPDATE ",
            };
            assert!(statement(data).starts_with(verb), "{data:?}");
        }
    }
}
