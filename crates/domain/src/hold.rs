//! A hold: everything that happens by itself stands still. No one enters, no one moves, nothing is
//! sent, no schedule starts or ends anything and nothing is deleted for its age, until someone
//! releases it. People can do everything else meanwhile.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Why everything is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The database is a copy: what waits in it may have been sent by the one that it was copied
    /// from.
    Restored,
    /// The server was started so.
    Requested,
}

impl HoldReason {
    /// The number in the store.
    pub fn code(self) -> i64 {
        match self {
            HoldReason::Restored => 1,
            HoldReason::Requested => 2,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        [HoldReason::Restored, HoldReason::Requested]
            .into_iter()
            .find(|reason| reason.code() == code)
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
        }
    }
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
        for reason in [HoldReason::Restored, HoldReason::Requested] {
            assert_eq!(HoldReason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(HoldReason::from_code(0), None);
    }
}
