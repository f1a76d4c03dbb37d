//! Publishing a draft: it takes entries from then on, and the people in older versions continue in
//! them, or leave.

use super::{PUBLISHED_DESCRIPTION_MAX, PreviousVersionPolicy};
use crate::{
    error::FieldError,
    ids::{JourneyId, VersionId},
    journeys::{
        error::JourneyError,
        status::Status,
        transition::{Action, JourneyState, Refusal, StateChange, start_ahead, transition},
    },
    names::{Description, JourneyName},
    operations::{
        record::{OperationItemRecord, OperationRecord},
        target::OperationTarget,
    },
    stats::{VersionStats, pluralize},
    time::Timestamp,
};

/// A draft that is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishVersion {
    pub journey: JourneyId,
    pub version: i64,
    /// The revision of the draft that was looked at.
    pub revision: i64,
    pub name: JourneyName,
    pub description: Description,
    pub predecessor: PreviousVersionPolicy,
}

/// A journey with all its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyToPublish {
    pub target: OperationTarget,
    pub versions: Vec<VersionToPublish>,
}

/// The draft, or an older version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionToPublish {
    pub id: VersionId,
    pub number: i64,
    pub status: Status,
    pub revision: i64,
    pub start: Option<Timestamp>,
    pub stats: VersionStats,
}

/// What publishing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishPlan {
    pub draft: VersionId,
    pub becomes: Status,
    pub start: Timestamp,
    /// Since when it takes entries; none while its start is ahead.
    pub open_since: Option<Timestamp>,
    pub retired: Vec<RetiredVersion>,
    pub record: OperationRecord,
}

/// An older version, which takes no more entries. Its status is written also where it stays:
/// whatever writes it raises the engine's epoch, so that nothing that was decided before moves
/// anybody who has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetiredVersion {
    pub id: VersionId,
    pub becomes: Status,
    /// Its counters afterwards, where the people inside leave.
    pub exited: Option<VersionStats>,
}

/// Decides what publishing makes of the draft and of the older versions.
///
/// # Errors
/// There is no such version, the table does not allow it, or the draft was changed since it was
/// looked at.
pub fn decide_publish(
    journey: &JourneyToPublish,
    command: &PublishVersion,
    now: Timestamp,
) -> Result<PublishPlan, JourneyError> {
    let target = &journey.target;
    let draft = journey.versions.iter().find(|version| version.number == command.version);
    let draft = draft.ok_or(JourneyError::VersionNotFound)?;
    let becomes = opens_as(target, draft, now)?;
    if draft.revision != command.revision {
        return Err(JourneyError::RevisionChanged { name: target.name.clone() });
    }
    let mut retired = Vec::new();
    let (mut ended, mut cancelled) = (0, 0);
    for version in &journey.versions {
        let Some(old) = retire(target, version, command.predecessor, now)? else { continue };
        if old.exited.is_some() {
            ended += version.stats.inside;
            cancelled += version.stats.queued;
        }
        retired.push(old);
    }
    let item = OperationItemRecord {
        name: command.name.to_string(),
        ..OperationItemRecord::changed(target, becomes)
    };
    let note = if target.state.ever_published {
        note(draft.number, command.predecessor, ended)
    } else {
        String::new()
    };
    Ok(PublishPlan {
        draft: draft.id,
        becomes,
        start: start_when_published(draft.start, now),
        open_since: becomes.opens_entry().then_some(now),
        retired,
        record: OperationRecord {
            ended_inside: ended,
            cancelled_messages: cancelled,
            ..OperationRecord::of_one(Action::Publish, item, note)
        },
    })
}

/// Reads the description that a version is published with.
///
/// # Errors
/// Where it is longer than a published one may be, or cannot be stored.
pub fn published_description(text: &str) -> Result<Description, FieldError> {
    let description = Description::parse(text)?;
    let length = description.as_str().chars().count();
    if length > PUBLISHED_DESCRIPTION_MAX {
        let sentence = format!(
            "The description has {length} characters; the limit is {PUBLISHED_DESCRIPTION_MAX}. \
                Shorten it."
        );
        return Err(FieldError::new("description", "too_long", sentence));
    }
    Ok(description)
}

/// A version without a start of its own starts when it is published.
pub fn start_when_published(start: Option<Timestamp>, now: Timestamp) -> Timestamp {
    start.unwrap_or(now)
}

/// What the draft becomes, by the table.
fn opens_as(
    target: &OperationTarget,
    draft: &VersionToPublish,
    now: Timestamp,
) -> Result<Status, JourneyError> {
    let refused = |refusal| JourneyError::Refused { name: target.name.clone(), refusal };
    match transition(draft.state(target, now), Action::Publish).allowed() {
        Ok(StateChange::Status(becomes)) => Ok(becomes),
        Ok(_) => Err(refused(Refusal::AlreadyPublished)),
        Err(refusal) => Err(refused(refusal)),
    }
}

/// What an older version becomes; none of a draft and of what was stopped.
fn retire(
    target: &OperationTarget,
    version: &VersionToPublish,
    predecessor: PreviousVersionPolicy,
    now: Timestamp,
) -> Result<Option<RetiredVersion>, JourneyError> {
    let old = version.status;
    if matches!(old, Status::Draft | Status::Stopped) {
        return Ok(None);
    }
    let (action, exited) = match predecessor {
        PreviousVersionPolicy::KeepEnrolments => (Action::Restrict, None),
        PreviousVersionPolicy::ExitEnrolments => {
            (Action::Complete, Some(version.stats.after_version_exit()))
        }
    };
    let becomes = match transition(version.state(target, now), action).allowed() {
        Ok(StateChange::Status(becomes)) => becomes,
        Ok(_) => old,
        // Entry of those is over already; anyone who is inside may have to leave all the same.
        Err(_) if matches!(old, Status::Completed | Status::Restricted) => old,
        Err(refusal) => return Err(JourneyError::Refused { name: target.name.clone(), refusal }),
    };
    Ok(Some(RetiredVersion { id: version.id, becomes, exited }))
}

fn note(number: i64, predecessor: PreviousVersionPolicy, ended: i64) -> String {
    match predecessor {
        PreviousVersionPolicy::KeepEnrolments => {
            format!("version {number}; people in older versions continue")
        }
        PreviousVersionPolicy::ExitEnrolments => {
            format!(
                "version {number}; {} exited the older versions",
                pluralize(ended, "person", "people")
            )
        }
    }
}

impl VersionToPublish {
    /// What the table looks at of this version of the journey.
    fn state(&self, target: &OperationTarget, now: Timestamp) -> JourneyState {
        JourneyState {
            status: self.status,
            start_ahead: start_ahead(self.start, false, now),
            ..target.state
        }
    }
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
