//! What someone decides on the page that their message links to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::{FromRow, SqliteConnection};

use super::{
    choices::{self, Choice},
    record::{insert, write_consent},
    suppressions::{self, NewSuppression},
};
use crate::{
    SqliteStore,
    rows::{json, to_json},
};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::{
    messages::{
        event::MessageEventKind,
        preferences::{PreferenceUpdate, Recipient},
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
    outbox::{ChangedFacts, ChangedPerson, ListedAddress},
};

#[derive(FromRow)]
struct Row {
    project: ProjectKey,
    name: String,
    channel: String,
    profile: Option<ProfileKey>,
    addresses: Option<String>,
    consent: Option<String>,
}

/// With the numbers of their project and of themselves; those of someone who was forgotten are not
/// there.
async fn read(
    connection: &mut SqliteConnection,
    message: i64,
) -> StoreResult<Option<(ProjectKey, Option<ProfileKey>, Recipient)>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT o.project, j.name, o.channel, p.seq AS profile, p.addresses, p.consent
         FROM outbox o JOIN projects j ON j.number = o.project LEFT JOIN profiles p
         ON p.seq = o.profile WHERE o.seq = ?",
    )
    .bind(message)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((row, channel)) =
        row.and_then(|row| Channel::from_key(&row.channel).map(|channel| (row, channel)))
    else {
        return Ok(None);
    };
    let addresses: BTreeMap<String, String> =
        row.addresses.map_or(Ok(BTreeMap::new()), |text| json(&text, "addresses"))?;
    let consent = row.consent.map_or(Ok(BTreeMap::new()), |text| json(&text, "consent"))?;
    let suppressed = causes(connection, row.project, &addresses).await?;
    Ok(Some((
        row.project,
        row.profile,
        Recipient { project: row.name, channel, addresses, consent, suppressed },
    )))
}

/// Why their addresses are on the list.
async fn causes(
    connection: &mut SqliteConnection,
    project: ProjectKey,
    addresses: &BTreeMap<String, String>,
) -> StoreResult<HashMap<AddressKind, SuppressionReason>> {
    let spelled: Vec<(&str, String)> = addresses
        .iter()
        .filter_map(|(key, address)| AddressKind::from_key(key).map(|kind| (kind, address)))
        .filter_map(|(kind, address)| Some((kind.key(), canonical(kind, address)?)))
        .collect();
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.kind, s.cause FROM json_each(?1) c
         CROSS JOIN suppressions s ON s.project = ?2 AND s.kind = c.value ->> 0
         AND s.address = c.value ->> 1",
    )
    .bind(to_json(&spelled)?)
    .bind(project)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(kind, cause)| {
            Some((AddressKind::from_key(&kind)?, SuppressionReason::from_code(cause)?))
        })
        .collect())
}

pub async fn recipient(store: &SqliteStore, message: i64) -> StoreResult<Option<Recipient>> {
    let mut connection = store.readers.acquire().await?;
    Ok(read(&mut connection, message).await?.map(|(.., recipient)| recipient))
}

pub async fn save_preferences(
    store: &SqliteStore,
    message: i64,
    wish: &PreferenceUpdate,
    now: Timestamp,
) -> StoreResult<Option<ChangedFacts>> {
    let mut transaction = store.begin().await?;
    let Some((project, profile, recipient)) = read(&mut transaction, message).await? else {
        return Ok(None);
    };
    let said = recipient.changes(wish);
    let mut consent = recipient.consent.clone();
    consent.extend(said.iter().map(|(channel, wanted)| (channel.key().to_string(), *wanted)));
    if let Some(profile) = profile.filter(|_| consent != recipient.consent) {
        write_consent(&mut transaction, [(project, profile, &consent)].into_iter(), now).await?;
        let changes = FieldChange::of_consents(&recipient.consent, &consent);
        choices::keep(
            &mut transaction,
            project,
            ContactSource::Recipient,
            vec![Choice { profile, changes }],
            now,
        )
        .await?;
    }
    let suppressed =
        bring_list_in_line(&mut transaction, project, &recipient, &said, &consent, now).await?;
    if said.contains(&(recipient.channel, false)) {
        insert(&mut transaction, [(message, MessageEventKind::Unsubscribed, now, None)]).await?;
    }
    transaction.commit().await?;
    let unwanted = said.iter().filter(|(_, wanted)| !wanted).map(|(channel, _)| *channel);
    let withdrawn = |profile| {
        unwanted.map(move |channel| ChangedPerson::withdrawn(profile, Some(channel))).collect()
    };
    Ok(Some(ChangedFacts { people: profile.map(withdrawn).unwrap_or_default(), suppressed }))
}

/// Addresses that they want nothing at any more are on the list; those that they want something at
/// are not there because of them. Only those that they said something about. Answers those that are
/// on it.
async fn bring_list_in_line(
    connection: &mut SqliteConnection,
    project: ProjectKey,
    recipient: &Recipient,
    said: &[(Channel, bool)],
    consent: &BTreeMap<String, bool>,
    now: Timestamp,
) -> StoreResult<Vec<ListedAddress>> {
    let mut suppressed = Vec::new();
    let kinds: BTreeSet<AddressKind> =
        said.iter().filter_map(|(channel, _)| AddressKind::of(*channel)).collect();
    for kind in kinds {
        let address =
            recipient.addresses.get(kind.key()).and_then(|address| canonical(kind, address));
        let Some(address) = address else { continue };
        if is_opted_out(consent, kind) {
            let (cause, at) = (SuppressionReason::Unsubscribed, now);
            let new =
                NewSuppression { project, kind, address, cause, reason: cause.reason(""), at };
            suppressed.push(new.listed());
            suppressions::upsert(connection, &[new]).await?;
        } else {
            suppressions::remove_own(connection, project, kind, &address).await?;
        }
    }
    Ok(suppressed)
}
