//! STOP and START, answered to a number of ours.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::{
    choices::{self, Choice},
    record::{insert, read_people, write_consent},
    suppressions::{self, NewSuppression},
};
use wayfare_domain::{
    ids::ProjectId,
    messages::{
        event::MessageEventKind,
        suppression::{AddressKind, SuppressionReason, is_opted_out},
    },
    profiles::contact::{ContactSource, FieldChange},
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{ProfileKey, ProjectKey},
    message_events::SmsReply,
    outbox::{ChangedFacts, ChangedPerson},
};

/// It counts for everybody in the project who has this number, and for the number, should no one
/// have it (yet).
pub async fn carry_out(
    connection: &mut SqliteConnection,
    project: ProjectId,
    reply: &SmsReply,
    changed: &mut ChangedFacts,
    now: Timestamp,
) -> StoreResult<u64> {
    let Some(kind) = AddressKind::of(reply.channel) else { return Ok(0) };
    let number: Option<(ProjectKey,)> = sqlx::query_as("SELECT number FROM projects WHERE id = ?")
        .bind(project.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some((number,)) = number else { return Ok(0) };
    let profiles = who_has(connection, number, kind, &reply.address).await?;
    let mut people = read_people(connection, profiles.iter().copied()).await?;
    let mut said = Vec::with_capacity(people.len());
    for (profile, person) in &mut people {
        let before = person.consent.insert(reply.channel.key().to_string(), reply.wanted);
        let change = FieldChange::of_consent(reply.channel.key(), before, reply.wanted);
        said.push(Choice { profile: *profile, changes: change.into_iter().collect() });
    }
    choices::keep(connection, number, ContactSource::Reply, said, now).await?;
    let consents = people.iter().map(|(profile, person)| (number, *profile, &person.consent));
    write_consent(connection, consents, now).await?;
    // Someone who wants another channel at this number is not shut out of it.
    let nobody = BTreeMap::from([(reply.channel.key().to_string(), reply.wanted)]);
    let unwanted = if people.is_empty() {
        is_opted_out(&nobody, kind)
    } else {
        people.values().all(|person| is_opted_out(&person.consent, kind))
    };
    if unwanted {
        let (cause, address) = (SuppressionReason::Unsubscribed, reply.address.clone());
        let new = NewSuppression {
            project: number,
            kind,
            address,
            cause,
            reason: cause.reason(""),
            at: reply.at,
        };
        changed.suppressed.push(new.listed());
        suppressions::upsert(connection, &[new]).await?;
    } else {
        suppressions::remove_own(connection, number, kind, &reply.address).await?;
    }
    if reply.wanted {
        return Ok(1);
    }
    changed.people.extend(
        profiles.iter().map(|profile| ChangedPerson::withdrawn(*profile, Some(reply.channel))),
    );
    for profile in profiles {
        if let Some(message) = last_message(connection, profile, reply).await? {
            insert(connection, [(message, MessageEventKind::Unsubscribed, reply.at, None)]).await?;
        }
    }
    Ok(1)
}

async fn who_has(
    connection: &mut SqliteConnection,
    project: ProjectKey,
    kind: AddressKind,
    address: &str,
) -> StoreResult<Vec<ProfileKey>> {
    // Only numbers are answered from. Written as the index has it.
    if kind != AddressKind::Phone {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT seq FROM profiles WHERE project = ?1 AND addresses ->> '$.phone' IS NOT NULL AND
             replace(replace(replace(replace(replace(replace(addresses ->> '$.phone', ' ', ''),
             '-', ''), '(', ''), ')', ''), '.', ''), '/', '') IN (?2, '00' || substr(?2, 2))",
    )
    .bind(project)
    .bind(address)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(seq,)| seq).collect())
}

/// What they answer to: the last message that was sent to them by this channel.
async fn last_message(
    connection: &mut SqliteConnection,
    profile: ProfileKey,
    reply: &SmsReply,
) -> StoreResult<Option<i64>> {
    let row: Option<(i64,)> = sqlx::query_as(
        "SELECT seq FROM outbox WHERE profile = ? AND channel = ? AND state = 1
         ORDER BY settled_at DESC, seq DESC LIMIT 1",
    )
    .bind(profile)
    .bind(reply.channel.key())
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(seq,)| seq))
}
