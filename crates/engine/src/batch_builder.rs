//! The people of one round, in memory: decisions are made on them one after the other, and end up
//! in one batch.

mod finish;
mod outlet_counts;

use std::collections::HashMap;

use serde_json::Value;

use super::active_versions::{ActiveVersion, ActiveVersions};
use outlet_counts::{OutletCounts, count_visit};
use wayfare_domain::{
    engine::{
        compiled::NodeIndex,
        enrolment::{self, Advance, EngineContext, EnrolmentState},
        entry::{
            EnrolmentHistory, EntryAttempt, EntryRejection, check_entry, is_started_by_journey,
            start_event_key, start_event_properties,
        },
        node::{Effect, ExitReason},
        time_zones::TimeZones,
    },
    ids::{EnrolmentKey, JourneyKey, ProfileKey, VersionKey},
    messages::event::MessageEventKind,
    profiles::{PastEvent, Profile, Properties, property_value::to_canonical},
    stats::NodeStatsKind,
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{
        ActiveEnrolment, EngineBatch, EngineSource, EngineState, NewLogLine, NewMessage,
        NewStartEvent,
    },
};

/// Someone inside, as the round has left them so far.
struct WorkingEnrolment {
    seq: EnrolmentKey,
    /// None for those who came in during this round.
    from_visit: Option<i64>,
    state: EnrolmentState,
    moved: bool,
    ended: Option<ExitReason>,
    entry_text: Option<String>,
}

/// One round's people.
pub struct BatchBuilder<'a> {
    plan: &'a ActiveVersions,
    calendar: &'a dyn TimeZones,
    now: Timestamp,
    people: HashMap<ProfileKey, Profile>,
    enrolments: HashMap<(VersionKey, ProfileKey), WorkingEnrolment>,
    /// Enrolments that ended in this round, of people who came in again after them.
    over: Vec<((VersionKey, ProfileKey), WorkingEnrolment)>,
    history: HashMap<(JourneyKey, ProfileKey), EnrolmentHistory>,
    entered: HashMap<VersionKey, i64>,
    passed: HashMap<(VersionKey, NodeIndex), OutletCounts>,
    last_enrolment: EnrolmentKey,
    pub batch: EngineBatch,
}

impl<'a> BatchBuilder<'a> {
    pub fn new(
        plan: &'a ActiveVersions,
        calendar: &'a dyn TimeZones,
        head: EngineState,
        now: Timestamp,
    ) -> Self {
        // Decided on the plan: should the plan be older than the store by now, the batch must fail.
        let head = EngineState { epoch: plan.epoch, ..head };
        Self {
            plan,
            calendar,
            now,
            people: HashMap::new(),
            enrolments: HashMap::new(),
            over: Vec::new(),
            history: HashMap::new(),
            entered: HashMap::new(),
            passed: HashMap::new(),
            last_enrolment: head.last_enrolment,
            batch: EngineBatch { head, now, cursor: head.cursor, ..EngineBatch::default() },
        }
    }

    /// Loads those inside and those who may come in: (version, profile) of each occasion.
    pub async fn load(
        &mut self,
        source: &dyn EngineSource,
        inside: Vec<ActiveEnrolment>,
        occasions: &[(VersionKey, ProfileKey)],
    ) -> StoreResult<()> {
        let mut profiles: Vec<ProfileKey> = inside
            .iter()
            .map(|live| live.profile)
            .chain(occasions.iter().map(|(_, profile)| *profile))
            .collect();
        profiles.sort_unstable();
        profiles.dedup();
        let versions = inside
            .iter()
            .map(|live| live.version)
            .chain(occasions.iter().map(|(version, _)| *version));
        let needs = self.plan.needs(versions.collect::<std::collections::HashSet<_>>().into_iter());
        self.people = source.load_profiles(&profiles, &needs).await?;
        let mut pairs: Vec<(JourneyKey, ProfileKey)> = occasions
            .iter()
            .filter_map(|(version, profile)| {
                Some((self.plan.versions.get(version)?.planned.journey, *profile))
            })
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        self.history = source.load_enrolment_histories(&pairs).await?;
        for live in inside {
            self.admit_loaded(live)?;
        }
        Ok(())
    }

    fn admit_loaded(&mut self, live: ActiveEnrolment) -> StoreResult<()> {
        let Some(version) = self.plan.versions.get(&live.version) else { return Ok(()) };
        // A node that is gone with an edit: they go on from the entry's place rather than nowhere.
        let node = version.compiled.index_of(&live.node).unwrap_or(version.compiled.entry);
        let entry_properties = match &live.entry_properties {
            Some(text) => serde_json::from_str(text).unwrap_or_default(),
            None => Properties::new(),
        };
        let state = EnrolmentState {
            node,
            visit: live.visit,
            entered_at: live.entered_at,
            triggered_at: live.began_at,
            due: live.wait_until,
            awaits_engagement: live.awaits,
            entry_properties,
            split_seed: live.journey.to_string(),
        };
        let working = WorkingEnrolment {
            seq: live.seq,
            from_visit: Some(live.visit),
            state,
            moved: false,
            ended: None,
            entry_text: live.entry_properties,
        };
        self.enrolments.insert((live.version, live.profile), working);
        Ok(())
    }

    pub fn person(&self, profile: ProfileKey) -> Option<&Profile> {
        self.people.get(&profile)
    }

    fn world(&self, live: &'a ActiveVersion) -> EngineContext<'a> {
        EngineContext { version: &live.compiled, calendar: self.calendar, now: self.now }
    }

    /// They have an occasion to come in.
    pub fn attempt_entry(
        &mut self,
        version: VersionKey,
        profile: ProfileKey,
        event: Option<(&PastEvent, Timestamp)>,
    ) {
        let Some(live) = self.plan.versions.get(&version) else { return };
        if !self.people.contains_key(&profile) {
            return;
        }
        let planned = &live.planned;
        let key = (planned.journey, profile);
        let entered = self.entered.get(&version).copied().unwrap_or(planned.entered);
        let occasion = EntryAttempt {
            journey: &planned.journey_id.to_string(),
            profile,
            now: self.now,
            event: event.map(|(event, received)| (event.at, received)),
            by_journey: event.is_some_and(|(event, _)| is_started_by_journey(event)),
            history: self.history.get(&key).copied().unwrap_or_default(),
            entered,
        };
        let counted = self.batch.counted.entry(version).or_default();
        match check_entry(&live.compiled.settings, &occasion) {
            Err(gate) => {
                if gate == EntryRejection::Control {
                    counted.qualified += 1;
                    counted.control += 1;
                }
                let refused = self.batch.refused.entry((version, profile)).or_insert((gate, 0));
                *refused = (gate, refused.1 + 1);
            }
            Ok(()) => {
                counted.qualified += 1;
                counted.entered += 1;
                self.entered.insert(version, entered + 1);
                self.start_enrolment(live, profile, event.map(|(event, _)| event));
            }
        }
    }

    fn start_enrolment(
        &mut self,
        live: &'a ActiveVersion,
        profile: ProfileKey,
        event: Option<&PastEvent>,
    ) {
        let world = self.world(live);
        let Some(person) = self.people.get_mut(&profile) else { return };
        let entry_properties = event.map(|event| event.properties.clone()).unwrap_or_default();
        let began_at = event.map_or(self.now, |event| event.at.min(self.now));
        let entry_text = (!entry_properties.is_empty())
            .then(|| Value::Object(entry_properties.clone()).to_string());
        let salt = live.planned.journey.to_string();
        let advance = enrolment::start(world, person, began_at, entry_properties, &salt);
        self.last_enrolment.0 += 1;
        let working = WorkingEnrolment {
            seq: self.last_enrolment,
            from_visit: None,
            state: advance.enrolment.clone(),
            moved: true,
            ended: None,
            entry_text,
        };
        let key = (live.planned.seq, profile);
        self.over.extend(self.enrolments.insert(key, working).map(|before| (key, before)));
        self.history.insert(
            (live.planned.journey, profile),
            EnrolmentHistory::inside(advance.enrolment.entered_at),
        );
        self.collect(live, profile, advance);
    }

    /// They did something; it matters to their enrolment in this version, or not.
    pub fn event(&mut self, version: VersionKey, profile: ProfileKey, happened: &PastEvent) {
        self.with_enrolment(version, profile, |world, person, state| {
            enrolment::on_event(world, person, state, happened)
        });
    }

    pub fn time_up(&mut self, version: VersionKey, profile: ProfileKey) {
        self.with_enrolment(version, profile, |world, person, state| {
            enrolment::on_timer(world, person, state.clone())
        });
    }

    pub fn answer(&mut self, version: VersionKey, profile: ProfileKey, kind: MessageEventKind) {
        self.with_enrolment(version, profile, |world, person, state| {
            enrolment::on_message_event(world, person, state, kind)
        });
    }

    /// What became of their message, where they are still at it: several things may have become of
    /// it in one round.
    pub fn message_answer(
        &mut self,
        version: VersionKey,
        profile: ProfileKey,
        at: (&str, i64),
        kind: MessageEventKind,
    ) {
        let Some(live) = self.plan.versions.get(&version) else { return };
        let state = self.enrolments.get(&(version, profile)).map(|working| &working.state);
        if state
            .is_some_and(|state| (live.compiled.nodes[state.node].id.as_str(), state.visit) == at)
        {
            self.answer(version, profile, kind);
        }
    }

    fn with_enrolment(
        &mut self,
        version: VersionKey,
        profile: ProfileKey,
        act: impl FnOnce(EngineContext<'_>, &mut Profile, &EnrolmentState) -> Option<Advance>,
    ) {
        let Some(live) = self.plan.versions.get(&version) else { return };
        let world = self.world(live);
        let working =
            self.enrolments.get(&(version, profile)).filter(|working| working.ended.is_none());
        let (Some(working), Some(person)) = (working, self.people.get_mut(&profile)) else {
            return;
        };
        if let Some(advance) = act(world, person, &working.state) {
            self.collect(live, profile, advance);
        }
    }

    /// Puts what became of them into the batch.
    fn collect(&mut self, live: &ActiveVersion, profile: ProfileKey, advance: Advance) {
        let (version, nodes) = (live.planned.seq, &live.compiled.nodes);
        let Some(working) = self.enrolments.get_mut(&(version, profile)) else { return };
        working.moved = true;
        working.ended = advance.ended;
        working.state = advance.enrolment;
        for visit in &advance.visits {
            count_visit(self.passed.entry((version, visit.node)).or_default(), visit);
        }
        let path: Vec<(&str, String, &str)> = advance
            .visits
            .iter()
            .map(|visit| {
                (nodes[visit.node].id.as_str(), visit.outcome.word(), visit.reason.as_str())
            })
            .collect();
        let path = serde_json::to_string(&path).unwrap_or_else(|_| "[]".to_string());
        self.batch.steps.push(NewLogLine {
            enrolment: working.seq,
            visit: working.state.visit,
            path,
        });
        let counted = self.batch.counted.entry(version).or_default();
        for message in advance.messages {
            counted.queued += 1;
            self.batch.messages.push(NewMessage {
                project: live.planned.project,
                version,
                enrolment: working.seq,
                profile,
                node: nodes[message.node].id.clone(),
                visit: message.visit,
                channel: message.channel.key(),
                endpoint: live.endpoints.get(&message.node).cloned().unwrap_or_default(),
                live: self.plan.is_live(live.planned.project, message.channel),
                expires_at: message.expires_at,
            });
        }
        if let Some(ending) = advance.ended {
            counted.ended[ending as usize] += 1;
            self.history.insert(
                (live.planned.journey, profile),
                EnrolmentHistory::left(working.state.entered_at, self.now),
            );
        }
        for effect in advance.effects {
            self.affect(live, profile, effect);
        }
    }

    fn affect(&mut self, live: &ActiveVersion, profile: ProfileKey, effect: Effect) {
        let project = live.planned.project;
        match effect {
            // A null stays: it takes the property away.
            Effect::SetProperties(values) => self
                .batch
                .properties
                .entry(profile)
                .or_default()
                .extend(values.into_iter().map(|(name, value)| (name, to_canonical(value)))),
            Effect::AddToList(list) => {
                self.batch.lists.insert((project, profile, list), true);
            }
            Effect::RemoveFromList(list) => {
                self.batch.lists.insert((project, profile, list), false);
            }
            Effect::StartJourney { journey, depth } => self.batch.started.push(NewStartEvent {
                project,
                profile,
                key: start_event_key(&journey),
                properties: Value::Object(start_event_properties(depth)).to_string(),
            }),
        }
    }

    /// It counts among the figures of the message's node.
    pub fn count_message_event(&mut self, version: VersionKey, node: &str, kind: MessageEventKind) {
        let name = kind.key().to_string();
        let counted = (version, node.to_string(), NodeStatsKind::MessageEvent, name);
        *self.batch.nodes.entry(counted).or_default() += 1;
    }
}
