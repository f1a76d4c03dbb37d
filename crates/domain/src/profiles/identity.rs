//! Whom records are about. Identities and anonymous ids are names of one profile; a record that
//! carries both joins them.
//!
//! - An anonymous profile that is identified becomes that person.
//! - Where both are known and the anonymous one has no identity, the two are merged.
//! - An anonymous id that belongs to someone else (a shared device) passes to the new person from
//!   now on; what was done before stays where it was.
//! - What a browser sends is about the identity that it names, and joins no one to a known person:
//!   a device's name neither passes from one person to another nor is added to someone known.

use crate::ids::{ProfileKey, ProjectKey};
use std::collections::{HashMap, HashSet};

use super::{
    ingest_record::ProfileRef,
    sender::{Batch, TrustLevel},
};

/// What kind of name an identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// The key by which the project's own systems know a profile.
    Identity,
    /// The key of a device or a browser.
    Anonymous,
}

impl IdentifierKind {
    /// The number in the store.
    pub const fn code(self) -> i64 {
        match self {
            IdentifierKind::Identity => 0,
            IdentifierKind::Anonymous => 1,
        }
    }
}

/// A name of a profile, in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identifier<'a> {
    pub project: ProjectKey,
    pub kind: IdentifierKind,
    pub text: &'a str,
}

impl<'a> Identifier<'a> {
    /// The names that a record calls a profile by: its identity, and its anonymous id.
    fn pair(project: ProjectKey, who: &'a ProfileRef) -> [Option<Self>; 2] {
        let named = |kind, text: &'a Option<String>| {
            text.as_deref().map(|text| Self { project, kind, text })
        };
        [
            named(IdentifierKind::Identity, &who.identity),
            named(IdentifierKind::Anonymous, &who.anonymous),
        ]
    }

    /// Every name in these records.
    pub fn all_in(batches: &[(ProjectKey, &'a Batch)]) -> HashSet<Self> {
        let mut all = HashSet::new();
        for (project, batch) in batches {
            let records = batch.records.iter();
            all.extend(records.flat_map(|record| Self::pair(*project, &record.who)).flatten());
        }
        all
    }
}

/// What was known of the names in the records before them.
#[derive(Debug, Default)]
pub struct KnownIdentifiers<'a> {
    /// Whose they are.
    pub owners: HashMap<Identifier<'a>, ProfileKey>,
    /// Which of these people have an identity.
    pub identified: HashSet<ProfileKey>,
    /// Of which a browser said something that nobody has confirmed.
    pub of_browser: HashSet<ProfileKey>,
}

/// The people that records are about, and what is to be written so that this holds.
#[derive(Debug, Default)]
pub struct ResolvedProfiles<'a> {
    /// Of each record, in order.
    pub found: Vec<FoundProfile>,
    /// The numbers of new profiles, each with its project.
    pub new: Vec<(ProfileKey, ProjectKey)>,
    /// Identities that profiles got.
    pub identities: HashMap<ProfileKey, &'a str>,
    /// Names that profiles got.
    pub names: HashMap<Identifier<'a>, ProfileKey>,
    /// From, into; in this order.
    pub merges: Vec<(ProfileKey, ProfileKey)>,
    /// Whoever a browser has described or named, and no trusted sender yet.
    pub of_browser: HashSet<ProfileKey>,
    identified: Identified,
    merged_into: HashMap<ProfileKey, ProfileKey>,
}

/// Whom a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundProfile {
    pub profile: ProfileKey,
    /// They had an identity before the record's batch.
    pub is_known: bool,
}

/// Who has an identity.
#[derive(Debug, Default)]
struct Identified {
    profiles: HashSet<ProfileKey>,
    /// In which batch people got theirs, where that was just now.
    batches: HashMap<ProfileKey, usize>,
}

impl Identified {
    /// Had the person an identity before this batch, by its place?
    fn before(&self, profile: ProfileKey, batch: usize) -> bool {
        self.profiles.contains(&profile) && self.batches.get(&profile) != Some(&batch)
    }
}

impl ResolvedProfiles<'_> {
    /// Whom a record of this batch is about in the end: someone that a later record merged is the
    /// one they were merged into.
    pub fn after_merges(&self, found: FoundProfile, batch: usize) -> FoundProfile {
        let mut profile = found.profile;
        while let Some(into) = self.merged_into.get(&profile) {
            profile = *into;
        }
        let was_merged = profile != found.profile;
        let is_known = found.is_known || was_merged && self.identified.before(profile, batch);
        FoundProfile { profile, is_known }
    }
}

/// Finds or makes the profile of every record. New ones are numbered after `last`, the last number
/// that was ever given.
pub fn resolve_profiles<'a>(
    batches: &[(ProjectKey, &'a Batch)],
    known: KnownIdentifiers<'a>,
    last: ProfileKey,
) -> ResolvedProfiles<'a> {
    let KnownIdentifiers { owners, identified, of_browser } = known;
    let identified = Identified { profiles: identified, batches: HashMap::new() };
    let resolved = ResolvedProfiles { identified, of_browser, ..ResolvedProfiles::default() };
    let mut resolver = IdentityResolver { owners, last, batch: 0, is_of_browser: false, resolved };
    for (place, (project, batch)) in batches.iter().enumerate() {
        resolver.batch = place;
        resolver.is_of_browser = batch.sender.trust == TrustLevel::Browser;
        for record in &batch.records {
            resolver.resolve(*project, &record.who);
        }
    }
    let mut resolved = resolver.resolved;
    resolved.merged_into = resolved.merges.iter().copied().collect();
    resolved
}

struct IdentityResolver<'a> {
    /// Whose names are, as far as the records have been read.
    owners: HashMap<Identifier<'a>, ProfileKey>,
    last: ProfileKey,
    /// The place of the batch that is being read.
    batch: usize,
    /// Is its sender a browser?
    is_of_browser: bool,
    resolved: ResolvedProfiles<'a>,
}

impl<'a> IdentityResolver<'a> {
    fn resolve(&mut self, project: ProjectKey, who: &'a ProfileRef) {
        let [identity, anonymous] = Identifier::pair(project, who);
        let profile = self.find(project, identity, anonymous);
        self.name(profile, [identity, anonymous]);
        if let Some(identity) = identity
            && self.resolved.identified.profiles.insert(profile)
        {
            self.resolved.identities.insert(profile, identity.text);
            self.resolved.identified.batches.insert(profile, self.batch);
        }
        if self.is_of_browser {
            self.resolved.of_browser.insert(profile);
        }
        let is_known = self.is_known(profile);
        self.resolved.found.push(FoundProfile { profile, is_known });
    }

    /// Whose names these are; new, where they are no one's.
    fn find(
        &mut self,
        project: ProjectKey,
        identity: Option<Identifier<'a>>,
        anonymous: Option<Identifier<'a>>,
    ) -> ProfileKey {
        let owner =
            |name: Option<Identifier<'a>>| name.and_then(|name| self.owners.get(&name).copied());
        match (owner(identity), owner(anonymous)) {
            (Some(person), Some(device))
                if person != device && !self.has_identity(device) && self.may_be_named(person) =>
            {
                self.merge(device, person);
                person
            }
            (Some(person), _) => person,
            (None, Some(device)) if identity.is_none() || !self.has_identity(device) => device,
            _ => self.allocate(project),
        }
    }

    fn has_identity(&self, profile: ProfileKey) -> bool {
        self.resolved.identified.profiles.contains(&profile)
    }

    fn is_known(&self, profile: ProfileKey) -> bool {
        self.resolved.identified.before(profile, self.batch)
    }

    /// May the sender say that this person goes by another name as well?
    fn may_be_named(&self, profile: ProfileKey) -> bool {
        !self.is_of_browser || !self.is_known(profile)
    }

    fn merge(&mut self, from: ProfileKey, into: ProfileKey) {
        self.resolved.merges.push((from, into));
        let names = self.owners.values_mut().chain(self.resolved.names.values_mut());
        for profile in names.filter(|profile| **profile == from) {
            *profile = into;
        }
    }

    fn name(&mut self, profile: ProfileKey, names: [Option<Identifier<'a>>; 2]) {
        for name in names.into_iter().flatten() {
            let passes = self.owners.get(&name).is_some_and(|owner| *owner != profile);
            if (passes && self.is_of_browser) || !self.may_be_named(profile) {
                continue;
            }
            if self.owners.insert(name, profile) != Some(profile) {
                self.resolved.names.insert(name, profile);
            }
        }
    }

    fn allocate(&mut self, project: ProjectKey) -> ProfileKey {
        self.last.0 += 1;
        self.resolved.new.push((self.last, project));
        self.last
    }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
