//! What people do and become: lets them in, and matters to those inside.

use std::collections::{HashMap, HashSet};

use super::{BATCH_SIZE_MAX, Engine, batch_builder::BatchBuilder};
use wayfare_domain::{
    engine::entry::event_fits_trigger,
    ids::{ProfileKey, ProjectKey, VersionKey},
    profiles::PastEvent,
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{EngineState, StoredEvent},
};

/// An event that someone cares about.
struct MatchedEvent {
    profile: ProfileKey,
    received_at: Timestamp,
    happened: PastEvent,
    entries: Vec<VersionKey>,
    inside: Vec<VersionKey>,
}

impl Engine {
    /// The next events. Answers whether there may be more to do, and, where more events wait, when
    /// the last one that was looked at was received.
    pub(super) async fn qualify(
        &mut self,
        head: EngineState,
    ) -> StoreResult<(bool, Option<Timestamp>)> {
        let now = self.clock.now();
        let events = self.store.load_events_after(self.event_cursor, BATCH_SIZE_MAX).await?;
        self.plan.load_event_names(&*self.source, events.iter().map(|event| event.name)).await?;
        let (looked_at, relevant) = self.relevant(&events);
        let Some(last) = looked_at.last() else {
            // Numbers of events that were deleted meanwhile.
            self.event_cursor = head.last_event;
            return Ok((false, None));
        };
        let (cursor, reached) = (last.seq, last.received_at);
        // A round ends early where events are large.
        let more = cursor < head.last_event;
        let count = looked_at.len() as u64;
        let active = self.active(looked_at);

        let mut slice = BatchBuilder::new(&self.plan, &*self.calendar, head, now);
        slice.batch.cursor = cursor;
        let profiles: Vec<ProfileKey> = relevant
            .iter()
            .map(|event| event.profile)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let versions: Vec<VersionKey> = relevant
            .iter()
            .flat_map(|event| &event.inside)
            .copied()
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let inside = self.source.load_active_enrolments(&profiles, &versions).await?;
        let mut occasions: Vec<(VersionKey, ProfileKey)> = relevant
            .iter()
            .flat_map(|event| event.entries.iter().map(|version| (*version, event.profile)))
            .collect();
        occasions.extend(&active);
        slice.load(&*self.source, inside, &occasions).await?;
        for event in &relevant {
            for version in &event.inside {
                slice.event(*version, event.profile, &event.happened);
            }
            for version in &event.entries {
                slice.attempt_entry(
                    *version,
                    event.profile,
                    Some((&event.happened, event.received_at)),
                );
            }
        }
        self.meet(&mut slice, &active, now).await?;
        let batch = slice.finish();
        let something = !batch.is_empty();
        let done = self.carry_out(batch).await?;
        if done {
            self.signs.count_events(count);
        }
        Ok((more || something || !done, more.then_some(reached)))
    }

    /// The events of one round, and those of them that someone cares about. A round has fewer
    /// events where many journeys care about each.
    fn relevant<'a>(&self, events: &'a [StoredEvent]) -> (&'a [StoredEvent], Vec<MatchedEvent>) {
        let mut relevant = Vec::new();
        let mut decisions = 0;
        for (place, event) in events.iter().enumerate() {
            if decisions >= self.most_decisions {
                return (&events[..place], relevant);
            }
            decisions += self.plan.by_profile.get(&event.project).map_or(0, Vec::len);
            if let Some(found) = self.matched(event) {
                decisions += found.entries.len() + found.inside.len();
                relevant.push(found);
            }
        }
        (events, relevant)
    }

    fn matched(&self, event: &StoredEvent) -> Option<MatchedEvent> {
        let key = self.plan.name(event.name);
        let subscribers = self.plan.subscribers(event.project, key)?;
        let happened = PastEvent {
            key: key.to_string(),
            at: event.at,
            properties: event
                .properties
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
        };
        let takes = |version: &&VersionKey| {
            self.plan.versions.get(version).is_some_and(|live| {
                let trigger = &live.compiled.settings.entry;
                event.seq > live.planned.entry_mark
                    && event_fits_trigger(trigger, key, &happened.properties)
            })
        };
        let entries: Vec<VersionKey> = subscribers.entries.iter().filter(takes).copied().collect();
        let inside = subscribers.inside.clone();
        let matters = !entries.is_empty() || !inside.is_empty();
        matters.then_some(MatchedEvent {
            profile: event.profile,
            received_at: event.received_at,
            happened,
            entries,
            inside,
        })
    }

    /// Anyone who did something may have come to meet the criteria of an entry. That a journey
    /// starts another is not their doing: journeys that change what lets people into one another
    /// would go on without end.
    fn active(&self, events: &[StoredEvent]) -> Vec<(VersionKey, ProfileKey)> {
        if self.plan.by_profile.is_empty() {
            return Vec::new();
        }
        let people: HashSet<(ProjectKey, ProfileKey)> = events
            .iter()
            .filter(|event| !self.plan.name(event.name).starts_with('$'))
            .map(|event| (event.project, event.profile))
            .collect();
        self.pairs(people)
    }

    fn pairs(&self, people: HashSet<(ProjectKey, ProfileKey)>) -> Vec<(VersionKey, ProfileKey)> {
        let versions =
            |project: ProjectKey| self.plan.by_profile.get(&project).into_iter().flatten();
        let mut pairs: Vec<(VersionKey, ProfileKey)> = people
            .into_iter()
            .flat_map(|(project, profile)| {
                versions(project).map(move |version| (*version, profile))
            })
            .collect();
        pairs.sort_unstable();
        pairs
    }

    /// Profiles that changed.
    pub(super) async fn profile_changes(&mut self, head: EngineState) -> StoreResult<bool> {
        let journeys = self.plan.by_profile.values().map(Vec::len).max().unwrap_or(0).max(1);
        let changes = self
            .store
            .load_profile_changes(
                BATCH_SIZE_MAX.min((self.most_decisions / journeys).max(1) as i64),
            )
            .await?;
        let Some((last, ..)) = changes.last().copied() else { return Ok(false) };
        let now = self.clock.now();
        let pairs = self
            .pairs(changes.into_iter().map(|(_, project, profile)| (project, profile)).collect());
        let mut slice = BatchBuilder::new(&self.plan, &*self.calendar, head, now);
        slice.batch.profile_changes = Some(last);
        slice.load(&*self.source, Vec::new(), &pairs).await?;
        self.meet(&mut slice, &pairs, now).await?;
        let batch = slice.finish();
        self.carry_out(batch).await?;
        Ok(true)
    }

    /// Lets in those who have come to meet the criteria since they were last looked at.
    async fn meet(
        &self,
        slice: &mut BatchBuilder<'_>,
        pairs: &[(VersionKey, ProfileKey)],
        now: Timestamp,
    ) -> StoreResult<()> {
        let before = self.source.load_previous_matches(pairs).await?;
        let mut after: HashMap<(VersionKey, ProfileKey), bool> = HashMap::new();
        for (version, profile) in pairs {
            let Some(criteria) = self
                .plan
                .versions
                .get(version)
                .and_then(|live| live.compiled.entry_criteria.as_ref())
            else {
                continue;
            };
            let Some(person) = slice.person(*profile) else { continue };
            let (was, is) = (before.contains(&(*version, *profile)), criteria.matches(person, now));
            if was != is {
                after.insert((*version, *profile), is);
            }
            if is && !was {
                slice.attempt_entry(*version, *profile, None);
            }
        }
        slice.batch.met = after;
        Ok(())
    }
}
