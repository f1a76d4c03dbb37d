//! Who enters: the checks between an attempt and an enrolment, in the order in which they are made.

use serde::{Deserialize, Serialize};

use super::{
    bucketing::hash_bucket,
    node::{START_CHAIN_PROPERTY, WAIT_MIN_MS},
};
use crate::{
    ids::ProfileKey,
    journeys::settings::{EntryTrigger, ReentryRule, Settings},
    profiles::{PastEvent, Properties, ingest_record::ENTRY_EVENT_AGE_MAX, profile::event_key},
    time::{HOUR_MS, Timestamp},
};

/// A profile's enrolments in the journey, over all of its versions: what the re-entry rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EnrolmentHistory {
    /// Is the profile inside?
    pub is_enrolled: bool,
    /// The last exit; none where the profile never exited.
    pub left_at: Option<Timestamp>,
    /// The last entry; none where the profile never entered.
    pub entered_at: Option<Timestamp>,
}

impl EnrolmentHistory {
    /// Of a profile that entered at this time.
    pub fn inside(entered_at: Timestamp) -> Self {
        Self { is_enrolled: true, left_at: None, entered_at: Some(entered_at) }
    }

    /// Of a profile that exited.
    pub fn left(entered_at: Timestamp, left_at: Timestamp) -> Self {
        Self { is_enrolled: false, left_at: Some(left_at), entered_at: Some(entered_at) }
    }
}

/// Why an attempt to enter was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryRejection {
    /// The event had happened too long ago when it arrived.
    TooOld,
    /// The profile is in the control group.
    Control,
    /// The profile is inside.
    Inside,
    /// The re-entry rule does not allow another entry, or not yet.
    Reentry,
    /// The entry limit is reached.
    Cap,
    /// Another journey started this one too soon after the last entry.
    StartedTooSoon,
}

impl EntryRejection {
    pub const ALL: [EntryRejection; 6] = [
        EntryRejection::TooOld,
        EntryRejection::Control,
        EntryRejection::Inside,
        EntryRejection::Reentry,
        EntryRejection::Cap,
        EntryRejection::StartedTooSoon,
    ];

    /// The order of the checks: a profile in the control group or beyond the entry limit is counted
    /// as such only where nothing else refuses it.
    const CHECK_ORDER: [EntryRejection; 6] = [
        EntryRejection::TooOld,
        EntryRejection::Inside,
        EntryRejection::Reentry,
        EntryRejection::StartedTooSoon,
        EntryRejection::Control,
        EntryRejection::Cap,
    ];

    /// The number in the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|index| EntryRejection::ALL.get(index).copied())
    }

    /// A sentence for a person.
    pub fn sentence(self) -> &'static str {
        match self {
            EntryRejection::TooOld => {
                "The event happened more than an hour before it arrived. Such events cannot start \
                    an enrolment."
            }
            EntryRejection::Control => {
                "This person is in the control group: qualifies, but stays outside for comparison."
            }
            EntryRejection::Inside => "This person was already inside. No one is inside twice.",
            EntryRejection::Reentry => {
                "This person was inside before. The re-entry rule does not allow another entry, or \
                    not so soon."
            }
            EntryRejection::Cap => "The entry limit was reached.",
            EntryRejection::StartedTooSoon => {
                "This person entered less than a minute before. Other journeys can start this one \
                    for the same person once a minute at most."
            }
        }
    }
}

/// One chance to enter.
#[derive(Debug, Clone, Copy)]
pub struct EntryAttempt<'a> {
    /// Names the journey for the control group: the same people over all of its versions.
    pub journey: &'a str,
    pub profile: ProfileKey,
    pub now: Timestamp,
    /// When the event happened and when it arrived, for live events.
    pub event: Option<(Timestamp, Timestamp)>,
    /// A node of another journey starts this one.
    pub by_journey: bool,
    pub history: EnrolmentHistory,
    /// How many have entered so far.
    pub entered: i64,
}

/// In front of a journey's name or id: the event by which a node of another journey, or a program,
/// starts it.
const START_EVENT_PREFIX: &str = "$enter ";

/// The key of the event that starts a journey, given by its name or id.
pub fn start_event_key(journey: &str) -> String {
    format!("{START_EVENT_PREFIX}{}", event_key(journey))
}

/// The properties of the event by which a node starts a journey: how many journeys have started one
/// another.
pub fn start_event_properties(depth: u64) -> Properties {
    Properties::from_iter([(START_CHAIN_PROPERTY.to_string(), depth.into())])
}

/// Is it the event by which a node of a journey starts another one?
pub fn is_started_by_journey(event: &PastEvent) -> bool {
    event.key.starts_with('$') && event.properties.contains_key(START_CHAIN_PROPERTY)
}

/// Has an event the properties that the trigger asks for? Events that start a journey
/// ([`start_event_key`]) need none.
pub fn event_fits_trigger(trigger: &EntryTrigger, key: &str, properties: &Properties) -> bool {
    match trigger {
        EntryTrigger::Event { filters, .. } => {
            key.starts_with('$') || filters.iter().all(|filter| filter.matches(properties))
        }
        EntryTrigger::Profile { .. }
        | EntryTrigger::Segment { .. }
        | EntryTrigger::List { .. }
        | EntryTrigger::Api {} => true,
    }
}

/// May the profile enter?
///
/// # Errors
/// The first reason that refuses it.
pub fn check_entry(settings: &Settings, attempt: &EntryAttempt<'_>) -> Result<(), EntryRejection> {
    rejections(settings, attempt).next().map_or(Ok(()), Err)
}

/// Every reason that refuses the attempt, in the order of the checks; each is checked only when it
/// is asked for.
pub fn rejections<'a>(
    settings: &'a Settings,
    attempt: &'a EntryAttempt<'_>,
) -> impl Iterator<Item = EntryRejection> + 'a {
    EntryRejection::CHECK_ORDER
        .into_iter()
        .filter(move |reason| is_refused(*reason, settings, attempt))
}

fn is_refused(reason: EntryRejection, settings: &Settings, attempt: &EntryAttempt<'_>) -> bool {
    let EntryAttempt { now, history, .. } = *attempt;
    match reason {
        EntryRejection::TooOld => {
            attempt.event.is_some_and(|(at, received)| received.0 - at.0 > ENTRY_EVENT_AGE_MAX)
        }
        EntryRejection::Inside => history.is_enrolled,
        EntryRejection::Reentry => history.left_at.is_some_and(|left| match settings.reentry {
            ReentryRule::Never => true,
            ReentryRule::AfterExit => false,
            ReentryRule::AfterHours(hours) => now < left.plus(i64::from(hours) * HOUR_MS),
        }),
        // Journeys of one name that start that name would multiply: each start leads to one entry
        // per journey, and each of these starts them all again.
        EntryRejection::StartedTooSoon => {
            attempt.by_journey && history.entered_at.is_some_and(|at| now < at.plus(WAIT_MIN_MS))
        }
        EntryRejection::Control => is_in_control_group(settings, attempt.journey, attempt.profile),
        EntryRejection::Cap => settings
            .entry_cap
            .is_some_and(|cap| attempt.entered >= i64::try_from(cap).unwrap_or(i64::MAX)),
    }
}

/// Is the profile in the control group of the journey?
fn is_in_control_group(settings: &Settings, journey: &str, profile: ProfileKey) -> bool {
    settings.control_percent > 0
        && hash_bucket(&format!("control {journey}"), profile.0) < settings.control_percent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{journeys::settings::EntryTrigger, time::MINUTE_MS};

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn attempt() -> EntryAttempt<'static> {
        EntryAttempt {
            journey: "j",
            profile: ProfileKey(7),
            now: NOW,
            event: None,
            by_journey: false,
            history: EnrolmentHistory::default(),
            entered: 0,
        }
    }

    fn settings() -> Settings {
        Settings::new(EntryTrigger::Api {})
    }

    fn left(hours_ago: i64) -> EnrolmentHistory {
        let left_at = NOW.plus(-hours_ago * HOUR_MS);
        EnrolmentHistory::left(left_at.plus(-HOUR_MS), left_at)
    }

    #[test]
    fn a_new_profile_enters_and_none_is_inside_twice() {
        assert_eq!(check_entry(&settings(), &attempt()), Ok(()));
        let inside = EnrolmentHistory { left_at: Some(NOW), ..EnrolmentHistory::inside(NOW) };
        let again = Settings { reentry: ReentryRule::AfterExit, ..settings() };
        assert_eq!(
            check_entry(&again, &EntryAttempt { history: inside, ..attempt() }),
            Err(EntryRejection::Inside)
        );
    }

    #[test]
    fn re_entry_is_off_after_exit_or_after_a_gap() {
        let back = |reentry, hours| {
            check_entry(
                &Settings { reentry, ..settings() },
                &EntryAttempt { history: left(hours), ..attempt() },
            )
        };
        assert_eq!(back(ReentryRule::Never, 10_000), Err(EntryRejection::Reentry));
        assert_eq!(back(ReentryRule::AfterExit, 0), Ok(()));
        assert_eq!(back(ReentryRule::AfterHours(24), 23), Err(EntryRejection::Reentry));
        assert_eq!(back(ReentryRule::AfterHours(24), 24), Ok(()));
    }

    #[test]
    fn an_old_event_starts_no_enrolment() {
        let late = |minutes: i64| EntryAttempt {
            event: Some((NOW.plus(-minutes * MINUTE_MS), NOW)),
            ..attempt()
        };
        assert_eq!(check_entry(&settings(), &late(60)), Ok(()));
        assert_eq!(check_entry(&settings(), &late(61)), Err(EntryRejection::TooOld));
    }

    /// A profile that entered and exited so many milliseconds ago, and may enter again.
    fn started_again(by_journey: bool, ago: i64) -> Result<(), EntryRejection> {
        let at = NOW.plus(-ago);
        let history = EnrolmentHistory::left(at, at);
        let again = Settings { reentry: ReentryRule::AfterExit, ..settings() };
        check_entry(&again, &EntryAttempt { by_journey, history, ..attempt() })
    }

    #[test]
    fn journeys_start_a_journey_for_the_same_person_once_a_minute_at_most() {
        assert_eq!(started_again(true, MINUTE_MS - 1), Err(EntryRejection::StartedTooSoon));
        assert_eq!(started_again(true, MINUTE_MS), Ok(()));
    }

    #[test]
    fn whoever_enters_by_an_event_may_enter_again_within_the_minute() {
        assert_eq!(started_again(false, 0), Ok(()));
    }

    #[test]
    fn only_the_event_of_a_node_counts_as_a_start_by_a_journey() {
        let event = |key: &str, properties: serde_json::Value| PastEvent {
            key: key.to_string(),
            at: NOW,
            properties: properties.as_object().cloned().unwrap_or_default(),
        };
        let depth = || serde_json::json!({"$depth": 1});
        assert!(is_started_by_journey(&event("$enter bomb", depth())));
        assert!(!is_started_by_journey(&event("visited", depth())));
        assert!(!is_started_by_journey(&event("$enter bomb", serde_json::json!({}))));
    }

    #[test]
    fn the_checks_have_one_order_and_the_first_reason_counts() {
        let full = Settings { entry_cap: Some(0), control_percent: 100, ..settings() };
        let before = EntryAttempt { history: left(1), ..attempt() };
        let reasons: Vec<EntryRejection> = rejections(&full, &before).collect();
        assert_eq!(
            reasons,
            [EntryRejection::Reentry, EntryRejection::Control, EntryRejection::Cap]
        );
        assert_eq!(check_entry(&full, &before), Err(EntryRejection::Reentry));
    }

    #[test]
    fn an_event_fits_the_trigger_with_the_properties_that_it_asks_for() {
        let trigger: EntryTrigger = serde_json::from_value(serde_json::json!({ "event": {
            "name": "Paid", "filters": [{ "property": "plan", "is": "equals", "value": "gold" }]
        } }))
        .expect("a trigger");
        let fits = |key: &str, plan: &str| {
            let properties = Properties::from_iter([("plan".to_string(), plan.into())]);
            event_fits_trigger(&trigger, key, &properties)
        };
        assert!(fits("paid", "gold"));
        assert!(!fits("paid", "silver"));
        assert!(fits(&start_event_key("Sale"), "silver"), "a start needs nothing");
    }

    #[test]
    fn a_node_that_starts_a_journey_says_how_long_the_chain_is() {
        let event = PastEvent {
            key: start_event_key(" Sale "),
            at: NOW,
            properties: start_event_properties(3),
        };
        assert_eq!(event.key, "$enter sale");
        assert!(is_started_by_journey(&event));
    }

    #[test]
    fn every_reason_is_checked_once() {
        let mut checked = EntryRejection::CHECK_ORDER.map(EntryRejection::code);
        checked.sort_unstable();
        assert_eq!(checked, EntryRejection::ALL.map(EntryRejection::code));
    }

    #[test]
    fn the_numbers_of_the_reasons_stay_what_the_store_knows() {
        let codes = EntryRejection::ALL.map(EntryRejection::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5]);
        assert_eq!(EntryRejection::from_code(5), Some(EntryRejection::StartedTooSoon));
    }

    #[test]
    fn the_cap_is_the_most_that_enter() {
        let capped = Settings { entry_cap: Some(2), ..settings() };
        assert_eq!(check_entry(&capped, &EntryAttempt { entered: 1, ..attempt() }), Ok(()));
        assert_eq!(
            check_entry(&capped, &EntryAttempt { entered: 2, ..attempt() }),
            Err(EntryRejection::Cap)
        );
    }

    #[test]
    fn the_control_group_is_the_same_every_time() {
        let control = Settings { control_percent: 20, ..settings() };
        let is_control = |profile| {
            check_entry(&control, &EntryAttempt { profile, ..attempt() })
                == Err(EntryRejection::Control)
        };
        let chosen: Vec<ProfileKey> =
            (0..1000).map(ProfileKey).filter(|profile| is_control(*profile)).collect();
        assert!((150..250).contains(&chosen.len()), "{}", chosen.len());
        assert!(chosen.into_iter().all(is_control));
    }
}
