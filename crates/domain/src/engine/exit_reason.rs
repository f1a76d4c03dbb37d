//! How enrolments end.

use serde::{Deserialize, Serialize};

/// How an enrolment ends. The numbers are those of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    Completed = 1,
    Converted = 2,
    TimedOut = 3,
    ForceExited = 4,
    Stopped = 5,
    VersionExit = 6,
}

impl ExitReason {
    pub const ALL: [ExitReason; 6] = [
        ExitReason::Completed,
        ExitReason::Converted,
        ExitReason::TimedOut,
        ExitReason::ForceExited,
        ExitReason::Stopped,
        ExitReason::VersionExit,
    ];

    /// The number in the store.
    pub const fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        ExitReason::ALL.into_iter().find(|ending| ending.code() == code)
    }

    pub fn key(self) -> &'static str {
        match self {
            ExitReason::Completed => "completed",
            ExitReason::Converted => "converted",
            ExitReason::TimedOut => "timed_out",
            ExitReason::ForceExited => "force_exited",
            ExitReason::Stopped => "stopped",
            ExitReason::VersionExit => "version_exit",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            ExitReason::Completed => "Completed",
            ExitReason::Converted => "Converted",
            ExitReason::TimedOut => "Timed out",
            ExitReason::ForceExited => "Exited",
            ExitReason::Stopped => "Stopped",
            ExitReason::VersionExit => "Moved to a newer version",
        }
    }

    /// The number in the store of an enrolment: of someone inside, or of how it ended.
    pub const fn enrolment_code(ended: Option<ExitReason>) -> i64 {
        match ended {
            None => 0,
            Some(reason) => reason.code(),
        }
    }

    /// How an enrolment with this number ended; none while they are inside. Where a Stop or a newer
    /// version has `emptied` its version, it has ended so, though its own row may not say it yet.
    pub fn of_enrolment(code: i64, emptied: Option<i64>) -> Option<Self> {
        ExitReason::from_code(code).or_else(|| emptied.and_then(ExitReason::from_code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolment_has_ended_as_its_row_or_its_emptied_version_says() {
        let stopped = Some(ExitReason::Stopped.code());
        let inside = ExitReason::enrolment_code(None);
        assert_eq!(ExitReason::of_enrolment(inside, None), None);
        assert_eq!(ExitReason::of_enrolment(inside, stopped), Some(ExitReason::Stopped));
        let converted = ExitReason::Converted;
        assert_eq!(ExitReason::of_enrolment(converted.code(), stopped), Some(converted));
    }

    #[test]
    fn the_numbers_of_the_reasons_stay_what_the_store_knows() {
        assert_eq!(ExitReason::ALL.map(ExitReason::code), [1, 2, 3, 4, 5, 6]);
        assert_eq!(ExitReason::enrolment_code(None), 0);
    }
}
