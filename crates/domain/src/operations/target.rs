//! What an operation is about: the journeys that were selected, as they are in its transaction.

use crate::{
    ids::{JourneyId, JourneyKey},
    journeys::{
        error::JourneyError,
        list::selection::SelectionDigest,
        status::Status,
        transition::{Action, JourneyState, StateChange, transition},
    },
    time::Timestamp,
};

/// A journey that an action might apply to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationTarget {
    pub key: JourneyKey,
    pub id: JourneyId,
    pub name: String,
    pub state: JourneyState,
    pub revision: i64,
    /// Of the version that the list shows.
    pub start: Option<Timestamp>,
    /// Messages in the outbox, over all versions.
    pub queued: i64,
}

/// A selection: the journeys that are there, and the ids of those that are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationTargets {
    pub found: Vec<OperationTarget>,
    pub missing: Vec<JourneyId>,
}

impl OperationTarget {
    pub fn status(&self) -> Status {
        self.state.status
    }

    /// Would this name change what a published version says and is started by?
    pub fn renames_published(&self, name: &str) -> bool {
        self.state.ever_published && self.name != name
    }

    /// What the action makes of this one journey.
    ///
    /// # Errors
    /// [`JourneyError::Refused`] where the table does not allow it.
    pub fn require(&self, action: Action) -> Result<StateChange, JourneyError> {
        transition(self.state, action)
            .allowed()
            .map_err(|refusal| JourneyError::Refused { name: self.name.clone(), refusal })
    }
}

impl OperationTargets {
    /// The fingerprint that a confirmation carries.
    pub fn digest(&self) -> SelectionDigest {
        let mut digest = SelectionDigest::default();
        self.found.iter().for_each(|target| digest.add(target.id));
        digest
    }
}

/// For tests of the decisions.
#[cfg(test)]
pub mod examples {
    use super::*;

    /// A journey that was published unless it is a draft, with the number as key and id.
    pub fn target(number: i64, status: Status) -> OperationTarget {
        OperationTarget {
            key: JourneyKey(number),
            id: JourneyId(uuid::Uuid::from_u128(number.unsigned_abs().into())),
            name: format!("Journey {number}"),
            state: JourneyState {
                status,
                archived: false,
                ever_published: status != Status::Draft,
                start_ahead: false,
                inside: 0,
            },
            revision: 4,
            start: None,
            queued: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{examples::target, *};
    use crate::journeys::transition::Refusal;

    #[test]
    fn only_another_name_of_what_was_published_counts_as_renaming_it() {
        assert!(target(1, Status::Stopped).renames_published("Other"));
        assert!(!target(1, Status::Stopped).renames_published("Journey 1"));
        assert!(!target(1, Status::Draft).renames_published("Other"));
    }

    #[test]
    fn a_refusal_names_the_journey_and_the_reason() {
        let error = target(1, Status::Draft).require(Action::Pause).expect_err("refused");
        let refusal = Refusal::IsDraft;
        assert_eq!(error, JourneyError::Refused { name: "Journey 1".to_string(), refusal });
    }
}
