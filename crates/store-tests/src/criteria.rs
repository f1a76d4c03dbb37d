//! The two evaluators of criteria give the same answer: on random people, events and criteria.

use std::collections::HashMap;

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use wayfare_domain::{
    graph::criteria::{Comparison, Criteria, EventMatch, Occurrence, PropertyFilter, RelativeAge},
    ids::ProfileKey,
    profiles::{
        Properties,
        ingest_record::{IngestRecord, NewEvent, ProfileUpdate, RecordPayload},
    },
    time::DAY_MS,
};
use wayfare_store::{Stores, engine::ProfileNeeds};

use crate::test_project::{NOW, TestProject, known};

/// Names of properties that conditions ask for.
const ASKED: [&str; 4] = ["x", "y", "z z", "no\"t"];

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        prop::sample::select(vec![
            "",
            "a",
            "ab",
            "B",
            "true",
            "1",
            "ä",
            "%",
            "2026-01-02",
            "2026-01-02T03:04:05Z",
            "2026-13-99"
        ])
        .prop_map(|text| json!(text)),
        (-3_i64..4).prop_map(|number| json!(number)),
        prop::sample::select(vec![0.5, 1.0, -2.25]).prop_map(|number| json!(number)),
        any::<bool>().prop_map(|flag| json!(flag)),
    ];
    let list = prop::collection::vec(scalar.clone(), 0..3).prop_map(|items| json!(items));
    let object = scalar.clone().prop_map(|inner| json!({ "inner": inner }));
    prop_oneof![6 => scalar, 2 => list, 1 => object]
}

fn properties() -> impl Strategy<Value = Properties> {
    prop::collection::vec((prop::sample::select(vec!["x", "y", "z z"]), value()), 0..4).prop_map(
        |pairs| pairs.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
    )
}

fn filter() -> impl Strategy<Value = PropertyFilter> {
    const COMPARISONS: [Comparison; 10] = [
        Comparison::Equals,
        Comparison::NotEquals,
        Comparison::Contains,
        Comparison::StartsWith,
        Comparison::LessThan,
        Comparison::AtMost,
        Comparison::GreaterThan,
        Comparison::AtLeast,
        Comparison::Exists,
        Comparison::Missing,
    ];
    let wanted = prop_oneof![9 => value(), 1 => Just(Value::Null)];
    (prop::sample::select(ASKED.to_vec()), prop::sample::select(COMPARISONS.to_vec()), wanted)
        .prop_map(|(property, is, value)| PropertyFilter {
            property: property.to_string(),
            is,
            value,
        })
}

fn event() -> impl Strategy<Value = EventMatch> {
    (prop::sample::select(vec!["Did", "DID ", "Never"]), prop::collection::vec(filter(), 0..2))
        .prop_map(|(name, filters)| EventMatch { name: name.to_string(), filters })
}

fn criteria() -> impl Strategy<Value = Criteria> {
    let leaf = prop_oneof![
        4 => filter().prop_map(Criteria::Property),
        3 => (event(), 0_u32..3, prop::option::of(0_u32..6))
            .prop_map(|(event, at_least, within_days)| Criteria::Did { event, at_least, within_days }),
        2 => (event(), any::<bool>(), any::<bool>(), 0_u32..6).prop_map(|(event, first, within, days)| Criteria::DidTime {
            event,
            occasion: if first { Occurrence::First } else { Occurrence::Last },
            ago: if within { RelativeAge::Within } else { RelativeAge::Before },
            days,
        }),
        1 => prop::sample::select(vec!["VIP", "Other"]).prop_map(|list| Criteria::OnList(list.to_string())),
        1 => prop::sample::select(vec!["email", "sms", "webhook", "pigeon"]).prop_map(|by| Criteria::Reachable(by.to_string())),
        1 => Just(Criteria::InSegment("Nobody".to_string())),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Criteria::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Criteria::Any),
            inner.prop_map(|part| Criteria::Not(Box::new(part))),
        ]
    })
}

/// A person: their properties, what they did (how many hours ago), whether they are on the list,
/// their address and consent.
type Someone = (Properties, Vec<(i64, Properties)>, bool, bool, Option<bool>);

fn someone() -> impl Strategy<Value = Someone> {
    let events = prop::collection::vec((0_i64..150, properties()), 0..4);
    (properties(), events, any::<bool>(), any::<bool>(), prop::option::of(any::<bool>()))
}

fn records(people: &[Someone]) -> Vec<IngestRecord> {
    let mut records = Vec::new();
    for (number, (properties, events, listed, address, consent)) in people.iter().enumerate() {
        let who = known(&format!("p{number}"));
        let mut change = ProfileUpdate::read(properties.clone()).expect("properties");
        if *address {
            change.addresses.insert("email".to_string(), Some("a@example.com".to_string()));
        }
        change.consent.extend(consent.map(|wanted| ("email".to_string(), wanted)));
        records.push(IngestRecord { who: who.clone(), what: RecordPayload::Change(change) });
        for (hours, properties) in events {
            let at = Some(NOW.plus(-hours * DAY_MS / 24));
            let event = NewEvent::read("Did", at, properties.clone(), None, NOW).expect("an event");
            records.push(IngestRecord { who: who.clone(), what: RecordPayload::Event(event) });
        }
        if *listed {
            records.push(IngestRecord { who, what: RecordPayload::List("VIP".to_string()) });
        }
    }
    records
}

/// `open` gives an empty store each time, and what keeps it there.
pub fn both_evaluators_agree<K, O>(open: impl Fn() -> O)
where
    O: Future<Output = (Stores, K)>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let people = prop::collection::vec(someone(), 1..12);
    let cases = (people, prop::collection::vec(criteria(), 25));
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() };
    let outcome = TestRunner::new(config).run(&cases, |(people, questions)| {
        runtime.block_on(async {
            let (stores, _kept) = open().await;
            agree(&stores, &people, &questions).await
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

async fn agree(
    stores: &Stores,
    people: &[Someone],
    questions: &[Criteria],
) -> Result<(), TestCaseError> {
    let project = TestProject::new(stores).await;
    project.ingest(records(people)).await;
    let numbers = project.people().await;
    let properties = || ASKED.map(str::to_string).into();
    let events = ["did", "never"].map(|event| (event.to_string(), properties()));
    let needs = ProfileNeeds { events: HashMap::from(events), lists: true, profile: true };
    let loaded = stores.engine_source.load_profiles(&numbers, &needs).await.expect("people");
    prop_assert_eq!(loaded.len(), people.len());
    let number = stores.projects.get_project_key(project.actor.project).await.expect("a number");
    for question in questions {
        let by_store = stores
            .engine_source
            .load_matching_profiles_after(number, question, ProfileKey(0), 100, NOW)
            .await
            .expect("an answer");
        let matches = |person: &ProfileKey| question.matches(&loaded[person], NOW);
        let in_rust: Vec<ProfileKey> = numbers.iter().copied().filter(matches).collect();
        prop_assert_eq!(by_store, in_rust, "{:?}", question);
    }
    Ok(())
}
