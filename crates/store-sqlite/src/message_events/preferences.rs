//! What someone decides on the page that their message links to.

use std::collections::BTreeMap;

use sqlx::{FromRow, SqliteConnection};

use super::{effects, record::insert, suppressions};
use crate::{SqliteStore, error::SqliteResult, rows::json};
use wayfare_domain::{
    ids::{MessageKey, ProfileKey, ProjectKey},
    messages::{
        canonical_address::canonical,
        feedback::EventLine,
        preferences::{PreferenceUpdate, Recipient},
        suppression::{AddressKind, ListedAddress},
    },
    profiles::{contact::ContactSource, profile::Channel},
    time::Timestamp,
};
use wayfare_store::outbox::ChangedFacts;

#[derive(FromRow)]
struct Row {
    #[sqlx(try_from = "i64")]
    project_key: ProjectKey,
    name: String,
    channel: String,
    profile_key: Option<i64>,
    addresses: Option<String>,
    consent: Option<String>,
}

/// With the numbers of their project and of themselves; those of someone who was forgotten are not
/// there.
async fn read(
    connection: &mut SqliteConnection,
    message: i64,
) -> SqliteResult<Option<(ProjectKey, Option<ProfileKey>, Recipient)>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT o.project_key, j.name, o.channel, p.key AS profile_key, p.addresses, p.consent
         FROM outbox o JOIN projects j ON j.key = o.project_key LEFT JOIN profiles p
         ON p.key = o.profile_key WHERE o.key = ?",
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
    let listed = listed(row.project_key, &addresses).into_iter();
    let suppressed = suppressions::causes(connection, listed).await?;
    let suppressed = suppressed.into_iter().map(|((_, kind, _), cause)| (kind, cause)).collect();
    Ok(Some((
        row.project_key,
        row.profile_key.map(ProfileKey),
        Recipient { project: row.name, channel, addresses, consent, suppressed },
    )))
}

/// Their addresses as the list has them.
fn listed(project: ProjectKey, addresses: &BTreeMap<String, String>) -> Vec<ListedAddress> {
    let known = |(key, address): (&String, &String)| {
        let kind = AddressKind::from_key(key)?;
        Some((project, kind, canonical(kind, address)?))
    };
    addresses.iter().filter_map(known).collect()
}

pub async fn recipient(store: &SqliteStore, message: i64) -> SqliteResult<Option<Recipient>> {
    let mut connection = store.readers.acquire().await?;
    Ok(read(&mut connection, message).await?.map(|(.., recipient)| recipient))
}

pub async fn save_preferences(
    store: &SqliteStore,
    message: i64,
    wish: &PreferenceUpdate,
    now: Timestamp,
) -> SqliteResult<Option<ChangedFacts>> {
    let mut transaction = store.begin().await?;
    let Some((project, profile, recipient)) = read(&mut transaction, message).await? else {
        return Ok(None);
    };
    let (effects, event) = recipient.decide(project, profile, wish, now);
    let mut changed = ChangedFacts::default();
    effects::apply(&mut transaction, ContactSource::Recipient, effects, &mut changed, now).await?;
    let line =
        event.map(|kind| EventLine { message: MessageKey(message), kind, at: now, detail: None });
    insert(&mut transaction, line).await?;
    transaction.commit().await?;
    Ok(Some(changed))
}
