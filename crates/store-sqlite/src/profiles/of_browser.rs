//! What a key for browsers said of somebody whom no trusted sender has named yet. Somebody may have
//! squatted a customer's number: when a trusted sender first names it, the addresses and the consent
//! that came from a browser go, unless the record says them again. A refusal stays: it costs nobody
//! a message that they wanted before they say so.

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::SqliteConnection;

use super::ingest::ProfileDraft;
use crate::{
    bulk_statement::BulkStatement,
    rows::{json, to_json},
};
use wayfare_domain::{
    messages::suppression::AddressKind,
    profiles::{
        contact::FieldChange,
        ingest_record::{ProfileUpdate, PropertyMeaning},
        sender::Trust,
    },
};
use wayfare_store::{StoreResult, engine::ProfileKey};

/// Keys of addresses, and `consent:CHANNEL`.
#[derive(Default)]
pub struct OfBrowser {
    fields: BTreeSet<String>,
    /// Another than what is kept.
    changed: bool,
}

/// How a trusted sender names somebody of whom a browser said something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By an identity that they had already: it may be a browser that gave it to them.
    Squatted,
    /// It gives the identity to a device that it knows.
    Joined,
}

impl OfBrowser {
    pub fn accept(&mut self) {
        self.changed |= !self.fields.is_empty();
        self.fields.clear();
    }
}

fn of_consent(channel: &str) -> String {
    format!("consent:{channel}")
}

/// What is kept of those who change.
pub async fn read(
    connection: &mut SqliteConnection,
    described: &HashSet<ProfileKey>,
    changed: &mut HashMap<ProfileKey, ProfileDraft>,
) -> StoreResult<()> {
    let asked: Vec<&ProfileKey> =
        changed.keys().filter(|profile| described.contains(profile)).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let rows: Vec<(ProfileKey, String)> = sqlx::query_as(
        "SELECT p.seq, p.of_browser FROM json_each(?1) chosen CROSS JOIN profiles p
         ON p.seq = chosen.value WHERE p.of_browser IS NOT NULL",
    )
    .bind(to_json(&asked)?)
    .fetch_all(connection)
    .await?;
    for (profile, fields) in rows {
        if let Some(person) = changed.get_mut(&profile) {
            person.of_browser.fields = json(&fields, "fields of a browser")?;
        }
    }
    Ok(())
}

pub async fn write(
    connection: &mut SqliteConnection,
    changed: &HashMap<ProfileKey, ProfileDraft>,
) -> StoreResult<()> {
    static WRITE: BulkStatement = BulkStatement::new(
        "UPDATE profiles SET of_browser = c.column2 FROM (VALUES",
        2,
        ") c WHERE profiles.seq = c.column1",
    );
    let rows: Vec<(ProfileKey, Option<String>)> = changed
        .iter()
        .filter(|(_, person)| person.of_browser.changed)
        .map(|(profile, person)| {
            let fields = &person.of_browser.fields;
            let text = (!fields.is_empty()).then(|| to_json(fields)).transpose()?;
            Ok((*profile, text))
        })
        .collect::<StoreResult<_>>()?;
    WRITE
        .run(connection, rows, |query, (profile, fields)| query.bind(profile).bind(fields))
        .await?;
    Ok(())
}

impl ProfileDraft {
    /// Whose word an address and a consent are from now on.
    pub(super) fn note_sender(&mut self, trust: Trust, change: &ProfileUpdate) {
        let addresses = change.addresses.keys().cloned();
        for field in addresses.chain(change.consent.keys().map(|channel| of_consent(channel))) {
            self.of_browser.changed |= match trust {
                Trust::Browser => self.of_browser.fields.insert(field),
                Trust::Full => self.of_browser.fields.remove(&field),
            };
        }
    }

    /// A trusted sender names them, and says this.
    pub(super) fn drop_what_a_browser_said(
        &mut self,
        said: Option<&ProfileUpdate>,
        mut trace: impl FnMut(FieldChange),
    ) {
        let fields = std::mem::take(&mut self.of_browser.fields);
        self.of_browser.changed |= !fields.is_empty();
        let named = |field: &str| {
            said.is_some_and(|said| {
                said.addresses.contains_key(field)
                    || said.consent.keys().any(|channel| of_consent(channel) == field)
            })
        };
        for field in fields.iter().filter(|field| !named(field)) {
            match field.strip_prefix("consent:") {
                Some(channel) if self.consent.get(channel) == Some(&true) => {
                    self.consent.remove(channel);
                }
                Some(_) => continue,
                None => {
                    let before = self.addresses.remove(field);
                    FieldChange::of_address(field, before.as_deref(), None)
                        .into_iter()
                        .for_each(&mut trace);
                    let kind = AddressKind::from_key(field);
                    self.withdrawn.extend(kind.into_iter().flat_map(AddressKind::channels));
                }
            }
            // Templates and conditions read them there.
            self.properties.retain(|name, _| match PropertyMeaning::of(name) {
                PropertyMeaning::Address(key) => key != field,
                PropertyMeaning::Consent(channel) => of_consent(&channel) != *field,
                PropertyMeaning::TimeZone | PropertyMeaning::Plain => true,
            });
        }
    }
}
