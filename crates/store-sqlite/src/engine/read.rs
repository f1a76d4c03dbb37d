//! What the engine reads, in sets: a statement is about thousands of people.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures::TryStreamExt;
use sqlx::FromRow;

use super::past_events;
use crate::{
    SqliteStore,
    rows::{json, to_json},
};
use wayfare_domain::{
    engine::entry::EnrolmentHistory,
    messages::event::MessageEventKind,
    profiles::{Profile, Properties},
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{
        ActiveEnrolment, EntryRunProgress, JourneyKey, PendingMessageEvent, ProfileKey,
        ProfileNeeds, ProjectKey, QueuedMessage, StoredEvent, VersionKey,
    },
};

#[derive(FromRow)]
struct EventRow {
    seq: i64,
    project: i64,
    profile: i64,
    name: i64,
    at: i64,
    received_at: i64,
    properties: Option<String>,
}

/// After so many bytes of properties a round takes no further events: reading them takes a multiple.
const ROUND_BYTES: usize = 8 * 1024 * 1024;

/// Events in the order in which they came: at most `limit`, and fewer where they are large, but at
/// least one where there is any.
pub async fn events_after(
    store: &SqliteStore,
    cursor: i64,
    limit: i64,
) -> StoreResult<Vec<StoredEvent>> {
    let mut rows = sqlx::query_as(
        "SELECT seq, project, profile, name, at, received_at, properties FROM events WHERE seq > ?
         ORDER BY seq LIMIT ?",
    )
    .bind(cursor)
    .bind(limit)
    .fetch(&store.readers);
    let event = |row: EventRow| StoredEvent {
        seq: row.seq,
        project: row.project,
        profile: row.profile,
        name: row.name,
        at: Timestamp(row.at),
        received_at: Timestamp(row.received_at),
        properties: row.properties,
    };
    let (mut events, mut bytes) = (Vec::new(), 0);
    while bytes < ROUND_BYTES
        && let Some(row) = rows.try_next().await?
    {
        let row: EventRow = row;
        bytes += row.properties.as_ref().map_or(0, String::len);
        events.push(event(row));
    }
    Ok(events)
}

/// The columns of a [`ProfileRow`].
pub const PROFILE_COLUMNS: &str =
    "p.seq, p.identity, p.properties, p.addresses, p.consent, p.time_zone";

#[derive(FromRow)]
pub struct ProfileRow {
    pub seq: i64,
    pub identity: Option<String>,
    pub properties: String,
    pub addresses: String,
    pub consent: String,
    pub time_zone: Option<String>,
}

impl ProfileRow {
    pub fn into_profile(self) -> StoreResult<Profile> {
        let short =
            |text: &str, what| if text == "{}" { Ok(BTreeMap::new()) } else { json(text, what) };
        Ok(Profile {
            seq: self.seq,
            identity: self.identity,
            properties: json(&self.properties, "properties")?,
            addresses: short(&self.addresses, "addresses")?,
            consent: if self.consent == "{}" {
                BTreeMap::new()
            } else {
                json(&self.consent, "consent")?
            },
            time_zone: self.time_zone,
            ..Profile::default()
        })
    }
}

pub async fn people(
    store: &SqliteStore,
    profiles: &[ProfileKey],
    needs: &ProfileNeeds,
) -> StoreResult<HashMap<ProfileKey, Profile>> {
    if profiles.is_empty() {
        return Ok(HashMap::new());
    }
    let chosen = to_json(&profiles)?;
    let mut people = if needs.profile {
        whole_people(store, &chosen).await?
    } else {
        bare_people(store, &chosen).await?
    };
    if !needs.events.is_empty() {
        past_events::load(store, &chosen, needs, &mut people).await?;
    }
    if needs.lists {
        load_lists(store, &chosen, &mut people).await?;
    }
    Ok(people)
}

async fn whole_people(
    store: &SqliteStore,
    chosen: &str,
) -> StoreResult<HashMap<ProfileKey, Profile>> {
    let rows: Vec<ProfileRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {PROFILE_COLUMNS} FROM json_each(?1) chosen CROSS JOIN profiles p
         ON p.seq = chosen.value"
    )))
    .bind(chosen)
    .fetch_all(&store.readers)
    .await?;
    // Someone who cannot be read stays where they are; everybody else goes on.
    let readable = |row: ProfileRow| {
        let seq = row.seq;
        let profile = row.into_profile();
        profile
            .inspect_err(|error| tracing::error!(profile = seq, %error, "engine.unreadable_person"))
            .ok()
    };
    Ok(rows.into_iter().filter_map(readable).map(|profile| (profile.seq, profile)).collect())
}

/// Those who exist, where nothing else is asked of them.
async fn bare_people(
    store: &SqliteStore,
    chosen: &str,
) -> StoreResult<HashMap<ProfileKey, Profile>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT p.seq FROM json_each(?1) chosen CROSS JOIN profiles p ON p.seq = chosen.value",
    )
    .bind(chosen)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(seq,)| (seq, Profile { seq, ..Profile::default() })).collect())
}

async fn load_lists(
    store: &SqliteStore,
    chosen: &str,
    people: &mut HashMap<ProfileKey, Profile>,
) -> StoreResult<()> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT m.profile, l.name FROM json_each(?1) chosen CROSS JOIN list_members m
            ON m.profile = chosen.value
         CROSS JOIN lists l ON l.id = m.list",
    )
    .bind(chosen)
    .fetch_all(&store.readers)
    .await?;
    for (profile, list) in rows {
        if let Some(person) = people.get_mut(&profile) {
            person.lists.insert(list);
        }
    }
    Ok(())
}

/// Properties as they are stored: null where there are none.
pub fn parse_properties(text: Option<&str>) -> StoreResult<Properties> {
    text.map_or_else(|| Ok(Properties::new()), |text| json(text, "properties"))
}

/// The columns of a [`LiveRow`]; `e` is the enrolment.
const LIVE_COLUMNS: &str =
    "e.seq, e.journey, e.version, e.profile, e.node, e.visit, e.entered_at, \
    e.began_at, e.wait_until,
    e.due_at, e.awaits, e.entry_properties";

#[derive(FromRow)]
struct LiveRow {
    seq: i64,
    journey: i64,
    version: i64,
    profile: i64,
    node: String,
    visit: i64,
    entered_at: i64,
    began_at: i64,
    wait_until: Option<i64>,
    due_at: Option<i64>,
    awaits: bool,
    entry_properties: Option<String>,
}

impl From<LiveRow> for ActiveEnrolment {
    fn from(row: LiveRow) -> Self {
        Self {
            seq: row.seq,
            journey: row.journey,
            version: row.version,
            profile: row.profile,
            node: row.node,
            visit: row.visit,
            entered_at: Timestamp(row.entered_at),
            began_at: Timestamp(row.began_at),
            wait_until: row.wait_until.map(Timestamp),
            due_at: row.due_at.map(Timestamp),
            awaits: row.awaits,
            entry_properties: row.entry_properties,
        }
    }
}

pub async fn live(
    store: &SqliteStore,
    profiles: &[ProfileKey],
    versions: &[VersionKey],
) -> StoreResult<Vec<ActiveEnrolment>> {
    if profiles.is_empty() || versions.is_empty() {
        return Ok(Vec::new());
    }
    // A person is in few journeys: from the profile to its journeys, whatever the number of
    // journeys.
    let rows: Vec<LiveRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {LIVE_COLUMNS} FROM json_each(?1) chosen CROSS JOIN enrolments e
            INDEXED BY enrolments_of_profile
             ON e.profile = chosen.value
         WHERE e.state = 0 AND e.version IN (SELECT value FROM json_each(?2))"
    )))
    .bind(to_json(&profiles)?)
    .bind(to_json(&versions)?)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(ActiveEnrolment::from).collect())
}

/// Numbers as `json_each` reads them best: a plain list. Pairs would have to be taken apart again
/// for each row; asking for everybody in everything finds a few rows more than were asked for,
/// which does no harm.
fn distinct(numbers: impl Iterator<Item = i64>) -> StoreResult<String> {
    to_json(&numbers.collect::<BTreeSet<i64>>())
}

pub async fn histories(
    store: &SqliteStore,
    pairs: &[(JourneyKey, ProfileKey)],
) -> StoreResult<HashMap<(JourneyKey, ProfileKey), EnrolmentHistory>> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    // Inside of a version that was stopped or left is no one, whatever the row still says until it
    // is swept.
    type Row = (i64, i64, bool, Option<i64>, Option<i64>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT e.journey, e.profile, max(e.state = 0 AND v.emptied IS NULL),
                max(coalesce(e.ended_at, v.left_at, e.entered_at)), max(e.entered_at)
         FROM json_each(?1) chosen CROSS JOIN enrolments e INDEXED BY enrolments_of_profile
              ON e.profile = chosen.value AND e.journey IN (SELECT value FROM json_each(?2))
              CROSS JOIN versions v ON v.seq = e.version
         GROUP BY e.journey, e.profile",
    )
    .bind(distinct(pairs.iter().map(|(_, profile)| *profile))?)
    .bind(distinct(pairs.iter().map(|(journey, _)| *journey))?)
    .fetch_all(&store.readers)
    .await?;
    let histories = rows.into_iter().map(|(journey, profile, is_enrolled, left, entered)| {
        let (left_at, entered_at) = (left.map(Timestamp), entered.map(Timestamp));
        ((journey, profile), EnrolmentHistory { is_enrolled, left_at, entered_at })
    });
    Ok(histories.collect())
}

pub async fn matching_before(
    store: &SqliteStore,
    pairs: &[(VersionKey, ProfileKey)],
) -> StoreResult<HashSet<(VersionKey, ProfileKey)>> {
    if pairs.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT m.version, m.profile FROM json_each(?1) chosen CROSS JOIN met_criteria m
            INDEXED BY met_criteria_of_profile
             ON m.profile = chosen.value AND m.version IN (SELECT value FROM json_each(?2))",
    )
    .bind(distinct(pairs.iter().map(|(_, profile)| *profile))?)
    .bind(distinct(pairs.iter().map(|(version, _)| *version))?)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().collect())
}

pub async fn due_enrolments(
    store: &SqliteStore,
    after: Option<Timestamp>,
    until: Timestamp,
    limit: i64,
) -> StoreResult<Vec<ActiveEnrolment>> {
    let rows: Vec<LiveRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {LIVE_COLUMNS} FROM enrolments e INDEXED BY enrolments_due
         WHERE e.due_at > ?3 AND e.due_at <= ?1 AND e.profile IS NOT NULL ORDER BY e.due_at
         LIMIT ?2"
    )))
    .bind(until.0)
    .bind(limit)
    .bind(after.map_or(i64::MIN, |after| after.0))
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(ActiveEnrolment::from).collect())
}

pub async fn next_due(
    store: &SqliteStore,
    after: Option<Timestamp>,
) -> StoreResult<Option<Timestamp>> {
    let (due,): (Option<i64>,) = sqlx::query_as(
        "SELECT min(due_at) FROM enrolments WHERE due_at IS NOT NULL AND due_at > ?",
    )
    .bind(after.map_or(i64::MIN, |after| after.0))
    .fetch_one(&store.readers)
    .await?;
    Ok(due.map(Timestamp))
}

#[derive(FromRow)]
struct QueuedRow {
    message: i64,
    channel: String,
    message_node: String,
    message_visit: i64,
    inside: bool,
    #[sqlx(flatten)]
    live: LiveRow,
}

/// In the order in which they were written; messages of versions that were stopped or left are not
/// handed out. Those of people who were forgotten are no one's.
pub async fn queued_test_messages(
    store: &SqliteStore,
    after: i64,
    limit: i64,
) -> StoreResult<Vec<QueuedMessage>> {
    let columns = LIVE_COLUMNS.replace("e.profile", "coalesce(e.profile, 0) AS profile");
    let rows: Vec<QueuedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT o.seq AS message, o.channel, o.node AS message_node, o.visit AS message_visit,
                e.state = 0 AND e.profile IS NOT NULL AS inside, {columns}
         FROM outbox o INDEXED BY outbox_queued CROSS JOIN enrolments e ON e.seq = o.enrolment
              CROSS JOIN versions v ON v.seq = o.version
         WHERE o.state = 0 AND o.lane = 0 AND o.seq > ?1 AND v.emptied IS NULL ORDER BY o.seq
         LIMIT ?2"
    )))
    .bind(after)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let message = |row: QueuedRow| QueuedMessage {
        seq: row.message,
        channel: row.channel,
        node: row.message_node,
        visit: row.message_visit,
        inside: row.inside,
        enrolment: row.live.into(),
    };
    Ok(rows.into_iter().map(message).collect())
}

#[derive(FromRow)]
struct AnswerRow {
    message: i64,
    what: i64,
    message_node: String,
    message_visit: i64,
    inside: bool,
    #[sqlx(flatten)]
    live: LiveRow,
}

/// In the order in which it happened. Of a person who was forgotten, and in a stopped version, it
/// moves no one.
pub async fn pending_message_events(
    store: &SqliteStore,
    limit: i64,
) -> StoreResult<Vec<PendingMessageEvent>> {
    let columns = LIVE_COLUMNS.replace("e.profile", "coalesce(e.profile, 0) AS profile");
    let rows: Vec<AnswerRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT m.message, m.what, o.node AS message_node, o.visit AS message_visit,
                e.state = 0 AND v.emptied IS NULL AND e.profile IS NOT NULL AS inside, {columns}
         FROM message_events m INDEXED BY message_events_pending CROSS JOIN outbox o
         ON o.seq = m.message
              CROSS JOIN enrolments e ON e.seq = o.enrolment CROSS JOIN versions v
              ON v.seq = o.version
         WHERE m.pending = 1 ORDER BY m.at, m.message LIMIT ?1"
    )))
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let answer = |row: AnswerRow| {
        Some(PendingMessageEvent {
            message: row.message,
            fate: MessageEventKind::from_code(row.what)?,
            node: row.message_node,
            visit: row.message_visit,
            inside: row.inside,
            enrolment: row.live.into(),
        })
    };
    Ok(rows.into_iter().filter_map(answer).collect())
}

pub async fn profile_changes(
    store: &SqliteStore,
    limit: i64,
) -> StoreResult<Vec<(i64, ProjectKey, ProfileKey)>> {
    Ok(sqlx::query_as("SELECT seq, project, profile FROM profile_changes ORDER BY seq LIMIT ?")
        .bind(limit)
        .fetch_all(&store.readers)
        .await?)
}

pub async fn runs_of(
    store: &SqliteStore,
    versions: &[VersionKey],
) -> StoreResult<HashMap<VersionKey, EntryRunProgress>> {
    if versions.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT r.version, r.run_at, r.last_profile FROM json_each(?1) chosen CROSS
         JOIN segment_runs r ON r.version = chosen.value",
    )
    .bind(to_json(&versions)?)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(version, at, last)| (version, (Timestamp(at), last))).collect())
}
