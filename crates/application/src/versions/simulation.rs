//! Simulation and replay: a graph on one person with a clock that runs ahead, and on what happened
//! in the last days. Nothing is written.

use std::time::{Duration, Instant};

use tokio::task::block_in_place;

use crate::{ServiceError, ServiceResult, Services};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    engine::CompiledVersion,
    error::FieldError,
    graph::{Graph, criteria::Criteria, node::Delay},
    ids::{ProfileKey, ProjectId},
    interrupt::Interrupt,
    journeys::settings::{EntryTrigger, Settings},
    profiles::{Profile, profile::Channel, property_value::to_canonical},
    time::{DAY_MS, Timestamp},
    versions::{ReplayEvents, ReplayResult, SimulateProfile, SimulationStep},
};
use wayfare_editor_model::{
    delay_preview::next_times,
    replay::ReplayRun,
    simulation::{Simulation, simulate},
};
use wayfare_runtime::{
    costly_work::{Job, aside},
    time_zones::TzdbZones,
};
use wayfare_store::engine::ProfileNeeds;

/// Most days that are looked back.
pub const DAYS_MAX: u32 = 90;
/// Most events that are looked at, and people who are kept in memory, and how long they are read:
/// the rest of the time of costly work is for who is still inside at the end.
const EVENTS_MAX: i64 = 200_000;
const PEOPLE_MAX: usize = 50_000;
const TAKES_MAX: Duration = Duration::from_secs(15);
/// Events, and people, that are read at once.
const BATCH: i64 = 4_000;
/// Most events that someone is assumed to do.
const LATER_MAX: usize = 100;

impl Services {
    /// Which way someone would go, when, and why.
    ///
    /// # Errors
    /// Where the graph cannot be walked, or there is no such person.
    pub async fn simulate(
        &self,
        actor: &Actor,
        trial: &SimulateProfile,
    ) -> ServiceResult<Vec<SimulationStep>> {
        actor.require(Permission::SeeJourneys)?;
        walkable(&trial.graph)?;
        if trial.later.len() > LATER_MAX {
            let sentence = format!("A simulation can have at most {LATER_MAX} later events.");
            return Err(FieldError::new("later", "too_many", sentence).into());
        }
        let (services, asking, project, trial) =
            (self.clone(), actor.clone(), actor.project, trial.clone());
        self.costly(actor, Job::Trial, |stop| async move {
            let version = services.compile(project, &trial.graph, &trial.settings).await?;
            let profile =
                services.person_to_try(&asking, trial.person.as_deref(), &needs(&version)).await?;
            let event = trial
                .event
                .iter()
                .map(|(name, value)| (name.clone(), to_canonical(value.clone())))
                .collect();
            let start =
                trial.settings.start.map_or(services.now(), |start| start.max(services.now()));
            let follow = move |interrupt: &dyn Interrupt| {
                let case = Simulation {
                    version: &version,
                    calendar: &TzdbZones,
                    start,
                    event,
                    later: &trial.later,
                };
                simulate(&case, profile, interrupt)
            };
            Ok(aside(stop, follow).await??)
        })
        .await
    }

    /// How many would have entered, passed each node and got each message.
    ///
    /// # Errors
    /// Where the graph cannot be walked.
    pub async fn replay(
        &self,
        actor: &Actor,
        replay: &ReplayEvents,
    ) -> ServiceResult<ReplayResult> {
        actor.require(Permission::EditJourneys)?;
        // How many met a condition is told by its figures.
        actor.require(Permission::SeePersonalData)?;
        walkable(&replay.graph)?;
        if !(1..=DAYS_MAX).contains(&replay.days) {
            let sentence = format!("Choose between 1 and {DAYS_MAX} days.");
            return Err(FieldError::new("days", "range", sentence).into());
        }
        let (services, project, replay) = (self.clone(), actor.project, replay.clone());
        self.costly(actor, Job::Replay, |stop| async move {
            let version = services.compile(project, &replay.graph, &replay.settings).await?;
            let since = services.now().plus(-i64::from(replay.days) * DAY_MS);
            let mut replay = ReplayRun::new(&version, &TzdbZones, "trial", &stop);
            let began = Instant::now();
            let cut =
                services.let_in_at_once(project, &version, &mut replay, (since, began)).await?;
            let cut =
                services.replay_events(project, &version, &mut replay, (since, began)).await?
                    || cut;
            // Anyone who is still inside goes on: it takes a processor, so the others of this
            // thread move to another one.
            block_in_place(|| replay.run_until(services.now()))?;
            Ok(ReplayResult { cut, ..replay.finish() })
        })
        .await
    }

    /// The next times at which a delay would be over, for someone or in a zone.
    ///
    /// # Errors
    /// Where there is no such person.
    pub async fn next_times(
        &self,
        actor: &Actor,
        delay: &Delay,
        person: Option<&str>,
        zone: Option<&str>,
    ) -> ServiceResult<Vec<Timestamp>> {
        actor.require(Permission::SeeJourneys)?;
        let profile = self.person_to_try(actor, person, &ProfileNeeds::default()).await?;
        let zone = profile
            .time_zone
            .clone()
            .or(zone.map(str::to_string))
            .unwrap_or_else(|| "UTC".to_string());
        Ok(next_times(&TzdbZones, delay, &profile, &zone, self.now()))
    }

    async fn compile(
        &self,
        project: ProjectId,
        graph: &Graph,
        settings: &Settings,
    ) -> ServiceResult<CompiledVersion> {
        let segments = self.stores.simulation.load_segment_criteria(project).await?;
        Ok(CompiledVersion::new(graph, settings, &segments))
    }

    /// A person of the project; without an identity an example, who can be reached everywhere.
    async fn person_to_try(
        &self,
        actor: &Actor,
        identity: Option<&str>,
        needs: &ProfileNeeds,
    ) -> ServiceResult<Profile> {
        let Some(identity) = identity.map(str::trim).filter(|identity| !identity.is_empty()) else {
            let addresses = Channel::ALL.into_iter().filter_map(Channel::address_key);
            let addresses = addresses.map(|key| (key.to_string(), "example".to_string())).collect();
            return Ok(Profile { addresses, ..Profile::default() });
        };
        // The way that someone would go tells what they are.
        actor.require(Permission::SeePersonalData)?;
        let found = self
            .stores
            .simulation
            .find_profile_for_simulation(actor.project, identity, needs)
            .await?;
        found.ok_or_else(|| {
            let sentence = format!(
                "No profile has the identity “{identity}”. Choose another one, or use an example \
                profile."
            );
            FieldError::new("person", "unknown_value", sentence).into()
        })
    }

    /// Segments and lists let people in at the beginning: those who are in them now. Answers
    /// whether there were more than are looked at.
    async fn let_in_at_once(
        &self,
        project: ProjectId,
        version: &CompiledVersion,
        replay: &mut ReplayRun<'_>,
        (since, began): (Timestamp, Instant),
    ) -> ServiceResult<bool> {
        let at_once = matches!(
            version.settings.entry,
            EntryTrigger::Segment { .. } | EntryTrigger::List { .. }
        );
        let Some(criteria) = version.entry_criteria.as_ref().filter(|_| at_once) else {
            return Ok(false);
        };
        let mut after = 0;
        loop {
            let people = self.people_meeting(project, criteria, ProfileKey(after)).await?;
            let Some(last) = people.last().copied() else { return Ok(false) };
            self.add_people(version, replay, people.clone(), since).await?;
            for person in &people {
                replay.attempt_entry(*person, Default::default(), since, None)?;
            }
            after = last.0;
            if replay.people() >= PEOPLE_MAX || began.elapsed() > TAKES_MAX / 2 {
                return Ok(true);
            }
        }
    }

    async fn people_meeting(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        after: ProfileKey,
    ) -> ServiceResult<Vec<ProfileKey>> {
        Ok(self
            .stores
            .simulation
            .load_matching_profiles(project, criteria, after, BATCH, self.now())
            .await?)
    }

    /// In batches, each read by itself: anyone who waits for the database or the processor gets a
    /// turn in between. Answers whether there were more events than are looked at.
    async fn replay_events(
        &self,
        project: ProjectId,
        version: &CompiledVersion,
        replay: &mut ReplayRun<'_>,
        (since, began): (Timestamp, Instant),
    ) -> ServiceResult<bool> {
        let keys: Vec<String> = ReplayRun::events_of_interest(version).into_iter().collect();
        if keys.is_empty() {
            return Ok(false);
        }
        let mut place = self.stores.simulation.get_event_cursor_at(since).await?;
        let mut looked_at = 0;
        loop {
            let batch =
                self.stores.simulation.load_past_events(project, &keys, place, BATCH).await?;
            let new: Vec<ProfileKey> = batch
                .events
                .iter()
                .map(|(person, ..)| *person)
                .filter(|person| !replay.knows(*person))
                .collect();
            self.add_people(version, replay, new, since).await?;
            looked_at += batch.events.len() as i64;
            let mut events = batch.events.into_iter();
            block_in_place(|| {
                events.try_for_each(|(person, happened, received_at)| {
                    replay.event(person, happened, received_at)
                })
            })?;
            let Some(next) = batch.next else { return Ok(false) };
            place = next;
            if looked_at >= EVENTS_MAX
                || replay.people() >= PEOPLE_MAX
                || began.elapsed() > TAKES_MAX
            {
                return Ok(true);
            }
            tokio::task::yield_now().await;
        }
    }

    async fn add_people(
        &self,
        version: &CompiledVersion,
        replay: &mut ReplayRun<'_>,
        mut people: Vec<ProfileKey>,
        since: Timestamp,
    ) -> ServiceResult<()> {
        people.sort_unstable();
        people.dedup();
        // Only what is asked of people is kept of them.
        let needs = ProfileNeeds {
            lists: version.needs_lists(),
            profile: version.needs_profile(),
            ..needs(version)
        };
        let found = self.stores.engine_source.load_profiles(&people, &needs).await?;
        found.into_values().for_each(|profile| replay.add(profile, since));
        Ok(())
    }
}

fn needs(version: &CompiledVersion) -> ProfileNeeds {
    ProfileNeeds { events: version.past_event_properties(), lists: true, profile: true }
}

/// A draft that is not finished can be tried; one that leads nowhere cannot.
fn walkable(graph: &Graph) -> ServiceResult<()> {
    let flaws: Vec<FieldError> =
        graph.storage_errors().into_iter().map(|flaw| flaw.under("graph")).collect();
    if flaws.is_empty() { Ok(()) } else { Err(ServiceError::Problems(flaws)) }
}
