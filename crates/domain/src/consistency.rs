//! The reconciliation: what counters have to be, by the rows that they count.

use std::fmt;

use crate::{engine::node::ExitReason, stats::VersionStats};

/// Something that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Guarantee 6: everybody who entered is inside, or has left in one way.
    Unaccounted {
        journey: String,
        version: i64,
        entered: i64,
        accounted: i64,
    },
    /// What the Journeys page reads differs from what the version shown counts.
    ListStats {
        journey: String,
    },
    /// How many journeys of a visibility have a status, by their codes.
    JourneyCount {
        visibility: i64,
        status: i64,
        stored: i64,
    },
    Counter {
        journey: String,
        version: i64,
        counter: Counter,
        stored: i64,
        found: i64,
    },
    /// No one is inside of one journey twice.
    InsideTwice {
        journey: String,
        profile: i64,
        times: i64,
    },
    /// In the words of the database.
    File(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Unaccounted { journey, version, entered, accounted } => write!(
                f,
                "{journey}, version {version}: {entered} entered, {accounted} accounted for"
            ),
            Finding::ListStats { journey } => {
                write!(f, "{journey}: the Journeys page has other stats than the version")
            }
            Finding::JourneyCount { visibility, status, stored } => {
                write!(f, "counts: {stored} stored for visibility {visibility}, status {status}")
            }
            Finding::Counter { journey, version, counter, stored, found } => write!(
                f,
                "{journey}, version {version}: {counter} is {stored}, but its rows add up to \
                    {found}"
            ),
            Finding::InsideTwice { journey, profile, times } => {
                write!(f, "{journey}: profile {profile} is inside {times} times")
            }
            Finding::File(said) => write!(f, "file: {said}"),
        }
    }
}

/// A counter of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    Entered,
    Inside,
    Completed,
    Converted,
    TimedOut,
    ForceExited,
    Stopped,
    VersionExit,
    Queued,
    Cancelled,
}

impl Counter {
    pub const ALL: [Counter; 10] = [
        Counter::Entered,
        Counter::Inside,
        Counter::Completed,
        Counter::Converted,
        Counter::TimedOut,
        Counter::ForceExited,
        Counter::Stopped,
        Counter::VersionExit,
        Counter::Queued,
        Counter::Cancelled,
    ];

    pub fn of(self, stats: &VersionStats) -> i64 {
        match self {
            Counter::Entered => stats.entered,
            Counter::Inside => stats.inside,
            Counter::Completed => stats.completed,
            Counter::Converted => stats.converted,
            Counter::TimedOut => stats.timed_out,
            Counter::ForceExited => stats.force_exited,
            Counter::Stopped => stats.stopped,
            Counter::VersionExit => stats.version_exit,
            Counter::Queued => stats.queued,
            Counter::Cancelled => stats.cancelled,
        }
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Counter::Entered => "entered",
            Counter::Inside => "inside",
            Counter::Completed => "completed",
            Counter::Converted => "converted",
            Counter::TimedOut => "timed out",
            Counter::ForceExited => "exited",
            Counter::Stopped => "stopped",
            Counter::VersionExit => "moved to a newer version",
            Counter::Queued => "queued",
            Counter::Cancelled => "cancelled",
        })
    }
}

/// A version with what it counts, and what its rows add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedVersion {
    pub journey: String,
    pub number: i64,
    /// It was stopped or left, and how those inside ended by that.
    pub ended: Option<ExitReason>,
    pub stored: VersionStats,
    /// Counts of rows that are not kept any more, or never were.
    pub carried: VersionStats,
    pub rows: VersionStats,
}

impl CountedVersion {
    /// What a counter has to be. In a version that was stopped or left no one is inside and nothing
    /// is queued, whatever a row says until it is swept.
    fn expected(&self, counter: Counter) -> i64 {
        let sum = |counter: Counter| counter.of(&self.rows) + counter.of(&self.carried);
        let moved = |from: Counter, moved: bool| if moved { sum(from) } else { 0 };
        match counter {
            Counter::Inside => moved(Counter::Inside, self.ended.is_none()),
            Counter::Stopped => {
                sum(counter) + moved(Counter::Inside, self.ended == Some(ExitReason::Stopped))
            }
            Counter::VersionExit => {
                sum(counter) + moved(Counter::Inside, self.ended == Some(ExitReason::VersionExit))
            }
            Counter::Queued => moved(Counter::Queued, self.ended.is_none()),
            Counter::Cancelled => sum(counter) + moved(Counter::Queued, self.ended.is_some()),
            Counter::Entered
            | Counter::Completed
            | Counter::Converted
            | Counter::TimedOut
            | Counter::ForceExited => sum(counter),
        }
    }

    /// Does everybody who entered appear once?
    pub fn unaccounted(&self) -> Option<Finding> {
        (!self.stored.adds_up()).then(|| Finding::Unaccounted {
            journey: self.journey.clone(),
            version: self.number,
            entered: self.stored.entered,
            accounted: self.stored.accounted(),
        })
    }

    /// Every counter against the rows that it counts.
    pub fn wrong_counters(&self) -> impl Iterator<Item = Finding> {
        Counter::ALL.into_iter().filter_map(|counter| {
            let (stored, found) = (counter.of(&self.stored), self.expected(counter));
            (stored != found).then(|| Finding::Counter {
                journey: self.journey.clone(),
                version: self.number,
                counter,
                stored,
                found,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three entered: one is inside, two have left, with a message in each state.
    fn version() -> CountedVersion {
        let rows = VersionStats {
            entered: 3,
            inside: 1,
            completed: 1,
            converted: 1,
            queued: 2,
            cancelled: 1,
            ..VersionStats::default()
        };
        let (journey, carried) = ("Welcome".to_string(), VersionStats::default());
        CountedVersion { journey, number: 2, ended: None, stored: rows, carried, rows }
    }

    fn sentences(version: &CountedVersion) -> Vec<String> {
        version.wrong_counters().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn counters_that_agree_with_their_rows_are_not_found() {
        assert_eq!((version().unaccounted(), sentences(&version())), (None, vec![]));
    }

    #[test]
    fn a_counter_that_differs_from_its_rows_is_found_with_both_numbers() {
        let mut version = version();
        version.stored.converted = 4;
        assert_eq!(
            sentences(&version),
            ["Welcome, version 2: converted is 4, but its rows add up to 1"]
        );
        assert_eq!(
            version.unaccounted().map(|finding| finding.to_string()).as_deref(),
            Some("Welcome, version 2: 3 entered, 6 accounted for")
        );
    }

    #[test]
    fn rows_that_are_not_kept_any_more_still_count() {
        let mut version = version();
        version.rows = VersionStats { entered: 1, inside: 1, queued: 2, ..VersionStats::default() };
        version.carried = VersionStats {
            entered: 2,
            completed: 1,
            converted: 1,
            cancelled: 1,
            ..VersionStats::default()
        };
        assert_eq!(sentences(&version), Vec::<String>::new());
    }

    #[test]
    fn after_a_stop_rows_of_people_inside_and_queued_messages_count_as_ended() {
        let before = version();
        let stopped = CountedVersion {
            ended: Some(ExitReason::Stopped),
            stored: before.stored.after_stop(),
            ..before
        };
        assert_eq!(sentences(&stopped), Vec::<String>::new());
    }

    #[test]
    fn people_of_a_version_that_was_left_count_as_moved_to_the_newer_one() {
        let before = version();
        let left = CountedVersion { ended: Some(ExitReason::VersionExit), ..before };
        assert_eq!(
            sentences(&left),
            [
                "Welcome, version 2: inside is 1, but its rows add up to 0",
                "Welcome, version 2: moved to a newer version is 0, but its rows add up to 1",
                "Welcome, version 2: queued is 2, but its rows add up to 0",
                "Welcome, version 2: cancelled is 1, but its rows add up to 3",
            ]
        );
    }

    #[test]
    fn findings_say_what_differs() {
        let journey = || "Welcome".to_string();
        let texts = [
            (
                Finding::ListStats { journey: journey() },
                "Welcome: the Journeys page has other stats than the version",
            ),
            (
                Finding::JourneyCount { visibility: 1, status: 2, stored: 3 },
                "counts: 3 stored for visibility 1, status 2",
            ),
            (
                Finding::InsideTwice { journey: journey(), profile: 7, times: 2 },
                "Welcome: profile 7 is inside 2 times",
            ),
            (Finding::File("row 1 missing".to_string()), "file: row 1 missing"),
        ];
        for (finding, text) in texts {
            assert_eq!(finding.to_string(), text);
        }
    }
}
