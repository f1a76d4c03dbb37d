//! A company that does random things.

use std::collections::HashMap;

use serde_json::{Value, json};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, ProfileKey},
    journeys::{
        document::JourneyDocument,
        list::{query::ListQuery, selection::Selection},
        read_model::VersionSummary,
        status::Status,
        transition::Action,
    },
    profiles::{
        Properties,
        ingest_record::{IngestRecord, NewEvent, ProfileRef, ProfileUpdate, RecordPayload},
        sender::{Batch, RecordSource, Sender},
    },
    stats::VersionStats,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
    versions::{PreviousVersionPolicy, SaveVersion, publish::PublishVersion},
};
use wayfare_engine::Engine;
use wayfare_runtime::clock::Clock;
use wayfare_store::{StoreError, Stores, versions::SaveOutcome};

use crate::{
    engine_rounds::{HeldClock, engine_of},
    test_project::versions_of,
};

/// Journeys of one company; its random operations.
const JOURNEYS: usize = 64;
const DAYS_OF_LIFE: usize = 45;
const PEOPLE: u64 = 30;
const EVENTS: [&str; 4] = ["Signed Up", "Cart Left", "Ordered", "Visited"];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// What was seen of a journey that entry was closed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    status: Status,
    entered: i64,
    inside: i64,
    converted: i64,
}

pub struct Company {
    seed: u64,
    dice: Dice,
    clock: HeldClock,
    stores: Stores,
    actor: Actor,
    engine: Engine,
    journeys: Vec<JourneyId>,
    /// Paused and stopped ones, as they were when that was answered.
    closed: HashMap<JourneyId, Seen>,
    /// Versions that a newer one took over from, as they were then; true where everybody left.
    retired: HashMap<(JourneyId, i64), (VersionStats, bool)>,
}

impl Company {
    /// In an empty store.
    pub async fn found(seed: u64, stores: Stores) -> Self {
        // A week before the clocks of Europe go forward.
        let clock = HeldClock::at(Timestamp(1_774_000_000_000));
        let actor = stores.projects.ensure_local_actor(clock.now()).await.expect("an actor");
        let gold =
            serde_json::json!({"property": {"property": "plan", "is": "equals", "value": "gold"}});
        let gold = serde_json::from_value(gold).expect("criteria");
        stores
            .segments
            .save_segment(&actor, super::journey::SEGMENT, &gold, clock.now())
            .await
            .expect("a segment");
        let engine = engine_of(&stores, &clock);
        let (journeys, closed, retired) = (Vec::new(), HashMap::new(), HashMap::new());
        Self { seed, dice: Dice(seed), clock, stores, actor, engine, journeys, closed, retired }
    }

    /// Lives, and answers how many journeys it had and how many people entered.
    pub async fn live(mut self) -> (usize, i64) {
        for _ in 0..JOURNEYS {
            self.make_journey().await;
        }
        for _ in 0..DAYS_OF_LIFE {
            for _ in 0..self.dice.below(4) + 1 {
                self.act().await;
                self.settle().await;
                self.check().await;
            }
            self.pass_time().await;
            self.check().await;
        }
        let entered = self
            .stores
            .journey_queries
            .get_journey_page(self.actor.project, &ListQuery::default(), self.clock.now())
            .await
            .expect("a list");
        (self.journeys.len(), entered.rows.iter().map(|row| row.figures.entered).sum())
    }

    async fn act(&mut self) {
        match self.dice.below(23) {
            0..=9 => self.send_events().await,
            10..=11 => self.change_people().await,
            12..=13 => self.operate(Action::Pause).await,
            14..=15 => self.operate(Action::Resume).await,
            16 => self.operate(Action::Stop).await,
            17 => self.erase_someone().await,
            18 => self.make_journey().await,
            19..=20 => self.new_version().await,
            21 => self.edit_in_place().await,
            // A crash between two rounds: what was not written is gone.
            _ => self.engine = engine_of(&self.stores, &self.clock),
        }
    }

    /// Everything that is due now.
    async fn settle(&mut self) {
        for _ in 0..200 {
            if !self
                .engine
                .tick()
                .await
                .unwrap_or_else(|error| panic!("seed {}: {error}", self.seed))
            {
                return;
            }
        }
        panic!("seed {}: the engine never comes to rest", self.seed);
    }

    /// Half a day to a month, stopping wherever someone is due.
    async fn pass_time(&mut self) {
        let target =
            self.clock.now().plus(12 * HOUR_MS + self.dice.below(8 * DAY_MS as u64) as i64);
        while let Some(due) = self
            .stores
            .engine
            .get_next_due(None)
            .await
            .expect("a time")
            .filter(|due| *due <= target)
        {
            let before = self.clock.now();
            self.clock.set(due.max(before));
            self.settle().await;
            let next = self.stores.engine.get_next_due(None).await.expect("a time");
            assert!(
                next.is_none_or(|next| next > self.clock.now()),
                "seed {}: someone due was left",
                self.seed
            );
        }
        self.clock.set(target);
        self.settle().await;
    }

    async fn send_events(&mut self) {
        let now = self.clock.now();
        let mut records = Vec::new();
        for _ in 0..self.dice.below(40) + 1 {
            let (name, cart) = (self.dice.one(&EVENTS), self.dice.below(3));
            // Some arrive late, some too late to let anybody in.
            let at = now.plus(-(self.dice.below(5) as i64 / 4) * 90 * MINUTE_MS);
            let properties = map(json!({"cart": cart, "total": self.dice.below(200)}));
            let message = (self.dice.below(4) == 0).then(|| format!("m{}", self.dice.below(500)));
            let event = NewEvent::read(name, Some(at), properties, message, now).expect("an event");
            records.push(IngestRecord {
                who: self.random_person(),
                what: RecordPayload::Event(event),
            });
        }
        self.send(records, now).await;
    }

    async fn send(&self, records: Vec<IngestRecord>, now: Timestamp) {
        let sender = Sender::trusted(self.actor.user, RecordSource::Api);
        let batch = Batch { project: self.actor.project, sender, records };
        self.stores.ingest.ingest(&[batch], now).await.expect("stored");
    }

    async fn change_people(&mut self) {
        let mut records = Vec::new();
        for _ in 0..self.dice.below(10) + 1 {
            let email = if self.dice.below(3) > 0 { json!("a@example.com") } else { json!(null) };
            let zone = self.dice.one(&["Europe/Berlin", "America/New_York", "Nowhere/Land"]);
            let properties = json!({"email": email, "tz": zone, "plan": self.dice.one(&["free", "gold"]), "renews": "2026-05-01"});
            let change = ProfileUpdate::read(map(properties)).expect("a change");
            records.push(IngestRecord {
                who: self.random_person(),
                what: RecordPayload::Change(change),
            });
        }
        let now = self.clock.now();
        self.send(records, now).await;
    }

    /// Known by identity, by device, or by both, which joins them.
    fn random_person(&mut self) -> ProfileRef {
        let number = self.dice.below(PEOPLE);
        let (identity, anonymous) = match self.dice.below(8) {
            0 => (None, Some(format!("device {number}"))),
            1 => (
                Some(format!("person {number}")),
                Some(format!("device {}", self.dice.below(PEOPLE))),
            ),
            _ => (Some(format!("person {number}")), None),
        };
        ProfileRef::read(identity, anonymous).expect("a person")
    }

    async fn erase_someone(&mut self) {
        let person = self.dice.below(PEOPLE) as i64 + 1;
        // The number may be gone; that is an answer as well.
        let _ = self
            .stores
            .profiles
            .delete_profile(&self.actor, ProfileKey(person), self.clock.now())
            .await;
    }

    async fn make_journey(&mut self) {
        let document = super::journey::random(
            &mut |end| self.dice.below(end),
            self.journeys.len(),
            self.clock.now(),
        );
        let document: JourneyDocument = serde_json::from_value(document).expect("a document");
        assert_eq!(document.problems(), [], "seed {}", self.seed);
        let now = self.clock.now();
        let id = self
            .stores
            .journeys
            .create_journey(&self.actor, &document, now)
            .await
            .expect("created");
        self.journeys.push(id);
        let chosen = Selection::Ticked(vec![id]);
        self.stores
            .journeys
            .operate(&self.actor, &chosen, Action::Publish, None, now)
            .await
            .expect("published");
    }

    /// Begins a version, draws another graph into it and publishes it; people in the older ones
    /// carry on or leave.
    async fn new_version(&mut self) {
        let (journey, now) = (self.dice.one(&self.journeys), self.clock.now());
        // A journey whose status does not allow it answers so.
        let Ok(version) = self.stores.versions.begin_version(&self.actor, journey, None, now).await
        else {
            return;
        };
        let number =
            self.journeys.iter().position(|known| *known == journey).expect("a journey of ours");
        let document = super::journey::random(&mut |end| self.dice.below(end), number, now);
        let document: JourneyDocument = serde_json::from_value(document).expect("a document");
        let JourneyDocument { graph, settings, name, description, .. } = document;
        let save =
            SaveVersion { journey, version, revision: 1, graph, settings, checked_as_draft: true };
        assert_eq!(
            self.stores.versions.save_version(&self.actor, &save, now).await.expect("saved"),
            SaveOutcome::Done { revision: 2 },
            "seed {}",
            self.seed
        );
        // A draft that is left lying is found again as one that cannot be begun.
        if self.dice.below(8) == 0 {
            return self
                .stores
                .versions
                .discard_draft(&self.actor, journey, now)
                .await
                .expect("discarded");
        }
        let leaves = self.dice.below(2) == 0;
        let predecessor = if leaves {
            PreviousVersionPolicy::ExitEnrolments
        } else {
            PreviousVersionPolicy::KeepEnrolments
        };
        let publication =
            PublishVersion { journey, version, revision: 2, name, description, predecessor };
        self.stores
            .versions
            .publish_version(&self.actor, &publication, now)
            .await
            .expect("published");
        self.closed.remove(&journey);
        for older in
            self.versions(journey).await.into_iter().filter(|older| older.number != version)
        {
            let left = older.status != Status::Stopped && leaves;
            let known = self.retired.get(&(journey, older.number)).is_some_and(|(_, left)| *left);
            assert!(
                !left || older.figures.inside == 0,
                "seed {}: someone stayed in version {}",
                self.seed,
                older.number
            );
            self.retired.insert((journey, older.number), (older.figures, left || known));
        }
    }

    /// A published version gets other texts while people are inside.
    async fn edit_in_place(&mut self) {
        let (journey, now) = (self.dice.one(&self.journeys), self.clock.now());
        let opened = self
            .stores
            .versions
            .open_version(self.actor.project, journey, None)
            .await
            .expect("a version");
        let mut graph = opened.graph;
        graph.nodes.iter_mut().for_each(|node| node.name = Some(format!("At {now}")));
        let version = opened.version.number;
        let save = SaveVersion {
            journey,
            version,
            revision: opened.revision,
            graph,
            settings: opened.settings,
            checked_as_draft: false,
        };
        match self.stores.versions.save_version(&self.actor, &save, now).await {
            Ok(SaveOutcome::Done { .. }) | Err(StoreError::Refused { .. }) => {}
            other => panic!("seed {}: {other:?}", self.seed),
        }
    }

    async fn versions(&self, journey: JourneyId) -> Vec<VersionSummary> {
        versions_of(&self.stores, self.actor.project, journey).await
    }

    async fn operate(&mut self, action: Action) {
        let chosen: Vec<JourneyId> =
            (0..self.dice.below(8) + 1).map(|_| self.dice.one(&self.journeys)).collect();
        let selection = Selection::Ticked(chosen.clone());
        self.stores
            .journeys
            .operate(&self.actor, &selection, action, None, self.clock.now())
            .await
            .expect("answered");
        for id in chosen {
            let seen = self.seen(id).await;
            match seen.status {
                Status::Paused | Status::Stopped => {
                    self.closed.insert(id, seen);
                }
                _ => {
                    self.closed.remove(&id);
                }
            }
        }
    }

    async fn seen(&self, id: JourneyId) -> Seen {
        let summary = self
            .stores
            .journey_queries
            .get_journey(self.actor.project, id)
            .await
            .expect("a journey")
            .summary;
        let figures = summary.figures;
        Seen {
            status: summary.status,
            entered: figures.entered,
            inside: figures.inside,
            converted: figures.converted,
        }
    }

    /// The guarantees of docs/design.md.
    async fn check(&self) {
        let differences = self.stores.maintenance.check_consistency().await.expect("checked");
        assert_eq!(differences, [], "seed {}", self.seed);
        for (id, then) in &self.closed {
            let now = self.seen(*id).await;
            assert_eq!(
                now.entered, then.entered,
                "seed {}: someone entered a {:?} journey",
                self.seed, then.status
            );
            if then.status == Status::Stopped {
                assert_eq!(
                    (now, now.inside),
                    (*then, 0),
                    "seed {}: a stopped journey moved",
                    self.seed
                );
            }
        }
        for ((journey, number), (then, left)) in &self.retired {
            let versions = self.versions(*journey).await;
            let now = versions
                .iter()
                .find(|version| version.number == *number)
                .expect("a version")
                .figures;
            assert_eq!(
                now.entered, then.entered,
                "seed {}: someone entered a version that is over",
                self.seed
            );
            if *left {
                assert_eq!(
                    now, *then,
                    "seed {}: someone moved in a version that everyone left",
                    self.seed
                );
            }
        }
    }
}

fn map(value: Value) -> Properties {
    value.as_object().cloned().expect("an object")
}
