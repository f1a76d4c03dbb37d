//! Profiles that records change: read, changed by the rules of
//! `crates/domain/src/profiles/update.rs`, and written back.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;

use super::{
    contact_changes::{self, NewContactChange},
    ingest::AskedAgain,
    of_browser,
};
use crate::{
    bulk_statement::BulkStatement,
    engine::profiles::{PROFILE_COLUMNS, ProfileRow},
    error::SqliteResult,
    rows::to_json,
};
use wayfare_domain::{
    ids::{ProfileKey, ProjectKey},
    profiles::{
        identity::ResolvedProfiles,
        ingest_record::{ProfileUpdate, RecordPayload},
        resolved_record::ResolvedRecord,
        sender::{Ignored, IgnoredReason},
        update::{ProfileDraft, WATCHING_CHANGES},
    },
    time::Timestamp,
};
use wayfare_store::outbox::ChangedPerson;

/// The records that change a profile, each with what it says of it.
fn changes<'a>(
    records: &'a [ResolvedRecord<'a>],
) -> impl Iterator<Item = (&'a ResolvedRecord<'a>, Option<&'a ProfileUpdate>)> {
    records.iter().filter_map(|record| match &*record.what {
        RecordPayload::Change(change) => Some((record, Some(change))),
        _ => record.naming.map(|_| (record, None)),
    })
}

/// Applies what records say of people. Answers what found no room, by batch.
pub async fn apply(
    connection: &mut SqliteConnection,
    records: &[ResolvedRecord<'_>],
    resolved: &ResolvedProfiles<'_>,
    asked_again: &mut AskedAgain,
    now: Timestamp,
) -> SqliteResult<Vec<(usize, Ignored)>> {
    let mut drafts = read(connection, records, resolved).await?;
    let mut without_room = Vec::new();
    if drafts.is_empty() {
        return Ok(without_room);
    }
    let mut traces = Vec::new();
    for (record, change) in changes(records) {
        let ResolvedRecord { project, profile, sender, .. } = *record;
        let (source, by) = (sender.source.contact(), Some(sender.by));
        let trace = |change| {
            traces.push(NewContactChange { project, profile, change, source, by });
        };
        let draft = drafts.entry(profile).or_default();
        let fields = draft.apply_record(sender.trust, record.naming, change, trace);
        if !fields.is_empty() {
            let reason = IgnoredReason::ProfileFull;
            without_room.push((record.batch, Ignored { record: record.place, fields, reason }));
        }
    }
    for (profile, draft) in drafts.iter().filter(|(_, draft)| !draft.withdrawn.is_empty()) {
        let channels = draft.withdrawn.iter();
        let withdrawn = channels.map(|channel| ChangedPerson::withdrawn(*profile, Some(*channel)));
        asked_again.entry(*profile).or_default().extend(withdrawn);
    }
    write_profiles(connection, &drafts, now).await?;
    of_browser::write(connection, &drafts).await?;
    contact_changes::insert(connection, &traces, now).await?;
    Ok(without_room)
}

/// Those who change, as they are.
async fn read(
    connection: &mut SqliteConnection,
    records: &[ResolvedRecord<'_>],
    resolved: &ResolvedProfiles<'_>,
) -> SqliteResult<HashMap<ProfileKey, ProfileDraft>> {
    let mut drafts: HashMap<ProfileKey, ProfileDraft> = HashMap::new();
    for (record, _) in changes(records) {
        drafts.entry(record.profile).or_insert_with(|| ProfileDraft::new(record.project));
    }
    if drafts.is_empty() {
        return Ok(drafts);
    }
    let new: HashSet<ProfileKey> = resolved.new.iter().map(|(profile, _)| *profile).collect();
    let known: Vec<&ProfileKey> = drafts.keys().filter(|profile| !new.contains(*profile)).collect();
    if !known.is_empty() {
        let rows: Vec<ProfileRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT {PROFILE_COLUMNS} FROM json_each(?1) chosen CROSS JOIN profiles p
             ON p.key = chosen.value"
        )))
        .bind(to_json(&known)?)
        .fetch_all(&mut *connection)
        .await?;
        for row in rows {
            let profile = row.into_profile()?;
            if let Some(draft) = drafts.get_mut(&profile.seq) {
                *draft = ProfileDraft::of_known(draft.project, profile);
            }
        }
    }
    of_browser::read(connection, &resolved.of_browser, &mut drafts).await?;
    Ok(drafts)
}

async fn write_profiles(
    connection: &mut SqliteConnection,
    changed: &HashMap<ProfileKey, ProfileDraft>,
    now: Timestamp,
) -> SqliteResult<()> {
    static WRITE: BulkStatement = BulkStatement::new(
        "UPDATE profiles SET properties = c.column2, addresses = c.column3, consent = c.column4,
            time_zone = c.column5,
                        updated_at = c.column6 FROM (VALUES",
        6,
        ") c WHERE profiles.key = c.column1",
    );
    let rows: Vec<_> = changed
        .iter()
        .map(|(profile, person)| {
            let texts = (
                to_json(&person.properties)?,
                to_json(&person.addresses)?,
                to_json(&person.consent)?,
            );
            Ok((profile, texts, person.time_zone.as_deref()))
        })
        .collect::<SqliteResult<_>>()?;
    WRITE
        .run(connection, rows, |query, (profile, (properties, addresses, consent), zone)| {
            query
                .bind(profile.0)
                .bind(properties)
                .bind(addresses)
                .bind(consent)
                .bind(zone)
                .bind(now.0)
        })
        .await?;
    record_profile_changes(
        connection,
        changed.iter().map(|(profile, person)| (person.project, *profile)),
    )
    .await
}

/// Lets the engine look at people who changed: only where a journey lets people in by what they
/// are.
pub async fn record_profile_changes(
    connection: &mut SqliteConnection,
    changed: impl Iterator<Item = (ProjectKey, ProfileKey)>,
) -> SqliteResult<()> {
    static NOTICE: BulkStatement =
        BulkStatement::new("INSERT INTO profile_changes (project_key, profile_key) VALUES", 2, "");
    let (status, entry_type) = WATCHING_CHANGES;
    let (looked_at,): (bool,) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM versions WHERE status = ?1 AND entry_type = ?2)",
    )
    .bind(status.code())
    .bind(entry_type.code())
    .fetch_one(&mut *connection)
    .await?;
    if looked_at {
        NOTICE
            .run(connection, changed, |query, (project, profile)| {
                query.bind(project.0).bind(profile.0)
            })
            .await?;
    }
    Ok(())
}
