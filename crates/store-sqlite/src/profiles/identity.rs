//! Whom records are about. Identities and anonymous ids are names of one profile; a record that
//! carries both joins them.
//!
//! - An anonymous profile that is identified becomes that person.
//! - Where both are known and the anonymous one has no identity, the two are merged.
//! - An anonymous id that belongs to someone else (a shared device) passes to the new person from
//!   now on; what was done before stays where it was.
//! - What a browser sends is about the identity that it names, and joins no one to a known person:
//!   a device's name neither passes from one person to another nor is added to someone known.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;

use crate::{bulk_statement::BulkStatement, rows::to_json};
use wayfare_domain::{
    profiles::sender::{Batch, Trust},
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{ProfileKey, ProjectKey},
};

const IDENTITY: u8 = 0;
const ANONYMOUS: u8 = 1;

type IdentifierKey<'a> = (ProjectKey, u8, &'a str);

/// The people of a batch.
#[derive(Default)]
pub struct ResolvedProfiles {
    /// Of each record, in order.
    pub profiles: Vec<Found>,
    pub new: HashSet<ProfileKey>,
    /// From, into.
    pub merges: Vec<(ProfileKey, ProfileKey)>,
    identified: HashSet<ProfileKey>,
    identified_in: HashMap<ProfileKey, usize>,
    /// Whoever a browser has described or named, and no trusted sender yet.
    pub of_browser: HashSet<ProfileKey>,
}

/// Whom a record is about.
pub struct Found {
    pub profile: ProfileKey,
    /// They had an identity before the record's batch.
    pub known: bool,
}

impl ResolvedProfiles {
    /// Had the person an identity before this batch, by its place?
    pub fn is_known(&self, profile: ProfileKey, batch: usize) -> bool {
        is_known(&self.identified, &self.identified_in, profile, batch)
    }
}

fn is_known(
    identified: &HashSet<ProfileKey>,
    identified_in: &HashMap<ProfileKey, usize>,
    profile: ProfileKey,
    batch: usize,
) -> bool {
    identified.contains(&profile) && identified_in.get(&profile) != Some(&batch)
}

/// Finds or makes everybody, and writes the new ones and their names.
pub async fn resolve(
    connection: &mut SqliteConnection,
    batches: &[(ProjectKey, &Batch)],
    now: Timestamp,
) -> StoreResult<ResolvedProfiles> {
    let Known { names, identified, of_browser, all } = read(connection, batches).await?;
    // No one is new where every name is known.
    let last = if all { 0 } else { last_profile(connection).await? };
    let mut book = IdentityResolver { names, identified, last, ..IdentityResolver::default() };
    let mut resolved = ResolvedProfiles { of_browser, ..ResolvedProfiles::default() };
    for (place, (project, batch)) in batches.iter().enumerate() {
        book.begin_batch(place, batch.sender.trust);
        for record in &batch.records {
            let identity = record.who.identity.as_deref().map(|id| (*project, IDENTITY, id));
            let anonymous = record.who.anonymous.as_deref().map(|id| (*project, ANONYMOUS, id));
            let profile = book.find(*project, identity, anonymous);
            if batch.sender.trust == Trust::Browser {
                resolved.of_browser.insert(profile);
            }
            resolved.profiles.push(Found { profile, known: book.is_known(profile) });
        }
    }
    book.write(connection, now).await?;
    resolved.new = book.new.iter().map(|(profile, ..)| *profile).collect();
    (resolved.merges, resolved.identified, resolved.identified_in) =
        (book.merges, book.identified, book.identified_in);
    Ok(resolved)
}

async fn last_profile(connection: &mut SqliteConnection) -> StoreResult<ProfileKey> {
    let (last,) = sqlx::query_as(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'profiles'), 0)",
    )
    .fetch_one(connection)
    .await?;
    Ok(last)
}

/// What is known of the names in the batch.
struct Known<'a> {
    /// Whose they are.
    names: HashMap<IdentifierKey<'a>, ProfileKey>,
    /// Which of these people have an identity.
    identified: HashSet<ProfileKey>,
    /// Of which a browser said something that nobody has confirmed.
    of_browser: HashSet<ProfileKey>,
    /// Are all known?
    all: bool,
}

async fn read<'a>(
    connection: &mut SqliteConnection,
    batches: &[(ProjectKey, &'a Batch)],
) -> StoreResult<Known<'a>> {
    let mut names: HashSet<IdentifierKey<'a>> = HashSet::new();
    for (project, batch) in batches {
        for record in &batch.records {
            names.extend(record.who.identity.as_deref().map(|id| (*project, IDENTITY, id)));
            names.extend(record.who.anonymous.as_deref().map(|id| (*project, ANONYMOUS, id)));
        }
    }
    let count = names.len();
    let mut known = HashMap::with_capacity(count);
    let (mut identified, mut of_browser) = (HashSet::new(), HashSet::new());
    for ((project, kind), texts) in grouped(names) {
        // A list of texts is read much faster than a list of triples.
        let rows: Vec<(i64, i64, bool, bool)> = sqlx::query_as(
            "SELECT c.key, a.profile, p.identity IS NOT NULL, p.of_browser IS NOT NULL FROM json_each(?3) c
             CROSS JOIN aliases a ON a.project = ?1 AND a.kind = ?2 AND a.alias = c.value
             CROSS JOIN profiles p ON p.seq = a.profile",
        )
        .bind(project)
        .bind(kind)
        .bind(to_json(&texts)?)
        .fetch_all(&mut *connection)
        .await?;
        for (key, profile, has_identity, browsed) in rows {
            if let Some(text) = usize::try_from(key).ok().and_then(|key| texts.get(key)) {
                known.insert((project, kind, *text), profile);
            }
            if has_identity {
                identified.insert(profile);
            }
            if browsed {
                of_browser.insert(profile);
            }
        }
    }
    let all = known.len() == count;
    Ok(Known { names: known, identified, of_browser, all })
}

fn grouped(names: HashSet<IdentifierKey<'_>>) -> HashMap<(ProjectKey, u8), Vec<&str>> {
    let mut groups: HashMap<(ProjectKey, u8), Vec<&str>> = HashMap::new();
    for (project, kind, text) in names {
        groups.entry((project, kind)).or_default().push(text);
    }
    groups
}

#[derive(Default)]
struct IdentityResolver<'a> {
    names: HashMap<IdentifierKey<'a>, ProfileKey>,
    identified: HashSet<ProfileKey>,
    /// In which batch people got their identity, where that was just now.
    identified_in: HashMap<ProfileKey, usize>,
    /// The batch that is being read, and how far its sender is believed.
    batch: usize,
    of_browser: bool,
    last: ProfileKey,
    new: Vec<(ProfileKey, ProjectKey)>,
    /// Names to be written.
    given: HashMap<IdentifierKey<'a>, ProfileKey>,
    /// Identities that profiles got.
    identities: HashMap<ProfileKey, &'a str>,
    merges: Vec<(ProfileKey, ProfileKey)>,
}

impl<'a> IdentityResolver<'a> {
    fn begin_batch(&mut self, batch: usize, trust: Trust) {
        (self.batch, self.of_browser) = (batch, trust == Trust::Browser);
    }

    fn is_known(&self, profile: ProfileKey) -> bool {
        is_known(&self.identified, &self.identified_in, profile, self.batch)
    }

    /// May the sender say that this person goes by another name as well?
    fn may_name(&self, profile: ProfileKey) -> bool {
        !self.of_browser || !self.is_known(profile)
    }

    fn find(
        &mut self,
        project: ProjectKey,
        identity: Option<IdentifierKey<'a>>,
        anonymous: Option<IdentifierKey<'a>>,
    ) -> ProfileKey {
        let of = |book: &Self, name: Option<IdentifierKey<'a>>| {
            name.and_then(|name| book.names.get(&name).copied())
        };
        let profile = match (of(self, identity), of(self, anonymous)) {
            (Some(person), Some(device))
                if person != device
                    && !self.identified.contains(&device)
                    && self.may_name(person) =>
            {
                self.merges.push((device, person));
                for profile in self
                    .names
                    .values_mut()
                    .chain(self.given.values_mut())
                    .filter(|profile| **profile == device)
                {
                    *profile = person;
                }
                person
            }
            (Some(person), _) => person,
            (None, Some(device)) if identity.is_none() || !self.identified.contains(&device) => {
                device
            }
            _ => self.allocate(project),
        };
        for name in [identity, anonymous].into_iter().flatten() {
            let passes = self.names.get(&name).is_some_and(|owner| *owner != profile);
            if (passes && self.of_browser) || !self.may_name(profile) {
                continue;
            }
            if self.names.insert(name, profile) != Some(profile) {
                self.given.insert(name, profile);
            }
        }
        if let Some((.., text)) = identity
            && self.identified.insert(profile)
        {
            self.identities.insert(profile, text);
            self.identified_in.insert(profile, self.batch);
        }
        profile
    }

    fn allocate(&mut self, project: ProjectKey) -> ProfileKey {
        self.last += 1;
        self.new.push((self.last, project));
        self.last
    }

    async fn write(&self, connection: &mut SqliteConnection, now: Timestamp) -> StoreResult<()> {
        static INSERT: BulkStatement = BulkStatement::new(
            "INSERT INTO profiles (seq, project, identity, created_at, updated_at) VALUES",
            5,
            "",
        );
        static IDENTIFY: BulkStatement = BulkStatement::new(
            "UPDATE profiles SET identity = c.column2 FROM (VALUES",
            2,
            ") c WHERE profiles.seq = c.column1 AND profiles.identity IS NULL",
        );
        static NAME: BulkStatement = BulkStatement::new(
            "INSERT INTO aliases (project, kind, alias, profile) VALUES",
            4,
            " ON CONFLICT DO UPDATE SET profile = excluded.profile",
        );
        INSERT
            .run(connection, &self.new, |query, (profile, project)| {
                query
                    .bind(profile)
                    .bind(project)
                    .bind(self.identities.get(profile))
                    .bind(now.0)
                    .bind(now.0)
            })
            .await?;
        let new: HashSet<ProfileKey> = self.new.iter().map(|(profile, _)| *profile).collect();
        let named = self.identities.iter().filter(|(profile, _)| !new.contains(profile));
        IDENTIFY
            .run(connection, named, |query, (profile, identity)| query.bind(profile).bind(identity))
            .await?;
        NAME.run(connection, &self.given, |query, ((project, kind, alias), profile)| {
            query.bind(project).bind(kind).bind(alias).bind(profile)
        })
        .await?;
        Ok(())
    }
}
