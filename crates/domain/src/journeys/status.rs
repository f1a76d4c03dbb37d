//! The seven statuses and the two switches under them (docs/design.md, The life of a
//! journey).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The status of a journey or of one version: whether people enter, and whether people inside move
/// and get messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Draft,
    Scheduled,
    Running,
    Paused,
    Completed,
    Restricted,
    Stopped,
}

/// May new people come in?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntrySwitch {
    /// A draft lets no one in because nothing runs it.
    NotApplicable,
    Open,
    Closed,
    /// Closed, and never to be opened again.
    ClosedForEver,
}

/// Do the people inside move, and do messages go out?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementSwitch {
    NotApplicable,
    On,
    Off,
}

impl Status {
    /// In the order of a journey's life, which is also the order of sorting.
    pub const ALL: [Status; 7] = [
        Status::Draft,
        Status::Scheduled,
        Status::Running,
        Status::Paused,
        Status::Completed,
        Status::Restricted,
        Status::Stopped,
    ];

    /// The word in URLs, JSON and forms.
    pub fn key(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Scheduled => "scheduled",
            Status::Running => "running",
            Status::Paused => "paused",
            Status::Completed => "completed",
            Status::Restricted => "restricted",
            Status::Stopped => "stopped",
        }
    }

    /// The word that people read.
    pub fn title(self) -> &'static str {
        match self {
            Status::Draft => "Draft",
            Status::Scheduled => "Scheduled",
            Status::Running => "Running",
            Status::Paused => "Paused",
            Status::Completed => "Completed",
            Status::Restricted => "Restricted",
            Status::Stopped => "Stopped",
        }
    }

    /// One sentence on what it means for people and messages.
    pub fn meaning(self) -> &'static str {
        match self {
            Status::Draft => "Not published yet. No one enters and nothing is sent.",
            Status::Scheduled => "Published. Opens automatically at its start time.",
            Status::Running => "People enter, move along and get messages.",
            Status::Paused => "No one new enters. People inside continue and get their messages.",
            Status::Completed => "Entry has ended. People still inside continue until they exit.",
            Status::Restricted => {
                "A newer version has taken over. People still inside continue until they exit."
            }
            Status::Stopped => "Ended for good. No one enters, no one moves, nothing is sent.",
        }
    }

    pub fn entry(self) -> EntrySwitch {
        match self {
            Status::Draft => EntrySwitch::NotApplicable,
            Status::Scheduled | Status::Paused => EntrySwitch::Closed,
            Status::Running => EntrySwitch::Open,
            Status::Completed | Status::Restricted | Status::Stopped => EntrySwitch::ClosedForEver,
        }
    }

    /// Can people enter?
    pub fn opens_entry(self) -> bool {
        self.entry() == EntrySwitch::Open
    }

    pub fn movement(self) -> MovementSwitch {
        match self {
            Status::Draft | Status::Scheduled => MovementSwitch::NotApplicable,
            Status::Running | Status::Paused | Status::Completed | Status::Restricted => {
                MovementSwitch::On
            }
            Status::Stopped => MovementSwitch::Off,
        }
    }

    /// The number in the store: the place in [`Status::ALL`], so that sorting by status follows a
    /// journey's life.
    pub const fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|index| Status::ALL.get(index).copied())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl FromStr for Status {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        Status::ALL.into_iter().find(|status| status.key() == key).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_running_journey_lets_people_in() {
        for status in Status::ALL {
            assert_eq!(status.entry() == EntrySwitch::Open, status == Status::Running, "{status}");
        }
    }

    #[test]
    fn a_paused_journey_still_moves_and_a_stopped_one_does_not() {
        assert_eq!(Status::Paused.movement(), MovementSwitch::On);
        assert_eq!(Status::Stopped.movement(), MovementSwitch::Off);
    }

    #[test]
    fn keys_and_codes_lead_back_to_their_status() {
        for status in Status::ALL {
            assert_eq!(status.key().parse(), Ok(status));
            assert_eq!(Status::from_code(status.code()), Some(status));
        }
        assert_eq!(Status::from_code(7), None);
    }
}
