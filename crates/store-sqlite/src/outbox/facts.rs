//! What the send rules ask about people besides their profiles, and by which channels projects
//! send.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use super::channel;
use crate::{
    SqliteStore,
    channels::capped_channel,
    codes::{FIRST_MOVING, LAST_MOVING, LIVE, QUEUED},
    error::SqliteResult,
    rows::to_json,
};
use wayfare_domain::{
    ids::{MessageKey, ProfileKey, ProjectId, ProjectKey},
    messages::{
        message_status::{MessageRoute, MessageStatus},
        send_rules::FrequencyCap,
        suppression::AddressKind,
    },
    profiles::profile::Channel,
    time::Timestamp,
};
use wayfare_store::outbox::{OutboxDepth, SendFacts};

pub async fn read(
    store: &SqliteStore,
    addresses: &[(ProjectKey, AddressKind, String)],
    people: &[ProfileKey],
    since: Timestamp,
) -> SqliteResult<SendFacts> {
    let mut surroundings = SendFacts::default();
    if !addresses.is_empty() {
        let rows: Vec<(i64, String, String, String)> = sqlx::query_as(
            "SELECT s.project_key, s.kind, s.address, s.reason FROM json_each(?1) a
             CROSS JOIN suppressions s ON s.project_key = a.value ->> 0 AND s.kind = a.value ->> 1
             AND s.address = a.value ->> 2",
        )
        .bind(to_json(&addresses)?)
        .fetch_all(&store.readers)
        .await?;
        let known = |(project, kind, address, reason): (i64, String, String, String)| {
            Some(((ProjectKey(project), AddressKind::from_key(&kind)?, address), reason))
        };
        surroundings.suppressed = rows.into_iter().filter_map(known).collect();
    }
    if !people.is_empty() {
        surroundings.recent = recent(store, people, since).await?;
    }
    Ok(surroundings)
}

/// Only what really went out, or is going out: the log reaches no one.
async fn recent(
    store: &SqliteStore,
    people: &[ProfileKey],
    since: Timestamp,
) -> SqliteResult<HashMap<ProfileKey, Vec<(Channel, MessageKey, Option<Timestamp>)>>> {
    let rows: Vec<(i64, String, i64, Option<i64>)> = sqlx::query_as(
        "SELECT o.profile_key, o.channel, o.key, o.finished_at FROM json_each(?1) chosen
         CROSS JOIN outbox o INDEXED BY outbox_of_profile ON o.profile_key = chosen.value
         AND o.finished_at > ?2
         WHERE o.status = ?3 AND o.is_live = ?4
         UNION ALL
         SELECT o.profile_key, o.channel, o.key, NULL FROM json_each(?1) chosen
         CROSS JOIN outbox o INDEXED BY outbox_of_profile ON o.profile_key = chosen.value
         AND o.finished_at IS NULL
         WHERE o.status = ?5",
    )
    .bind(to_json(&people)?)
    .bind(since.0)
    .bind(MessageStatus::Sent.code())
    .bind(MessageRoute::Live.code())
    .bind(MessageStatus::Sending.code())
    .fetch_all(&store.readers)
    .await?;
    let mut recent: HashMap<ProfileKey, Vec<_>> = HashMap::new();
    for (profile, key, message, at) in rows {
        let Ok(channel) = channel(&key) else { continue };
        recent.entry(ProfileKey(profile)).or_default().push((
            channel,
            MessageKey(message),
            at.map(Timestamp),
        ));
    }
    Ok(recent)
}

pub async fn caps_by_project(
    store: &SqliteStore,
) -> SqliteResult<HashMap<ProjectKey, Vec<FrequencyCap>>> {
    let rows: Vec<(i64, String, i64, i64)> = sqlx::query_as(
        "SELECT p.key, c.channel, c.max_messages, c.window_hours FROM frequency_caps c
         JOIN projects p
            ON p.id = c.project_id
         ORDER BY p.key, c.channel",
    )
    .fetch_all(&store.readers)
    .await?;
    let mut caps: HashMap<ProjectKey, Vec<FrequencyCap>> = HashMap::new();
    for (project, key, most, hours) in rows {
        let number = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
        let Some(channel) = capped_channel(&key) else {
            tracing::error!(%project, channel = key, "delivery.cap_set_aside");
            continue;
        };
        let cap = FrequencyCap { channel, most: number(most), hours: number(hours) };
        caps.entry(ProjectKey(project)).or_default().push(cap);
    }
    Ok(caps)
}

pub async fn outbox_depth(store: &SqliteStore, project: ProjectId) -> SqliteResult<OutboxDepth> {
    let waiting: Vec<(String, i64)> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT o.channel, count(*) FROM versions v
         CROSS JOIN outbox o INDEXED BY outbox_queued_live
             ON o.version_key = v.key AND o.status = {QUEUED} AND o.is_live = {LIVE}
         WHERE v.project_id = ?1 AND v.status BETWEEN {FIRST_MOVING} AND {LAST_MOVING}
         AND v.bulk_exit_reason IS NULL GROUP BY o.channel"
    )))
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    let doubts: Option<(i64,)> = sqlx::query_as(
        "SELECT d.count FROM projects p JOIN possible_duplicates d
            ON d.project_key = p.key WHERE p.id = ?",
    )
    .bind(project.0)
    .fetch_optional(&store.readers)
    .await?;
    Ok(OutboxDepth {
        waiting: waiting
            .into_iter()
            .map(|(key, count)| Ok((channel(&key)?, count)))
            .collect::<SqliteResult<_>>()?,
        doubts: doubts.map_or(0, |(count,)| count),
    })
}
