//! A graph on what really happened: everybody in memory, the same pure rules as the engine, nothing
//! written. Messages count as sent, and no one does anything with them; profiles are as they are
//! today.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
};

use wayfare_domain::{
    engine::{
        CompiledVersion,
        compiled::NodeIndex,
        enrolment::{self, Advance, EngineContext, EnrolmentState, VisitOutcome},
        entry::{EnrolmentHistory, EntryAttempt, EntryRejection, check_entry},
        time_zones::TimeZones,
    },
    interrupt::{GivenUp, Interrupt},
    journeys::{read_model::NodeStats, settings::EntryTrigger},
    messages::event::MessageEventKind,
    profiles::{PastEvent, Profile, Properties, profile::event_key},
    time::Timestamp,
};
use wayfare_domain::{ids::ProfileKey, versions::ReplayResult};

pub struct ReplayRun<'a> {
    version: &'a CompiledVersion,
    calendar: &'a dyn TimeZones,
    /// Asked for each who is moved.
    interrupt: &'a dyn Interrupt,
    /// Names the journey for the control group.
    journey: String,
    /// Names of events that people's past is asked for.
    past: HashSet<String>,
    people: HashMap<ProfileKey, Profile>,
    inside: HashMap<ProfileKey, EnrolmentState>,
    history: HashMap<ProfileKey, EnrolmentHistory>,
    /// Times at which someone has to be looked at. One that they do not wait for any more is
    /// passed over.
    due: BinaryHeap<Reverse<(Timestamp, ProfileKey)>>,
    refused: HashMap<EntryRejection, i64>,
    nodes: HashMap<NodeIndex, NodeStats>,
    messages: HashMap<NodeIndex, i64>,
    figures: ReplayResult,
}

impl<'a> ReplayRun<'a> {
    pub fn new(
        version: &'a CompiledVersion,
        calendar: &'a dyn TimeZones,
        journey: &str,
        interrupt: &'a dyn Interrupt,
    ) -> Self {
        Self {
            version,
            calendar,
            interrupt,
            journey: journey.to_string(),
            past: version.past_events().into_iter().collect(),
            people: HashMap::new(),
            inside: HashMap::new(),
            history: HashMap::new(),
            due: BinaryHeap::new(),
            refused: HashMap::new(),
            nodes: HashMap::new(),
            messages: HashMap::new(),
            figures: ReplayResult::default(),
        }
    }

    /// Events that have to be handed in: others matter to no one.
    pub fn events_of_interest(version: &CompiledVersion) -> HashSet<String> {
        let mut keys: HashSet<String> =
            version.events_while_enrolled().into_iter().chain(version.past_events()).collect();
        if let EntryTrigger::Event { name, .. } = &version.settings.entry {
            keys.insert(event_key(name));
        }
        keys
    }

    /// How many people are kept in memory.
    pub fn people(&self) -> usize {
        self.people.len()
    }

    pub fn knows(&self, person: ProfileKey) -> bool {
        self.people.contains_key(&person)
    }

    /// Someone, with what they did before `since`; what they did later is handed in as it happens.
    pub fn add(&mut self, mut profile: Profile, since: Timestamp) {
        profile.events.retain(|event| event.at < since);
        self.people.insert(ProfileKey(profile.seq.0), profile);
    }

    /// They did something. Anyone who was not added is passed over.
    ///
    /// # Errors
    /// Where no one wants to know any more.
    pub fn event(
        &mut self,
        person: ProfileKey,
        happened: PastEvent,
        received_at: Timestamp,
    ) -> Result<(), GivenUp> {
        self.interrupt.go_on()?;
        self.run_until(received_at)?;
        self.figures.events += 1;
        let Some(profile) = self.people.get_mut(&person) else { return Ok(()) };
        let by_profile = matches!(self.version.settings.entry, EntryTrigger::Profile { .. });
        let criteria = self.version.entry_criteria.as_ref().filter(|_| by_profile);
        let met = criteria.is_some_and(|criteria| criteria.matches(profile, received_at));
        if self.past.contains(&happened.key) {
            profile.events.push(happened.clone());
        }
        let comes_to_meet =
            !met && criteria.is_some_and(|criteria| criteria.matches(profile, received_at));
        if let Some(state) = self.inside.get(&person) {
            let world =
                EngineContext { version: self.version, calendar: self.calendar, now: received_at };
            let advance = enrolment::on_event(world, profile, &state.clone(), &happened);
            self.follow(person, advance, received_at)?;
        }
        let lets_in = match &self.version.settings.entry {
            EntryTrigger::Event { name, filters } => {
                event_key(name) == happened.key
                    && filters.iter().all(|filter| filter.matches(&happened.properties))
            }
            EntryTrigger::Profile { .. } => comes_to_meet,
            // Nothing that a profile does starts these.
            EntryTrigger::Segment { .. } | EntryTrigger::List { .. } | EntryTrigger::Api {} => {
                false
            }
        };
        if lets_in {
            let live = Some((happened.at, received_at)).filter(|_| !by_profile);
            self.attempt_entry(person, happened.properties, received_at, live)?;
        }
        Ok(())
    }

    /// They have an occasion to enter.
    ///
    /// # Errors
    /// Where no one wants to know any more.
    pub fn attempt_entry(
        &mut self,
        person: ProfileKey,
        properties: Properties,
        now: Timestamp,
        event: Option<(Timestamp, Timestamp)>,
    ) -> Result<(), GivenUp> {
        let occasion = EntryAttempt {
            journey: &self.journey,
            profile: person,
            now,
            event,
            // Other journeys do not run here.
            by_journey: false,
            history: self.history.get(&person).copied().unwrap_or_default(),
            entered: self.figures.entered,
        };
        if let Err(gate) = check_entry(&self.version.settings, &occasion) {
            *self.refused.entry(gate).or_default() += 1;
            return Ok(());
        }
        let Some(profile) = self.people.get_mut(&person) else { return Ok(()) };
        self.figures.entered += 1;
        let world = EngineContext { version: self.version, calendar: self.calendar, now };
        let began_at = event.map_or(now, |(at, _)| at.min(now));
        let advance = enrolment::start(world, profile, began_at, properties, &self.journey);
        self.history.insert(person, EnrolmentHistory::inside(now));
        self.follow(person, Some(advance), now)
    }

    /// Lets time pass: anyone who is due goes on.
    ///
    /// # Errors
    /// Where no one wants to know any more.
    pub fn run_until(&mut self, until: Timestamp) -> Result<(), GivenUp> {
        while let Some(Reverse((at, person))) =
            self.due.peek().copied().filter(|Reverse((at, _))| *at <= until)
        {
            self.interrupt.go_on()?;
            self.due.pop();
            let Some(state) =
                self.inside.get(&person).filter(|state| state.due_at(self.version) == Some(at))
            else {
                continue;
            };
            let Some(profile) = self.people.get_mut(&person) else { continue };
            let world = EngineContext { version: self.version, calendar: self.calendar, now: at };
            let advance = enrolment::on_timer(world, profile, state.clone());
            self.follow(person, advance, at)?;
        }
        Ok(())
    }

    /// Counts where they went. Their message counts as sent at once, so in a draft whose messages
    /// lead to one another this goes on until it is given up.
    fn follow(
        &mut self,
        person: ProfileKey,
        first: Option<Advance>,
        now: Timestamp,
    ) -> Result<(), GivenUp> {
        let mut next = first;
        while let Some(advance) = next.take() {
            self.interrupt.go_on()?;
            for visit in &advance.visits {
                let id = || self.version.nodes[visit.node].id.clone();
                let node = self
                    .nodes
                    .entry(visit.node)
                    .or_insert_with(|| NodeStats { node: id(), ..NodeStats::default() });
                node.came += i64::from(visit.arrived);
                match &visit.outcome {
                    VisitOutcome::Left(outlet) => {
                        match node.left.iter_mut().find(|(known, _)| known == outlet) {
                            Some((_, count)) => *count += 1,
                            None => node.left.push((outlet.clone(), 1)),
                        }
                    }
                    VisitOutcome::Ended(_) => node.ended += 1,
                    VisitOutcome::Waits | VisitOutcome::Sends => {}
                }
            }
            for message in &advance.messages {
                *self.messages.entry(message.node).or_default() += 1;
            }
            if advance.ended.is_some() {
                self.inside.remove(&person);
                self.history
                    .insert(person, EnrolmentHistory::left(advance.enrolment.entered_at, now));
                return Ok(());
            }
            let sends = matches!(
                advance.visits.last().map(|visit| &visit.outcome),
                Some(VisitOutcome::Sends)
            );
            self.inside.insert(person, advance.enrolment.clone());
            if sends && let Some(profile) = self.people.get_mut(&person) {
                let world = EngineContext { version: self.version, calendar: self.calendar, now };
                next = enrolment::on_message_event(
                    world,
                    profile,
                    &advance.enrolment,
                    MessageEventKind::Sent,
                );
            } else if let Some(due) = advance.enrolment.due_at(self.version) {
                self.due.push(Reverse((due, person)));
            }
        }
        Ok(())
    }

    /// What came of it, with the nodes in the order of the graph.
    pub fn finish(mut self) -> ReplayResult {
        let mut nodes: Vec<(NodeIndex, NodeStats)> = self.nodes.into_iter().collect();
        nodes.sort_unstable_by_key(|(index, _)| *index);
        self.figures.nodes = nodes.into_iter().map(|(_, figures)| figures).collect();
        let mut messages: Vec<(NodeIndex, i64)> = self.messages.into_iter().collect();
        messages.sort_unstable();
        let version = self.version;
        self.figures.messages = messages
            .into_iter()
            .map(|(index, count)| (version.nodes[index].id.clone(), count))
            .collect();
        let refused = self.refused;
        let counted = EntryRejection::ALL
            .into_iter()
            .filter_map(|gate| Some((gate.sentence().to_string(), *refused.get(&gate)?)));
        self.figures.refused = counted.collect();
        self.figures
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use serde_json::json;

    use super::*;
    use wayfare_domain::{
        engine::time_zones::UtcOnly,
        graph::Graph,
        interrupt::Uninterrupted,
        journeys::settings::Settings,
        time::{DAY_MS, HOUR_MS, MINUTE_MS},
    };

    const START: Timestamp = Timestamp(1_790_596_800_000);

    fn graph() -> Graph {
        serde_json::from_value(json!({
            "nodes": [
                {"id": "entry", "step": {"entry": {}}},
                {"id": "wait", "step": {"wait_for_event": {"event": {"name": "Ordered"}, "timeout_minutes": 60}}},
                {"id": "mail", "step": {"email": {"subject": "Your cart", "body": "…"}}},
                {"id": "done", "step": {"goal": {"name": "Order"}}}
            ],
            "connectors": [
                {"from": "entry", "outlet": "next", "to": "wait"},
                {"from": "wait", "outlet": "yes", "to": "done"},
                {"from": "wait", "outlet": "timeout", "to": "mail"}
            ]
        }))
        .expect("a graph")
    }

    fn did(replay: &mut ReplayRun<'_>, person: ProfileKey, name: &str, at: Timestamp) {
        let happened = PastEvent { key: event_key(name), at, properties: Properties::new() };
        replay.event(person, happened, at).expect("not interrupted");
    }

    /// Gives up when it was asked this often.
    struct Patience(AtomicU32);

    impl Interrupt for Patience {
        fn go_on(&self) -> Result<(), GivenUp> {
            let asked = self.0.fetch_add(1, Ordering::Relaxed);
            if asked < 1_000 { Ok(()) } else { Err(GivenUp::NobodyWaits) }
        }
    }

    #[test]
    fn a_draft_whose_messages_lead_to_one_another_ends_when_nobody_waits_any_more() {
        let graph: Graph = serde_json::from_value(json!({
            "nodes": [
                {"id": "entry", "step": {"entry": {}}},
                {"id": "a", "step": {"email": {"subject": "a", "body": "…"}}},
                {"id": "b", "step": {"email": {"subject": "b", "body": "…"}}}
            ],
            "connectors": [
                {"from": "entry", "outlet": "next", "to": "a"},
                {"from": "a", "outlet": "sent", "to": "b"},
                {"from": "b", "outlet": "sent", "to": "a"}
            ]
        }))
        .expect("a graph");
        let settings = Settings::new(EntryTrigger::Event {
            name: "Cart Left".to_string(),
            filters: Vec::new(),
        });
        let version = CompiledVersion::new(&graph, &settings, &HashMap::new());
        let patience = Patience(AtomicU32::new(0));
        let mut replay = ReplayRun::new(&version, &UtcOnly, "7", &patience);
        let addresses = [("email".to_string(), "ada@example.com".to_string())].into();
        replay.add(Profile { seq: ProfileKey(1), addresses, ..Profile::default() }, START);
        let key = event_key("Cart Left");
        let happened = PastEvent { key, at: START, properties: Properties::new() };
        assert!(replay.event(ProfileKey(1), happened, START).is_err());
    }

    #[test]
    fn people_pass_as_they_would_have_and_each_message_is_counted() {
        let settings = Settings::new(EntryTrigger::Event {
            name: "Cart Left".to_string(),
            filters: Vec::new(),
        });
        let version = CompiledVersion::new(&graph(), &settings, &HashMap::new());
        let mut replay = ReplayRun::new(&version, &UtcOnly, "7", &Uninterrupted);
        for seq in 1..=3 {
            let addresses = [("email".to_string(), "ada@example.com".to_string())].into();
            replay.add(Profile { seq: ProfileKey(seq), addresses, ..Profile::default() }, START);
        }
        did(&mut replay, ProfileKey(1), "Cart Left", START);
        did(&mut replay, ProfileKey(2), "cart left", START);
        did(&mut replay, ProfileKey(1), "Ordered", START.plus(10 * MINUTE_MS));
        // An hour later the second person has got their message, and may not come in again.
        did(&mut replay, ProfileKey(2), "Cart Left", START.plus(2 * HOUR_MS));
        did(&mut replay, ProfileKey(3), "Cart Left", START.plus(3 * HOUR_MS));
        did(&mut replay, ProfileKey(99), "Cart Left", START.plus(3 * HOUR_MS));
        replay.run_until(START.plus(3 * HOUR_MS + 5 * MINUTE_MS)).expect("not interrupted");
        let figures = replay.finish();
        assert_eq!((figures.events, figures.entered), (6, 3));
        assert_eq!(figures.messages, [("mail".to_string(), 1)]);
        assert_eq!(figures.refused, [(EntryRejection::Reentry.sentence().to_string(), 1)]);
        let wait = figures.nodes.iter().find(|node| node.node == "wait").expect("figures");
        assert_eq!((wait.came, wait.waiting()), (3, 1));
    }

    #[test]
    fn what_somebody_did_counts_from_when_she_did_it() {
        let criteria =
            serde_json::from_value(json!({"did": {"event": {"name": "Visited"}, "at_least": 2}}))
                .expect("criteria");
        let settings = Settings::new(EntryTrigger::Profile { criteria });
        let version = CompiledVersion::new(&graph(), &settings, &HashMap::new());
        let mut replay = ReplayRun::new(&version, &UtcOnly, "7", &Uninterrupted);
        let visit =
            |at| PastEvent { key: "visited".to_string(), at, properties: Properties::new() };
        let events = vec![visit(START.plus(-DAY_MS)), visit(START.plus(DAY_MS))];
        replay.add(Profile { seq: ProfileKey(1), events, ..Profile::default() }, START);
        did(&mut replay, ProfileKey(1), "Ordered", START);
        assert_eq!(replay.figures.entered, 0);
        did(&mut replay, ProfileKey(1), "Visited", START.plus(DAY_MS));
        assert_eq!(replay.figures.entered, 1);
    }
}
