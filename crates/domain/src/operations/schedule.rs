//! What happens to journeys by the clock.

use crate::journeys::{
    status::Status,
    transition::{Action, statuses_for},
};

/// A time of a version at which an action is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduledTime {
    /// Scheduled journeys start.
    Start,
    /// Journeys that take entries, or are paused, complete.
    End,
}

impl ScheduledTime {
    /// In the order in which they are looked at: what starts and ends at once ends.
    pub const ALL: [ScheduledTime; 2] = [ScheduledTime::Start, ScheduledTime::End];

    pub const fn action(self) -> Action {
        match self {
            ScheduledTime::Start => Action::Start,
            ScheduledTime::End => Action::Complete,
        }
    }

    /// The statuses of versions that it concerns.
    pub fn statuses(self) -> Vec<Status> {
        statuses_for(self.action())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_scheduled_starts_and_what_runs_or_is_paused_completes() {
        assert_eq!(ScheduledTime::Start.statuses(), [Status::Scheduled]);
        assert_eq!(ScheduledTime::End.statuses(), [Status::Running, Status::Paused]);
    }
}
