//! The counters of a version, and the equation that says no one is lost.

use serde::{Deserialize, Serialize};

/// The counts of a version. `entered` is the sum of `inside` and of every way to exit: `completed`,
/// `converted`, `timed_out`, `force_exited`, `stopped` and `version_exit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct VersionStats {
    /// People who entered.
    pub entered: i64,
    /// People who are inside now.
    pub inside: i64,
    /// People who reached the end of the graph.
    pub completed: i64,
    /// People who met a goal.
    pub converted: i64,
    /// People who were inside for as long as the journey allows.
    pub timed_out: i64,
    /// People whose enrolment a step ended without a goal.
    pub force_exited: i64,
    /// People whose enrolment Stop ended.
    pub stopped: i64,
    /// People who exited because a newer version was published.
    pub version_exit: i64,
    /// Messages that wait in the outbox.
    pub queued: i64,
    /// Queued messages that were cancelled.
    pub cancelled: i64,
    /// People who met the entry trigger and the entry rules, the control group included.
    pub qualified: i64,
    /// People of the control group.
    pub control: i64,
}

impl VersionStats {
    /// Guarantee 6: entered = inside + every way of having left.
    pub fn adds_up(&self) -> bool {
        self.entered == self.accounted()
    }

    /// Those inside, and those who have left in any way.
    pub fn accounted(&self) -> i64 {
        self.inside
            + self.completed
            + self.converted
            + self.timed_out
            + self.force_exited
            + self.stopped
            + self.version_exit
    }

    /// Goals met per person entered, in hundredths of a percent (0 to 10,000); `None` while no one
    /// entered.
    pub fn rate(&self) -> Option<i64> {
        (self.entered > 0).then(|| self.converted * 10_000 / self.entered)
    }

    /// What Stop makes of them: everyone inside is ended, everything queued is cancelled.
    pub fn after_stop(self) -> Self {
        Self {
            inside: 0,
            stopped: self.stopped + self.inside,
            queued: 0,
            cancelled: self.cancelled + self.queued,
            ..self
        }
    }

    /// What is left of them where everyone inside has to leave for a newer version; what is queued
    /// is cancelled as well.
    pub fn after_version_exit(self) -> Self {
        Self {
            inside: 0,
            version_exit: self.version_exit + self.inside,
            queued: 0,
            cancelled: self.cancelled + self.queued,
            ..self
        }
    }
}

/// What the stats of a node count under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeStatsKind {
    /// People who arrived, under no name.
    Arrived,
    /// People who left, by the outlet.
    Left,
    /// Enrolments that ended there, by the exit reason.
    Exited,
    /// People who would have left by an outlet that is not drawn.
    MissingOutlet,
    /// Its messages, by the kind of message event.
    MessageEvent,
}

impl NodeStatsKind {
    pub const ALL: [NodeStatsKind; 5] = [
        NodeStatsKind::Arrived,
        NodeStatsKind::Left,
        NodeStatsKind::Exited,
        NodeStatsKind::MissingOutlet,
        NodeStatsKind::MessageEvent,
    ];

    /// The number in the store: the place in [`NodeStatsKind::ALL`].
    pub const fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|index| NodeStatsKind::ALL.get(index).copied())
    }
}

/// The counts that the Journeys page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatsSummary {
    /// People who entered.
    pub entered: i64,
    /// People who are inside now.
    pub inside: i64,
    /// People who met a goal.
    pub converted: i64,
}

impl StatsSummary {
    /// As [`VersionStats::rate`].
    pub fn rate(&self) -> Option<i64> {
        VersionStats { entered: self.entered, converted: self.converted, ..VersionStats::default() }
            .rate()
    }
}

/// "1,204": thousands apart, the same on both sides.
pub fn format_count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "12.5%" from hundredths of a percent.
pub fn format_percent(hundredths: i64) -> String {
    format!("{}.{}%", hundredths / 100, hundredths / 10 % 10)
}

/// "1 journey", "1,204 journeys".
pub fn pluralize(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", format_count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stop_loses_nobody(inside in 0_i64..100_000, completed in 0_i64..100_000, queued in 0_i64..1000) {
            let before = VersionStats { entered: inside + completed, inside, completed, queued, ..VersionStats::default() };
            let after = before.after_stop();
            prop_assert!(before.adds_up() && after.adds_up());
            prop_assert_eq!((after.inside, after.queued, after.cancelled), (0, 0, queued));
        }

        #[test]
        fn leaving_for_a_newer_version_loses_nobody(inside in 0_i64..100_000, stopped in 0_i64..100_000, queued in 0_i64..1000) {
            let before = VersionStats { entered: inside + stopped, inside, stopped, queued, ..VersionStats::default() };
            let after = before.after_version_exit();
            prop_assert!(before.adds_up() && after.adds_up());
            prop_assert_eq!((after.version_exit, after.stopped, after.queued, after.cancelled), (inside, stopped, 0, queued));
        }
    }

    #[test]
    fn the_numbers_of_what_a_node_counts_stay_what_the_store_knows() {
        assert_eq!(NodeStatsKind::ALL.map(NodeStatsKind::code), [0, 1, 2, 3, 4]);
        for kind in NodeStatsKind::ALL {
            assert_eq!(NodeStatsKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(NodeStatsKind::from_code(5), None);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            [format_count(0), format_count(999), format_count(1204), format_count(-1_234_567)],
            ["0", "999", "1,204", "-1,234,567"]
        );
        assert_eq!(
            [format_percent(1250), format_percent(10_000), format_percent(5)],
            ["12.5%", "100.0%", "0.0%"]
        );
        assert_eq!(pluralize(1, "journey", "journeys"), "1 journey");
    }
}
