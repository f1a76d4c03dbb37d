//! Records become profiles and events: one transaction for as many senders as are waiting, a fixed
//! number of statements for as many records as there are.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
};

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use super::{
    contact_changes::{self, NewContactChange},
    identity::{ResolvedProfiles, resolve},
    merge,
    of_browser::{self, Naming, OfBrowser},
};
use crate::{
    SqliteStore,
    bulk_statement::BulkStatement,
    engine::read::{PROFILE_COLUMNS, ProfileRow},
    rows::to_json,
    write_queue::Urgency,
};
use wayfare_domain::{
    ids::ProjectId,
    messages::suppression::AddressKind,
    profiles::{
        Properties,
        contact::FieldChange,
        ingest_record::{NewEvent, ProfileUpdate, RecordPayload, merge_properties},
        profile::{Channel, event_key},
        sender::{Batch, Ignored, IgnoredReason, Sender, Trust, of_known_person},
    },
    time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    engine::{ProfileKey, ProjectKey},
    outbox::ChangedPerson,
    profiles::Ingested,
};

/// In front of a browser's message ids. No project's number begins so: 2^63 and more are none.
const OF_BROWSERS: [u8; 8] = [0xff; 8];

/// A record with the person that it is about, and as much of it as its sender may say.
pub struct ResolvedRecord<'a> {
    pub project: ProjectKey,
    pub profile: ProfileKey,
    /// The place of its batch, and whose that is.
    pub batch: usize,
    /// Its own place in the batch.
    pub place: usize,
    pub sender: Sender,
    /// A trusted sender names somebody of whom a browser said something.
    naming: Option<Naming>,
    pub what: Cow<'a, RecordPayload>,
}

pub async fn ingest(
    store: &SqliteStore,
    batches: &[Batch],
    now: Timestamp,
) -> StoreResult<Vec<Ingested>> {
    let result = write(store, batches, now).await;
    if result.is_err() {
        store.numbers().forget_names();
    }
    result
}

async fn write(
    store: &SqliteStore,
    batches: &[Batch],
    now: Timestamp,
) -> StoreResult<Vec<Ingested>> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let connection = &mut *transaction;
    let mut numbered: Vec<(ProjectKey, &Batch)> = Vec::with_capacity(batches.len());
    for batch in batches {
        numbered.push((project_number(store, connection, batch.project).await?, batch));
    }
    let resolved = resolve(connection, &numbered, now).await?;
    let mut asked_again = AskedAgain::new();
    for (from, into) in &resolved.merges {
        asked_again
            .entry(*into)
            .or_default()
            .extend(merge::changed_facts(connection, *from, *into).await?);
        merge::merge(connection, *from, *into, now).await?;
    }
    let (addressed, mut ignored) = address(&numbered, &resolved);
    let without_room =
        change_profiles(connection, &addressed, &resolved, &mut asked_again, now).await?;
    for (batch, left) in without_room {
        ignored[batch].push(left);
    }
    insert_events(store, connection, &addressed, now).await?;
    join_lists(connection, &addressed, now).await?;
    store.merges.note(&resolved.merges);
    transaction.commit().await?;
    Ok(by_sender(ignored, &addressed, &asked_again))
}

/// What changed that send rules ask for, by the person that records are about.
type AskedAgain = HashMap<ProfileKey, Vec<ChangedPerson>>;

/// The same by sender; nearly always there is nothing.
fn by_sender(
    ignored: Vec<Vec<Ignored>>,
    addressed: &[ResolvedRecord<'_>],
    asked_again: &AskedAgain,
) -> Vec<Ingested> {
    let mut ingested: Vec<Ingested> =
        ignored.into_iter().map(|ignored| Ingested { ignored, ..Ingested::default() }).collect();
    if asked_again.is_empty() {
        return ingested;
    }
    let about: HashSet<(usize, ProfileKey)> =
        addressed.iter().map(|record| (record.batch, record.profile)).collect();
    for (batch, profile) in about {
        if let (Some(ingested), Some(people)) = (ingested.get_mut(batch), asked_again.get(&profile))
        {
            ingested.changed.people.extend(people);
        }
    }
    ingested
}

async fn project_number(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    project: ProjectId,
) -> StoreResult<ProjectKey> {
    let known = store.numbers().project(project);
    if let Some(number) = known {
        return Ok(number);
    }
    let row: Option<(i64,)> = sqlx::query_as("SELECT number FROM projects WHERE id = ?")
        .bind(project.0)
        .fetch_optional(connection)
        .await?;
    let (number,) = row.ok_or(StoreError::NotFound("project"))?;
    store.numbers().learn_project(project, number);
    Ok(number)
}

/// Gives each record to its person, and takes out of it what its sender may not say of them.
fn address<'a>(
    batches: &[(ProjectKey, &'a Batch)],
    resolved: &ResolvedProfiles,
) -> (Vec<ResolvedRecord<'a>>, Vec<Vec<Ignored>>) {
    let mut addressed = Vec::with_capacity(resolved.profiles.len());
    let mut found = resolved.profiles.iter();
    let mut all_ignored = Vec::with_capacity(batches.len());
    for (number, (project, batch)) in batches.iter().enumerate() {
        let mut ignored = Vec::new();
        for ((place, record), one) in batch.records.iter().enumerate().zip(&mut found) {
            // Someone that a later record of the batch merged is the one they were merged into.
            let mut profile = one.profile;
            while let Some((_, into)) = resolved.merges.iter().find(|(from, _)| *from == profile) {
                profile = *into;
            }
            let known = one.known || (profile != one.profile && resolved.is_known(profile, number));
            let what = if known && batch.sender.trust == Trust::Browser {
                let (rest, fields) = of_known_person(&record.what);
                if !fields.is_empty() {
                    let reason = IgnoredReason::BrowserKey;
                    ignored.push(Ignored { record: place, fields, reason });
                }
                rest.map(Cow::Owned)
            } else {
                Some(Cow::Borrowed(&record.what))
            };
            let names = batch.sender.trust == Trust::Full
                && record.who.identity.is_some()
                && resolved.of_browser.contains(&profile);
            let naming = names.then_some(if one.known { Naming::Squatted } else { Naming::Joined });
            addressed.extend(what.map(|what| ResolvedRecord {
                project: *project,
                profile,
                batch: number,
                place,
                sender: batch.sender,
                naming,
                what,
            }));
        }
        all_ignored.push(ignored);
    }
    (addressed, all_ignored)
}

#[derive(Default)]
pub(super) struct ProfileDraft {
    project: ProjectKey,
    pub(super) properties: Properties,
    pub(super) addresses: BTreeMap<String, String>,
    pub(super) consent: BTreeMap<String, bool>,
    time_zone: Option<String>,
    /// They were there before these records: what becomes of their addresses and consent is kept.
    known: bool,
    /// Channels by which nothing may go out any more as it was prepared.
    pub(super) withdrawn: Vec<Channel>,
    pub(super) of_browser: OfBrowser,
}

impl ProfileDraft {
    /// What a consent that is withdrawn, and an address that is another one, mean for messages in
    /// hand.
    fn note_withdrawn(&mut self, change: &ProfileUpdate) {
        for (key, address) in &change.addresses {
            let other =
                self.addresses.get(key).is_some_and(|known| Some(known) != address.as_ref());
            if other && let Some(kind) = AddressKind::from_key(key) {
                self.withdrawn.extend(kind.channels());
            }
        }
        for (channel, wanted) in &change.consent {
            if !wanted && self.consent.get(channel) != Some(&false) {
                self.withdrawn.extend(Channel::from_key(channel));
            }
        }
    }

    /// Answers the names of new properties that found no room.
    fn apply(&mut self, change: &ProfileUpdate, mut trace: impl FnMut(FieldChange)) -> Vec<String> {
        self.note_withdrawn(change);
        let without_room = merge_properties(&mut self.properties, &change.properties);
        for (key, address) in &change.addresses {
            if self.known {
                let before = self.addresses.get(key).map(String::as_str);
                FieldChange::of_address(key, before, address.as_deref())
                    .into_iter()
                    .for_each(&mut trace);
            }
            match address {
                Some(address) => self.addresses.insert(key.clone(), address.clone()),
                None => self.addresses.remove(key),
            };
        }
        for (channel, wanted) in &change.consent {
            let before = self.consent.insert(channel.clone(), *wanted);
            if self.known {
                FieldChange::of_consent(channel, before, *wanted).into_iter().for_each(&mut trace);
            }
        }
        if let Some(zone) = &change.time_zone {
            self.time_zone = Some(zone.clone());
        }
        without_room
    }
}

/// Reads those that change, changes them here, and writes them back.
async fn change_profiles(
    connection: &mut SqliteConnection,
    records: &[ResolvedRecord<'_>],
    resolved: &ResolvedProfiles,
    asked_again: &mut AskedAgain,
    now: Timestamp,
) -> StoreResult<Vec<(usize, Ignored)>> {
    let new = &resolved.new;
    let changes = || {
        records.iter().filter_map(|record| match &*record.what {
            RecordPayload::Change(change) => Some((record, Some(change))),
            _ => record.naming.map(|_| (record, None)),
        })
    };
    let mut changed: HashMap<ProfileKey, ProfileDraft> = HashMap::new();
    for (record, _) in changes() {
        changed.entry(record.profile).or_default().project = record.project;
    }
    let mut without_room = Vec::new();
    if changed.is_empty() {
        return Ok(without_room);
    }
    let known: Vec<&ProfileKey> =
        changed.keys().filter(|profile| !new.contains(*profile)).collect();
    if !known.is_empty() {
        let rows: Vec<ProfileRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT {PROFILE_COLUMNS} FROM json_each(?1) chosen CROSS JOIN profiles p
             ON p.seq = chosen.value"
        )))
        .bind(to_json(&known)?)
        .fetch_all(&mut *connection)
        .await?;
        for row in rows {
            let profile = row.into_profile()?;
            if let Some(person) = changed.get_mut(&profile.seq) {
                let project = person.project;
                *person = ProfileDraft {
                    project,
                    properties: profile.properties,
                    addresses: profile.addresses,
                    consent: profile.consent,
                    time_zone: profile.time_zone,
                    known: true,
                    ..ProfileDraft::default()
                };
            }
        }
    }
    of_browser::read(connection, &resolved.of_browser, &mut changed).await?;
    let mut traces = Vec::new();
    for (record, change) in changes() {
        let (project, profile, sender) = (record.project, record.profile, record.sender);
        let mut trace = |change| {
            traces.push(NewContactChange {
                project,
                profile,
                change,
                source: sender.source.contact(),
                by: Some(sender.by),
            });
        };
        let person = changed.entry(profile).or_default();
        match record.naming {
            Some(Naming::Squatted) => person.drop_what_a_browser_said(change, &mut trace),
            Some(Naming::Joined) => person.of_browser.accept(),
            None => {}
        }
        let Some(change) = change else { continue };
        person.note_sender(sender.trust, change);
        let fields = person.apply(change, trace);
        if !fields.is_empty() {
            let reason = IgnoredReason::ProfileFull;
            without_room.push((record.batch, Ignored { record: record.place, fields, reason }));
        }
    }
    // Nothing is in hand for someone new.
    for (profile, person) in changed
        .iter()
        .filter(|(profile, person)| !person.withdrawn.is_empty() && !new.contains(*profile))
    {
        let withdrawn = person
            .withdrawn
            .iter()
            .map(|channel| ChangedPerson::withdrawn(*profile, Some(*channel)));
        asked_again.entry(*profile).or_default().extend(withdrawn);
    }
    write_profiles(connection, &changed, now).await?;
    of_browser::write(connection, &changed).await?;
    contact_changes::insert(connection, &traces, now).await?;
    Ok(without_room)
}

async fn write_profiles(
    connection: &mut SqliteConnection,
    changed: &HashMap<ProfileKey, ProfileDraft>,
    now: Timestamp,
) -> StoreResult<()> {
    static WRITE: BulkStatement = BulkStatement::new(
        "UPDATE profiles SET properties = c.column2, addresses = c.column3, consent = c.column4,
            time_zone = c.column5,
                        updated_at = c.column6 FROM (VALUES",
        6,
        ") c WHERE profiles.seq = c.column1",
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
        .collect::<StoreResult<_>>()?;
    WRITE
        .run(connection, rows, |query, (profile, (properties, addresses, consent), zone)| {
            query
                .bind(profile)
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
) -> StoreResult<()> {
    static NOTICE: BulkStatement =
        BulkStatement::new("INSERT INTO profile_changes (project, profile) VALUES", 2, "");
    let (looked_at,): (bool,) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM versions WHERE status = 2 AND entry_type = 1)",
    )
    .fetch_one(&mut *connection)
    .await?;
    if looked_at {
        NOTICE
            .run(connection, changed, |query, (project, profile)| query.bind(project).bind(profile))
            .await?;
    }
    Ok(())
}

async fn insert_events(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    records: &[ResolvedRecord<'_>],
    now: Timestamp,
) -> StoreResult<()> {
    let events: Vec<(&ResolvedRecord<'_>, &NewEvent)> = records
        .iter()
        .filter_map(|record| {
            if let RecordPayload::Event(event) = &*record.what {
                Some((record, event))
            } else {
                None
            }
        })
        .collect();
    if events.is_empty() {
        return Ok(());
    }
    let names = name_numbers(store, connection, &events, now).await?;
    // A message id that was seen before is ignored.
    static INSERT: BulkStatement = BulkStatement::new(
        "INSERT INTO events (project, profile, name, at, received_at, message, properties) VALUES",
        7,
        " ON CONFLICT (message) WHERE message IS NOT NULL DO NOTHING",
    );
    let rows: Vec<_> = events
        .iter()
        .filter_map(|(record, event)| {
            let name = names.get(&(record.project, event.name.as_str()))?;
            let message = event
                .message_id
                .as_ref()
                .map(|id| message_key(record.project, record.sender.trust, id));
            let properties = Some(&event.properties)
                .filter(|properties| !properties.is_empty())
                .map(to_json)
                .transpose();
            Some(properties.map(|properties| (record, *name, event.at, message, properties)))
        })
        .collect::<StoreResult<_>>()?;
    INSERT
        .run(connection, rows, |query, (record, name, at, message, properties)| {
            let query =
                query.bind(record.project).bind(record.profile).bind(name).bind(at.0).bind(now.0);
            query.bind(message).bind(properties)
        })
        .await?;
    Ok(())
}

/// Under which number each name is kept; new names get one.
async fn name_numbers<'a>(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    events: &[(&ResolvedRecord<'_>, &'a NewEvent)],
    now: Timestamp,
) -> StoreResult<HashMap<(ProjectKey, &'a str), i64>> {
    let names: HashSet<(ProjectKey, &str)> =
        events.iter().map(|(record, event)| (record.project, event.name.as_str())).collect();
    let mut numbers = HashMap::with_capacity(names.len());
    for (project, name) in names {
        let known = store.numbers().name(project, name);
        let number = match known {
            Some(number) => number,
            None => name_number(store, connection, project, name, now).await?,
        };
        numbers.insert((project, name), number);
    }
    Ok(numbers)
}

/// Asks for a name that was not seen since the start, or gives it a number.
async fn name_number(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    project: ProjectKey,
    name: &str,
    now: Timestamp,
) -> StoreResult<i64> {
    let key = event_key(name);
    let known: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM event_names WHERE project = ? AND name_key = ?")
            .bind(project)
            .bind(&key)
            .fetch_optional(&mut *connection)
            .await?;
    if let Some((number,)) = known {
        store.numbers().insert_name(project, name, number);
        return Ok(number);
    }
    let (number,) = sqlx::query_as(
        "INSERT INTO event_names (project, name_key, name, created_at)
            VALUES (?, ?, ?, ?) RETURNING id",
    )
    .bind(project)
    .bind(&key)
    .bind(name)
    .bind(now.0)
    .fetch_one(connection)
    .await?;
    Ok(number)
}

/// 128 bits of project and message id: small in the index, and no one finds two that are the same.
/// What browsers send counts apart: a key that anyone can read makes no event of the project's
/// own systems a repetition. (Theirs stay as they were before that, so that what is on the disk is
/// known.)
fn message_key(project: ProjectKey, trust: Trust, message: &str) -> Vec<u8> {
    let mut digest = Sha256::new();
    if trust == Trust::Browser {
        digest.update(OF_BROWSERS);
    }
    digest.update(project.to_le_bytes());
    digest.update(message.as_bytes());
    digest.finalize()[..16].to_vec()
}

async fn join_lists(
    connection: &mut SqliteConnection,
    records: &[ResolvedRecord<'_>],
    now: Timestamp,
) -> StoreResult<()> {
    let rows: Vec<(ProjectKey, ProfileKey, &String)> = records
        .iter()
        .filter_map(|record| {
            if let RecordPayload::List(list) = &*record.what {
                Some((record.project, record.profile, list))
            } else {
                None
            }
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let rows = to_json(&rows)?;
    for statement in [
        "INSERT INTO lists (project, name, created_at) SELECT DISTINCT value ->> 0, value ->> 2, ?2
            FROM json_each(?1)
         WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO list_members (list, profile)
         SELECT l.id, c.value ->> 1 FROM json_each(?1) c CROSS JOIN lists l
         ON l.project = c.value ->> 0 AND l.name = c.value ->> 2
         WHERE ?2 IS NOT NULL ON CONFLICT DO NOTHING",
    ] {
        sqlx::query(statement).bind(&rows).bind(now.0).execute(&mut *connection).await?;
    }
    Ok(())
}
