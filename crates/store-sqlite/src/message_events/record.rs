//! What became of messages is written: a fixed number of statements for as many reports as came
//! together.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::{FromRow, SqliteConnection};

use super::{
    choices::{self, Choice},
    replies,
    suppressions::{self, NewSuppression},
};
use crate::{
    SqliteStore,
    bulk_statement::BulkStatement,
    profiles,
    rows::{json, to_json},
    write_queue::Urgency,
};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::{
    messages::{
        event::MessageEventKind,
        suppression::{AddressKind, SuppressionReason, is_opted_out},
    },
    profiles::{
        contact::{ContactSource, FieldChange},
        profile::Channel,
    },
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{ProfileKey, ProjectKey},
    message_events::{InboundBatch, NewMessageEvent},
    outbox::{ChangedFacts, ChangedPerson},
};

/// What the outbox says of a message.
#[derive(FromRow)]
struct OutboxRow {
    seq: i64,
    project: ProjectKey,
    /// None once they were forgotten.
    profile: Option<ProfileKey>,
    channel: String,
}

/// What their profile says of them.
pub struct ContactRow {
    pub addresses: BTreeMap<String, String>,
    pub consent: BTreeMap<String, bool>,
}

pub async fn report(
    store: &SqliteStore,
    told: &[InboundBatch],
    now: Timestamp,
) -> StoreResult<(u64, ChangedFacts)> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let connection = &mut *transaction;
    let mut fresh: Vec<&InboundBatch> = Vec::with_capacity(told.len());
    for one in told {
        if is_first(connection, one, now).await? {
            fresh.push(one);
        }
    }
    let reports: Vec<&NewMessageEvent> = fresh.iter().flat_map(|told| &told.reports).collect();
    let mut changed = ChangedFacts::default();
    let mut news = write(connection, &reports, &mut changed, now).await?;
    for (project, reply) in fresh.iter().flat_map(|told| &told.replies) {
        news += replies::carry_out(connection, *project, reply, &mut changed, now).await?;
    }
    transaction.commit().await?;
    Ok((news, changed))
}

/// False where the same was told before.
async fn is_first(
    connection: &mut SqliteConnection,
    told: &InboundBatch,
    now: Timestamp,
) -> StoreResult<bool> {
    let Some((project, receipt)) = &told.dedup_key else { return Ok(true) };
    let written = sqlx::query(
        "INSERT INTO hook_receipts (project, receipt, at) SELECT number, ?2, ?3 FROM projects
         WHERE id = ?1 ON CONFLICT DO NOTHING",
    )
    .bind(project.0)
    .bind(receipt)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Answers how many things were not known yet.
async fn write(
    connection: &mut SqliteConnection,
    reports: &[&NewMessageEvent],
    changed: &mut ChangedFacts,
    now: Timestamp,
) -> StoreResult<u64> {
    if reports.is_empty() {
        return Ok(0);
    }
    let messages: HashSet<i64> = reports.iter().map(|report| report.message).collect();
    let messages = to_json(&messages)?;
    let posted: Vec<OutboxRow> = sqlx::query_as(
        "SELECT o.seq, o.project, o.profile, o.channel FROM json_each(?1) chosen CROSS JOIN outbox o
         ON o.seq = chosen.value",
    )
    .bind(&messages)
    .fetch_all(&mut *connection)
    .await?;
    let posted: HashMap<i64, OutboxRow> = posted.into_iter().map(|row| (row.seq, row)).collect();
    let known: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT m.message, m.what FROM json_each(?1) chosen CROSS JOIN message_events m
         ON m.message = chosen.value",
    )
    .bind(&messages)
    .fetch_all(&mut *connection)
    .await?;
    let mut known: HashSet<(i64, i64)> = known.into_iter().collect();
    let mut rows = Vec::new();
    let mut consequences = Vec::new();
    for report in reports {
        let Some(message) = posted.get(&report.message) else { continue };
        if known.insert((report.message, report.fate.code())) {
            // What is said of someone who was forgotten may name them.
            let detail = report.detail.as_deref().filter(|_| message.profile.is_some());
            rows.push((report.message, report.fate, report.at, detail));
            consequences.push((message, *report));
        }
        // Anyone who clicks has seen it. Written as the later of the two, so that the click is what
        // moves them.
        if report.fate == MessageEventKind::Clicked
            && known.insert((report.message, MessageEventKind::Viewed.code()))
        {
            rows.push((report.message, MessageEventKind::Viewed, report.at.plus(1), None));
        }
    }
    let news = rows.len() as u64;
    insert(connection, rows).await?;
    apply_side_effects(connection, &consequences, changed, now).await?;
    Ok(news)
}

/// Notes things that became of messages, for the engine to act on. What is known already stays as
/// it is.
pub async fn insert(
    connection: &mut SqliteConnection,
    rows: impl IntoIterator<Item = (i64, MessageEventKind, Timestamp, Option<&str>)>,
) -> StoreResult<u64> {
    static INSERT: BulkStatement = BulkStatement::new(
        "INSERT INTO message_events (message, what, at, detail) VALUES",
        4,
        " ON CONFLICT DO NOTHING",
    );
    INSERT
        .run(connection, rows, |query, (message, fate, at, detail)| {
            query.bind(message).bind(fate.code()).bind(at.0).bind(detail)
        })
        .await
}

/// Bounces, complaints and unsubscriptions reach beyond their message: the suppression list and
/// their consent.
async fn apply_side_effects(
    connection: &mut SqliteConnection,
    reported: &[(&OutboxRow, &NewMessageEvent)],
    facts: &mut ChangedFacts,
    now: Timestamp,
) -> StoreResult<()> {
    let lasting =
        |report: &NewMessageEvent| report.fate != MessageEventKind::Bounced || report.is_permanent;
    let grave: Vec<(&OutboxRow, &NewMessageEvent, SuppressionReason)> = reported
        .iter()
        .filter(|(_, report)| lasting(report))
        .filter_map(|(message, report)| {
            Some((*message, *report, SuppressionReason::of(report.fate)?))
        })
        .collect();
    if grave.is_empty() {
        return Ok(());
    }
    let mut people =
        read_people(connection, grave.iter().filter_map(|(message, ..)| message.profile)).await?;
    let mut changed: HashMap<ProfileKey, ProjectKey> = HashMap::new();
    let mut said: HashMap<ProjectKey, Vec<Choice>> = HashMap::new();
    for (message, ..) in
        grave.iter().filter(|(.., cause)| *cause == SuppressionReason::Unsubscribed)
    {
        if let Some((profile, person)) =
            message.profile.and_then(|profile| Some((profile, people.get_mut(&profile)?)))
        {
            let before = person.consent.insert(message.channel.clone(), false);
            changed.insert(profile, message.project);
            let channel = Channel::from_key(&message.channel);
            facts
                .people
                .extend(channel.map(|channel| ChangedPerson::withdrawn(profile, Some(channel))));
            let changes =
                FieldChange::of_consent(&message.channel, before, false).into_iter().collect();
            said.entry(message.project).or_default().push(Choice { profile, changes });
        }
    }
    for (project, said) in said {
        choices::keep(connection, project, ContactSource::Provider, said, now).await?;
    }
    let list: Vec<NewSuppression> = grave
        .iter()
        .filter_map(|(message, report, cause)| suppression(message, report, *cause, &people, now))
        .collect();
    suppressions::upsert(connection, &list).await?;
    facts.suppressed.extend(list.iter().map(NewSuppression::listed));
    let consents = changed
        .iter()
        .filter_map(|(profile, project)| Some((*project, *profile, &people.get(profile)?.consent)));
    write_consent(connection, consents, now).await
}

fn suppression(
    message: &OutboxRow,
    report: &NewMessageEvent,
    cause: SuppressionReason,
    people: &HashMap<ProfileKey, ContactRow>,
    now: Timestamp,
) -> Option<NewSuppression> {
    let kind = AddressKind::of(Channel::from_key(&message.channel)?)?;
    let person = message.profile.and_then(|profile| people.get(&profile));
    if cause == SuppressionReason::Unsubscribed
        && person.is_some_and(|person| !is_opted_out(&person.consent, kind))
    {
        return None;
    }
    let known = || person.and_then(|person| person.addresses.get(kind.key()));
    let address = report.address.as_ref().or_else(known)?;
    Some(NewSuppression {
        project: message.project,
        kind,
        address: canonical(kind, address)?,
        cause,
        reason: cause.reason(report.detail.as_deref().unwrap_or_default()),
        at: report.at.min(now),
    })
}

pub async fn read_people(
    connection: &mut SqliteConnection,
    profiles: impl Iterator<Item = ProfileKey>,
) -> StoreResult<HashMap<ProfileKey, ContactRow>> {
    let profiles: HashSet<ProfileKey> = profiles.collect();
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT p.seq, p.addresses, p.consent FROM json_each(?1) chosen CROSS JOIN profiles p
         ON p.seq = chosen.value",
    )
    .bind(to_json(&profiles)?)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(profile, addresses, consent)| {
            Ok((
                profile,
                ContactRow {
                    addresses: json(&addresses, "addresses")?,
                    consent: json(&consent, "consent")?,
                },
            ))
        })
        .collect()
}

/// Keeps what people want, and lets the engine look at them as after any change of a profile.
pub async fn write_consent(
    connection: &mut SqliteConnection,
    people: impl Iterator<Item = (ProjectKey, ProfileKey, &BTreeMap<String, bool>)>,
    now: Timestamp,
) -> StoreResult<()> {
    static WRITE: BulkStatement = BulkStatement::new(
        "UPDATE profiles SET consent = c.column2, updated_at = c.column3 FROM (VALUES",
        3,
        ") c WHERE profiles.seq = c.column1",
    );
    let rows: Vec<(ProjectKey, ProfileKey, String)> = people
        .map(|(project, profile, consent)| Ok((project, profile, to_json(consent)?)))
        .collect::<StoreResult<_>>()?;
    if rows.is_empty() {
        return Ok(());
    }
    WRITE
        .run(connection, &rows, |query, (_, profile, consent)| {
            query.bind(profile).bind(consent).bind(now.0)
        })
        .await?;
    profiles::record_profile_changes(
        connection,
        rows.iter().map(|(project, profile, _)| (*project, *profile)),
    )
    .await
}
