//! A hold: everything that happens by itself stands still. No one enters, no one moves, nothing is
//! sent, no schedule starts or ends anything and nothing is deleted for its age, until someone
//! releases it. People can do everything else meanwhile.

use serde::{Deserialize, Serialize};

use super::time::{DAY_MS, Timestamp};

/// For how long no server may have run on a database, in milliseconds, before the clock is doubted.
const UNSEEN_MAX_MS: i64 = 30 * DAY_MS;

/// Why everything is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The database is a copy: what waits in it may have been sent by the one that it was copied
    /// from.
    Restored,
    /// The server was started so.
    Requested,
    /// The clock jumped ahead, or no server has run for so long that it may have. Everything that
    /// waits would happen at once, and what is young would be deleted for its age.
    ClockAhead,
}

impl HoldReason {
    pub const ALL: [HoldReason; 3] =
        [HoldReason::Restored, HoldReason::Requested, HoldReason::ClockAhead];

    /// The number in the store.
    pub fn code(self) -> i64 {
        match self {
            HoldReason::Restored => 1,
            HoldReason::Requested => 2,
            HoldReason::ClockAhead => 3,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// What people are told, and what to look at before they release it.
    pub fn sentence(self) -> &'static str {
        match self {
            HoldReason::Restored => {
                "This is a restored copy, and everything is held: no one enters or moves, and \
                    nothing is sent. Queued messages go out when you release it. First pause or \
                    stop what must not go out again."
            }
            HoldReason::Requested => {
                "Everything is held: no one enters or moves, and nothing is sent, until you \
                    release it. Events that arrive meanwhile are kept and processed then."
            }
            HoldReason::ClockAhead => {
                "The server's clock jumped ahead, or no server has run for over 30 days. \
                    Everything is held: no one enters or moves, and nothing is sent or deleted. \
                    Check the server's date and time. When you release it, everything that is due \
                    by then happens."
            }
        }
    }
}

/// Is the clock to be doubted when a server starts? `alive_at`: when one last said that it runs;
/// unknown for a new database.
pub fn is_clock_doubtful(alive_at: Option<Timestamp>, now: Timestamp) -> bool {
    alive_at.is_some_and(|alive_at| now.0.saturating_sub(alive_at.0) > UNSEEN_MAX_MS)
}

/// A hold that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub since: Timestamp,
    pub reason: HoldReason,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_comes_back_from_its_number() {
        for reason in HoldReason::ALL {
            assert_eq!(HoldReason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(HoldReason::from_code(0), None);
    }

    #[test]
    fn a_clock_is_doubted_where_no_server_ran_for_over_thirty_days() {
        let now = Timestamp(1_790_000_000_000);
        let days_ago = |days: i64| Some(now.plus(-days * DAY_MS));
        assert!(!is_clock_doubtful(days_ago(30), now));
        assert!(is_clock_doubtful(days_ago(31), now));
        assert!(!is_clock_doubtful(days_ago(-400), now), "it was ahead before, and is right now");
        assert!(!is_clock_doubtful(None, now), "a new database");
    }
}
