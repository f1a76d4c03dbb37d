//! Two profiles become one, and a person is forgotten. Both change what the engine decides on, so
//! both raise its epoch.

use std::collections::{BTreeMap, HashMap};

use sqlx::SqliteConnection;

use crate::rows::{json, to_json};
use wayfare_domain::{
    engine::node::ExitReason,
    profiles::{Properties, ingest_record::merge_profiles, profile::Channel},
    time::Timestamp,
};
use wayfare_store::{StoreResult, engine::ProfileKey, outbox::ChangedPerson};

/// What a merge changes for messages in hand: all of both are asked about again, and where one of
/// them does not want a channel that the other wanted, nothing of the other goes out by it any
/// more. To be asked before the merge.
pub async fn changed_facts(
    connection: &mut SqliteConnection,
    from: ProfileKey,
    into: ProfileKey,
) -> StoreResult<Vec<ChangedPerson>> {
    let rows: Vec<(ProfileKey, String)> =
        sqlx::query_as("SELECT seq, consent FROM profiles WHERE seq IN (?1, ?2)")
            .bind(from)
            .bind(into)
            .fetch_all(connection)
            .await?;
    let consents: HashMap<ProfileKey, BTreeMap<String, bool>> = rows
        .into_iter()
        .map(|(profile, text)| Ok((profile, json(&text, "consent")?)))
        .collect::<StoreResult<_>>()?;
    let mut merged = consents.get(&from).cloned().unwrap_or_default();
    merged.extend(consents.get(&into).cloned().unwrap_or_default());
    let unwanted =
        merged.iter().filter(|(_, wanted)| !**wanted).filter_map(|(key, _)| Channel::from_key(key));
    let mut changed = vec![ChangedPerson::asked_again(from), ChangedPerson::asked_again(into)];
    for channel in unwanted {
        let wanted_by = |profile: &ProfileKey| {
            consents
                .get(profile)
                .and_then(|consent| consent.get(channel.key()))
                .is_none_or(|wanted| *wanted)
        };
        let both = [from, into].into_iter().filter(wanted_by);
        changed.extend(both.map(|profile| ChangedPerson::withdrawn(profile, Some(channel))));
    }
    Ok(changed)
}

/// What `from` did and is becomes `into`'s; where both say something, `into` is right. Where both
/// are inside of one journey, `from`'s trip ends.
pub async fn merge(
    connection: &mut SqliteConnection,
    from: ProfileKey,
    into: ProfileKey,
    now: Timestamp,
) -> StoreResult<()> {
    end_trips(
        connection,
        "profile = ?1 AND state = 0 AND journey IN (
             SELECT o.journey FROM enrolments o JOIN versions v ON v.seq = o.version
             WHERE o.profile = ?2 AND o.state = 0 AND v.emptied IS NULL)",
        from,
        into,
        now,
    )
    .await?;
    let properties = merged_properties(connection, from, into).await?;
    for statement in [
        "UPDATE aliases SET profile = ?2 WHERE profile = ?1",
        "UPDATE events SET profile = ?2 WHERE profile = ?1",
        "UPDATE OR IGNORE enrolments SET profile = ?2 WHERE profile = ?1",
        "UPDATE outbox SET profile = ?2 WHERE profile = ?1",
        "UPDATE contact_changes SET profile = ?2 WHERE profile = ?1",
        "INSERT INTO list_members (list, profile) SELECT list, ?2 FROM list_members
         WHERE profile = ?1 ON CONFLICT DO NOTHING",
        "DELETE FROM list_members WHERE profile = ?1 AND ?2 > 0",
        "DELETE FROM met_criteria WHERE profile = ?1 AND ?2 > 0",
        "UPDATE profiles SET
             addresses = json_patch((SELECT addresses FROM profiles WHERE seq = ?1), addresses),
             consent = json_patch((SELECT consent FROM profiles WHERE seq = ?1), consent),
             time_zone = coalesce(time_zone, (SELECT time_zone FROM profiles WHERE seq = ?1))
             WHERE seq = ?2",
        "DELETE FROM profiles WHERE seq = ?1 AND ?2 > 0",
        "UPDATE engine_state SET epoch = epoch + 1 WHERE ?1 > 0 AND ?2 > 0",
    ] {
        sqlx::query(statement).bind(from).bind(into).execute(&mut *connection).await?;
    }
    sqlx::query("UPDATE profiles SET properties = ?2 WHERE seq = ?1")
        .bind(into)
        .bind(to_json(&properties)?)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

async fn merged_properties(
    connection: &mut SqliteConnection,
    from: ProfileKey,
    into: ProfileKey,
) -> StoreResult<Properties> {
    let mut of = HashMap::new();
    let rows: Vec<(ProfileKey, String)> =
        sqlx::query_as("SELECT seq, properties FROM profiles WHERE seq IN (?1, ?2)")
            .bind(from)
            .bind(into)
            .fetch_all(connection)
            .await?;
    for (profile, text) in rows {
        of.insert(profile, json::<Properties>(&text, "properties")?);
    }
    let mut kept = of.remove(&into).unwrap_or_default();
    merge_profiles(&mut kept, of.remove(&from).unwrap_or_default());
    Ok(kept)
}

/// Forgets everything that was about them; the counts of journeys keep their trips.
pub async fn forget(
    connection: &mut SqliteConnection,
    profile: ProfileKey,
    now: Timestamp,
) -> StoreResult<()> {
    end_trips(connection, "profile = ?1 AND state = 0 AND ?2 > 0", profile, profile, now).await?;
    for statement in [
        "DELETE FROM steps WHERE enrolment IN (SELECT seq FROM enrolments WHERE profile = ?1)",
        "DELETE FROM message_events WHERE pending = 0 AND message IN (SELECT seq FROM outbox
         WHERE profile = ?1)",
        "UPDATE message_events SET detail = NULL WHERE message IN (SELECT seq FROM outbox
         WHERE profile = ?1)",
        // A reason may repeat what was sent to them: their address, their values. The receiver of
        // a webhook may be made for each person.
        "UPDATE outbox SET profile = NULL, reason = NULL, receiver = '' WHERE profile = ?1",
        "UPDATE enrolments SET profile = NULL, entry_properties = NULL, wait_until = NULL, due_at
            = NULL,
             state = iif(state = 0, (SELECT coalesce(v.emptied, 5) FROM versions v
             WHERE v.seq = enrolments.version), state)
             WHERE profile = ?1",
        "DELETE FROM aliases WHERE profile = ?1",
        "DELETE FROM events WHERE profile = ?1",
        "DELETE FROM list_members WHERE profile = ?1",
        "DELETE FROM met_criteria WHERE profile = ?1",
        "DELETE FROM profile_changes WHERE profile = ?1",
        "DELETE FROM contact_changes WHERE profile = ?1",
        "DELETE FROM refusals WHERE profile = ?1",
        "DELETE FROM profiles WHERE seq = ?1",
        "UPDATE engine_state SET epoch = epoch + 1 WHERE ?1 > 0",
    ] {
        sqlx::query(statement).bind(profile).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Ends live trips as force-exited, with the counts and the queued messages that belong to them.
/// Trips of versions that were stopped or left were counted when that happened.
async fn end_trips(
    connection: &mut SqliteConnection,
    which: &'static str,
    first: ProfileKey,
    second: ProfileKey,
    now: Timestamp,
) -> StoreResult<()> {
    let ending: Vec<(i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT e.seq, e.version, e.node FROM enrolments e JOIN versions v ON v.seq = e.version
         WHERE v.emptied IS NULL AND e.seq IN (SELECT seq FROM enrolments WHERE {which})"
    )))
    .bind(first)
    .bind(second)
    .fetch_all(&mut *connection)
    .await?;
    for (trip, version, node) in ending {
        let cancelled = sqlx::query(
            "UPDATE outbox SET state = 3, settled_at = ?2 WHERE enrolment = ?1 AND state = 0",
        )
        .bind(trip)
        .bind(now.0)
        .execute(&mut *connection)
        .await?
        .rows_affected()
        .cast_signed();
        sqlx::query(
            "UPDATE enrolments SET state = ?2, ended_at = ?3, wait_until = NULL, due_at =
            NULL WHERE seq = ?1",
        )
        .bind(trip)
        .bind(ExitReason::ForceExited.code())
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "UPDATE versions SET inside = inside - 1, force_exited = force_exited + 1, queued =
                queued - ?2,
                    cancelled = cancelled + ?2 WHERE seq = ?1",
        )
        .bind(version)
        .bind(cancelled)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "INSERT INTO node_figures (version, node, outlet, count)
                VALUES (?1, ?2, '!force_exited', 1)
             ON CONFLICT DO UPDATE SET count = count + 1",
        )
        .bind(version)
        .bind(&node)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
