//! STOP and START, answered to a number of ours.

use sqlx::SqliteConnection;

use super::{
    effects::{self, read_contacts},
    record::insert,
};
use crate::error::SqliteResult;
use wayfare_domain::{
    ids::{MessageKey, ProfileKey, ProjectId, ProjectKey},
    messages::{
        contact_effects::ContactEffects, event::MessageEventKind, feedback::EventLine,
        message_status::MessageStatus, reply::SmsReply, suppression::AddressKind,
    },
    profiles::{contact::ContactSource, profile::Channel},
    time::Timestamp,
};
use wayfare_store::outbox::ChangedFacts;

/// Answers how much was news.
pub async fn carry_out(
    connection: &mut SqliteConnection,
    project: ProjectId,
    reply: &SmsReply,
    changed: &mut ChangedFacts,
    now: Timestamp,
) -> SqliteResult<u64> {
    let Some(kind) = reply.kind() else { return Ok(0) };
    let number: Option<(i64,)> = sqlx::query_as("SELECT key FROM projects WHERE id = ?")
        .bind(project.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some((number,)) = number else { return Ok(0) };
    let number = ProjectKey(number);
    let profiles = who_has(connection, number, kind, &reply.address).await?;
    let people = read_contacts(connection, profiles.into_iter()).await?;
    let effects = ContactEffects::of_reply(number, kind, reply, people);
    let withdrawn = effects.withdrawn.clone();
    effects::apply(connection, ContactSource::Reply, effects, changed, now).await?;
    let mut events = Vec::with_capacity(withdrawn.len());
    for (profile, channel) in withdrawn {
        let message = last_message(connection, profile, channel).await?;
        let kind = MessageEventKind::Unsubscribed;
        events.extend(message.map(|message| EventLine {
            message: MessageKey(message),
            kind,
            at: reply.at,
            detail: None,
        }));
    }
    insert(connection, events).await?;
    Ok(1)
}

async fn who_has(
    connection: &mut SqliteConnection,
    project: ProjectKey,
    kind: AddressKind,
    address: &str,
) -> SqliteResult<Vec<ProfileKey>> {
    // Only numbers are answered from. Written as the index has it.
    if kind != AddressKind::Phone {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT key FROM profiles WHERE project_key = ?1 AND addresses ->> '$.phone' IS NOT NULL AND
             replace(replace(replace(replace(replace(replace(addresses ->> '$.phone', ' ', ''),
             '-', ''), '(', ''), ')', ''), '.', ''), '/', '') IN (?2, '00' || substr(?2, 2))",
    )
    .bind(project.0)
    .bind(address)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(seq,)| ProfileKey(seq)).collect())
}

/// What they answer to: the last message that was sent to them by this channel.
async fn last_message(
    connection: &mut SqliteConnection,
    profile: ProfileKey,
    channel: Channel,
) -> SqliteResult<Option<i64>> {
    let row: Option<(i64,)> = sqlx::query_as(
        "SELECT key FROM outbox WHERE profile_key = ? AND channel = ? AND status = ?
         ORDER BY finished_at DESC, key DESC LIMIT 1",
    )
    .bind(profile.0)
    .bind(channel.key())
    .bind(MessageStatus::Sent.code())
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(seq,)| seq))
}
