//! Whom records are about. Identities and anonymous ids are names of one profile; a record that carries both joins them.
//!
//! - An anonymous profile that is identified becomes that person.
//! - Where both are known and the anonymous one has no identity, the two are merged.
//! - An anonymous id that belongs to somebody else (a shared device) passes to the new person from now on; what was done
//!   before stays where it was.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;

use crate::{
    domain::{people::record::Record, time::Timestamp},
    server::store::{
        StoreResult,
        engine::{ProfileNumber, ProjectNumber},
        sqlite::rows::to_json,
    },
};

const IDENTITY: u8 = 0;
const ANONYMOUS: u8 = 1;

type Alias<'a> = (ProjectNumber, u8, &'a str);

/// The people of a batch.
#[derive(Default)]
pub struct Resolved {
    /// Of each record, in order.
    pub profiles: Vec<ProfileNumber>,
    pub new: HashSet<ProfileNumber>,
    /// From, into.
    pub merges: Vec<(ProfileNumber, ProfileNumber)>,
}

/// Finds or makes everybody, and writes the new ones and their names.
pub async fn resolve(
    connection: &mut SqliteConnection,
    batches: &[(ProjectNumber, &[Record])],
    now: Timestamp,
) -> StoreResult<Resolved> {
    let (known, identified) = read(connection, batches).await?;
    let (last,): (i64,) = sqlx::query_as("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'profiles'), 0)")
        .fetch_one(&mut *connection)
        .await?;
    let mut book = Book { names: known, identified, last, ..Book::default() };
    let mut resolved = Resolved::default();
    for (project, records) in batches {
        for record in *records {
            let identity = record.who.identity.as_deref().map(|id| (*project, IDENTITY, id));
            let anonymous = record.who.anonymous.as_deref().map(|id| (*project, ANONYMOUS, id));
            resolved.profiles.push(book.find(*project, identity, anonymous));
        }
    }
    book.write(connection, now).await?;
    resolved.new = book.new.iter().map(|(profile, ..)| *profile).collect();
    resolved.merges = book.merges;
    Ok(resolved)
}

/// What is known of the names in the batch: whose they are, and which of these people have an identity.
async fn read<'a>(
    connection: &mut SqliteConnection,
    batches: &[(ProjectNumber, &'a [Record])],
) -> StoreResult<(HashMap<Alias<'a>, ProfileNumber>, HashSet<ProfileNumber>)> {
    let mut names: HashSet<Alias<'a>> = HashSet::new();
    for (project, records) in batches {
        for record in *records {
            names.extend(record.who.identity.as_deref().map(|id| (*project, IDENTITY, id)));
            names.extend(record.who.anonymous.as_deref().map(|id| (*project, ANONYMOUS, id)));
        }
    }
    let names: Vec<Alias<'a>> = names.into_iter().collect();
    let rows: Vec<(i64, i64, bool)> = sqlx::query_as(
        "SELECT c.key, a.profile, p.identity IS NOT NULL FROM json_each(?1) c
         CROSS JOIN aliases a ON a.project = c.value ->> 0 AND a.kind = c.value ->> 1 AND a.alias = c.value ->> 2
         CROSS JOIN profiles p ON p.seq = a.profile",
    )
    .bind(to_json(&names)?)
    .fetch_all(connection)
    .await?;
    let mut known = HashMap::with_capacity(rows.len());
    let mut identified = HashSet::new();
    for (key, profile, has_identity) in rows {
        if let Some(name) = usize::try_from(key).ok().and_then(|key| names.get(key)) {
            known.insert(*name, profile);
        }
        if has_identity {
            identified.insert(profile);
        }
    }
    Ok((known, identified))
}

#[derive(Default)]
struct Book<'a> {
    names: HashMap<Alias<'a>, ProfileNumber>,
    identified: HashSet<ProfileNumber>,
    last: ProfileNumber,
    new: Vec<(ProfileNumber, ProjectNumber)>,
    /// Names to be written.
    given: HashMap<Alias<'a>, ProfileNumber>,
    /// Identities that profiles got.
    identities: HashMap<ProfileNumber, &'a str>,
    merges: Vec<(ProfileNumber, ProfileNumber)>,
}

impl<'a> Book<'a> {
    fn find(&mut self, project: ProjectNumber, identity: Option<Alias<'a>>, anonymous: Option<Alias<'a>>) -> ProfileNumber {
        let of = |book: &Self, name: Option<Alias<'a>>| name.and_then(|name| book.names.get(&name).copied());
        let profile = match (of(self, identity), of(self, anonymous)) {
            (Some(person), Some(device)) if person != device && !self.identified.contains(&device) => {
                self.merges.push((device, person));
                for profile in self.names.values_mut().chain(self.given.values_mut()).filter(|profile| **profile == device) {
                    *profile = person;
                }
                person
            }
            (Some(person), _) => person,
            (None, Some(device)) if identity.is_none() || !self.identified.contains(&device) => device,
            _ => self.newcomer(project),
        };
        for name in [identity, anonymous].into_iter().flatten() {
            if self.names.insert(name, profile) != Some(profile) {
                self.given.insert(name, profile);
            }
        }
        if let Some((.., text)) = identity
            && self.identified.insert(profile)
        {
            self.identities.insert(profile, text);
        }
        profile
    }

    fn newcomer(&mut self, project: ProjectNumber) -> ProfileNumber {
        self.last += 1;
        self.new.push((self.last, project));
        self.last
    }

    async fn write(&self, connection: &mut SqliteConnection, now: Timestamp) -> StoreResult<()> {
        if !self.new.is_empty() {
            let rows: Vec<_> =
                self.new.iter().map(|(profile, project)| (profile, project, self.identities.get(profile))).collect();
            sqlx::query(
                "INSERT INTO profiles (seq, project, identity, created_at, updated_at)
                 SELECT value ->> 0, value ->> 1, value ->> 2, ?2, ?2 FROM json_each(?1)",
            )
            .bind(to_json(&rows)?)
            .bind(now.0)
            .execute(&mut *connection)
            .await?;
        }
        let new: HashSet<ProfileNumber> = self.new.iter().map(|(profile, _)| *profile).collect();
        let named: Vec<_> = self.identities.iter().filter(|(profile, _)| !new.contains(profile)).collect();
        if !named.is_empty() {
            sqlx::query(
                "UPDATE profiles SET identity = c.value ->> 1 FROM json_each(?1) c
                 WHERE profiles.seq = c.value ->> 0 AND profiles.identity IS NULL",
            )
            .bind(to_json(&named)?)
            .execute(&mut *connection)
            .await?;
        }
        if !self.given.is_empty() {
            let rows: Vec<_> =
                self.given.iter().map(|((project, kind, alias), profile)| (project, kind, alias, profile)).collect();
            sqlx::query(
                "INSERT INTO aliases (project, kind, alias, profile)
                 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true
                 ON CONFLICT DO UPDATE SET profile = excluded.profile",
            )
            .bind(to_json(&rows)?)
            .execute(connection)
            .await?;
        }
        Ok(())
    }
}
