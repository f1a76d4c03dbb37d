//! The one place that knows what each action does to a journey (docs/design.md, The life of a
//! journey).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::status::Status;
use crate::time::Timestamp;

/// Something that a user, an API key or the clock does to a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Publish,
    Pause,
    Resume,
    Stop,
    /// Change texts of a published version in place.
    EditContent,
    /// Change anything in the draft.
    EditDraft,
    /// Begin a draft beside a published version.
    NewVersion,
    Clone,
    Rename,
    Label,
    Archive,
    Unarchive,
    Delete,
    /// By itself: the start time has come.
    Start,
    /// By itself: entry is over.
    Complete,
    /// By itself: a newer version took over.
    Restrict,
}

/// What the rules look at. `status` is that of the version the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyState {
    pub status: Status,
    pub archived: bool,
    /// Has any version ever been published?
    pub ever_published: bool,
    /// Is the start still ahead ([`start_ahead`])?
    pub start_ahead: bool,
    /// People inside, over all versions.
    pub inside: i64,
}

/// Is the start of a version still ahead? Of one that has run it never is again, wherever a clock
/// that was set back puts its time: it would be Scheduled once more and let no one in.
pub fn start_ahead(start: Option<Timestamp>, has_run: bool, now: Timestamp) -> bool {
    !has_run && start.is_some_and(|start| start > now)
}

/// What the table answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransitionResult {
    /// The action applies, and this is what the journey looks like afterwards.
    Apply(StateChange),
    /// It is like that already: not a change, and not a mistake.
    Already(Refusal),
    /// It is not allowed, for this reason.
    Refuse(Refusal),
}

impl TransitionResult {
    /// What the action leads to, or why it does not apply.
    ///
    /// # Errors
    /// Where it is like that already, and where it is not allowed.
    pub fn allowed(self) -> Result<StateChange, Refusal> {
        match self {
            TransitionResult::Apply(change) => Ok(change),
            TransitionResult::Already(refusal) | TransitionResult::Refuse(refusal) => Err(refusal),
        }
    }
}

/// What an allowed action leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateChange {
    /// The status changes.
    Status(Status),
    /// The status stays; the action changes something else, or makes something new.
    Unchanged,
    Archived,
    Unarchived,
    Deleted,
}

/// Why an action does not apply to a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    AlreadyPublished,
    AlreadyPaused,
    AlreadyRunning,
    AlreadyScheduled,
    AlreadyStopped,
    AlreadyArchived,
    NotArchived,
    AlreadyCompleted,
    AlreadyRestricted,
    IsDraft,
    IsScheduled,
    IsRunning,
    IsPaused,
    IsCompleted,
    IsRestricted,
    IsStopped,
    IsArchived,
    StillHasPeopleInside,
    WasPublished,
    NeverPublished,
    StartIsAhead,
    HasProblems,
    ChangedSince,
    TooManyLabels,
    NotFound,
    NothingToUndo,
}

impl Refusal {
    pub const ALL: [Refusal; 26] = [
        Refusal::AlreadyPublished,
        Refusal::AlreadyPaused,
        Refusal::AlreadyRunning,
        Refusal::AlreadyScheduled,
        Refusal::AlreadyStopped,
        Refusal::AlreadyArchived,
        Refusal::NotArchived,
        Refusal::AlreadyCompleted,
        Refusal::AlreadyRestricted,
        Refusal::IsDraft,
        Refusal::IsScheduled,
        Refusal::IsRunning,
        Refusal::IsPaused,
        Refusal::IsCompleted,
        Refusal::IsRestricted,
        Refusal::IsStopped,
        Refusal::IsArchived,
        Refusal::StillHasPeopleInside,
        Refusal::WasPublished,
        Refusal::NeverPublished,
        Refusal::StartIsAhead,
        Refusal::HasProblems,
        Refusal::ChangedSince,
        Refusal::TooManyLabels,
        Refusal::NotFound,
        Refusal::NothingToUndo,
    ];

    /// The phrase for one journey: "is a draft".
    pub fn phrase(self) -> &'static str {
        self.phrases().0
    }

    /// The phrase for several: "are drafts".
    pub fn plural_phrase(self) -> &'static str {
        self.phrases().1
    }

    fn phrases(self) -> (&'static str, &'static str) {
        match self {
            Refusal::AlreadyPublished => ("is already published", "are already published"),
            Refusal::AlreadyPaused => ("is already paused", "are already paused"),
            Refusal::AlreadyRunning => ("is already running", "are already running"),
            Refusal::AlreadyScheduled => ("is already scheduled", "are already scheduled"),
            Refusal::AlreadyStopped => ("is already stopped", "are already stopped"),
            Refusal::AlreadyArchived => ("is already archived", "are already archived"),
            Refusal::NotArchived => ("is not archived", "are not archived"),
            Refusal::AlreadyCompleted => ("is already completed", "are already completed"),
            Refusal::AlreadyRestricted => ("is already restricted", "are already restricted"),
            Refusal::IsDraft => ("is a draft", "are drafts"),
            Refusal::IsScheduled => {
                ("is scheduled; stop it first", "are scheduled; stop them first")
            }
            Refusal::IsRunning => ("is running; stop it first", "are running; stop them first"),
            Refusal::IsPaused => ("is paused; stop it first", "are paused; stop them first"),
            Refusal::IsCompleted => ("is completed", "are completed"),
            Refusal::IsRestricted => {
                ("is restricted to the people inside", "are restricted to the people inside")
            }
            Refusal::IsStopped => ("is stopped for good", "are stopped for good"),
            Refusal::IsArchived => {
                ("is archived; unarchive it first", "are archived; unarchive them first")
            }
            Refusal::StillHasPeopleInside => {
                ("still has people inside", "still have people inside")
            }
            Refusal::WasPublished => {
                ("was published; archive it instead", "were published; archive them instead")
            }
            Refusal::NeverPublished => (
                "was never published; delete it instead",
                "were never published; delete them instead",
            ),
            Refusal::StartIsAhead => ("has not started yet", "have not started yet"),
            Refusal::HasProblems => ("has errors to fix first", "have errors to fix first"),
            Refusal::ChangedSince => {
                ("was changed by someone else", "were changed by someone else")
            }
            Refusal::TooManyLabels => {
                ("would have more than 10 labels", "would have more than 10 labels")
            }
            Refusal::NotFound => ("no longer exists", "no longer exist"),
            Refusal::NothingToUndo => {
                ("was not changed by that action", "were not changed by that action")
            }
        }
    }

    /// The stable key in the store and in JSON.
    pub fn key(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|v| v.as_str().map(str::to_string))
            .unwrap_or_default()
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Refusal::ALL.into_iter().find(|refusal| refusal.key() == key)
    }
}

impl Action {
    pub const ALL: [Action; 16] = [
        Action::Publish,
        Action::Pause,
        Action::Resume,
        Action::Stop,
        Action::EditContent,
        Action::EditDraft,
        Action::NewVersion,
        Action::Clone,
        Action::Rename,
        Action::Label,
        Action::Archive,
        Action::Unarchive,
        Action::Delete,
        Action::Start,
        Action::Complete,
        Action::Restrict,
    ];

    /// The word in URLs, forms, the store and JSON.
    pub fn key(self) -> &'static str {
        match self {
            Action::Publish => "publish",
            Action::Pause => "pause",
            Action::Resume => "resume",
            Action::Stop => "stop",
            Action::EditContent => "edit_content",
            Action::EditDraft => "edit_draft",
            Action::NewVersion => "new_version",
            Action::Clone => "clone",
            Action::Rename => "rename",
            Action::Label => "label",
            Action::Archive => "archive",
            Action::Unarchive => "unarchive",
            Action::Delete => "delete",
            Action::Start => "start",
            Action::Complete => "complete",
            Action::Restrict => "restrict",
        }
    }

    /// What takes this action back, where anything does. Stop has no inverse: it is final.
    pub fn inverse(self) -> Option<Action> {
        match self {
            Action::Pause => Some(Action::Resume),
            Action::Resume => Some(Action::Pause),
            Action::Archive => Some(Action::Unarchive),
            Action::Unarchive => Some(Action::Archive),
            _ => None,
        }
    }

    /// Can it be taken back: by its inverse, or from what its operation wrote down?
    pub fn can_be_undone(self) -> bool {
        self.inverse().is_some() || matches!(self, Action::Rename | Action::Label | Action::Delete)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Action {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        Action::ALL.into_iter().find(|action| action.key() == key).ok_or(())
    }
}

/// The table of docs/design.md (The life of a journey): what `action` does to a journey in this
/// `situation`.
pub fn transition(situation: JourneyState, action: Action) -> TransitionResult {
    use TransitionResult::{Already, Apply, Refuse};

    if situation.archived {
        return match action {
            Action::Unarchive => Apply(StateChange::Unarchived),
            Action::Clone => Apply(StateChange::Unchanged),
            Action::Archive => Already(Refusal::AlreadyArchived),
            _ => Refuse(Refusal::IsArchived),
        };
    }
    match action {
        Action::Publish => publish(situation),
        Action::Pause => pause(situation.status),
        Action::Resume => resume(situation),
        Action::Stop => stop(situation.status),
        Action::EditContent => match situation.status {
            Status::Draft
            | Status::Scheduled
            | Status::Running
            | Status::Paused
            | Status::Restricted => Apply(StateChange::Unchanged),
            Status::Completed => Refuse(Refusal::IsCompleted),
            Status::Stopped => Refuse(Refusal::IsStopped),
        },
        Action::EditDraft => match situation.status {
            Status::Draft => Apply(StateChange::Unchanged),
            _ => Refuse(Refusal::AlreadyPublished),
        },
        Action::NewVersion => match situation.status {
            Status::Running | Status::Paused | Status::Completed | Status::Stopped => {
                Apply(StateChange::Unchanged)
            }
            Status::Draft => Refuse(Refusal::IsDraft),
            Status::Scheduled => Refuse(Refusal::IsScheduled),
            Status::Restricted => Refuse(Refusal::IsRestricted),
        },
        Action::Clone | Action::Rename | Action::Label => Apply(StateChange::Unchanged),
        Action::Archive => archive(situation),
        Action::Unarchive => Already(Refusal::NotArchived),
        Action::Delete => match (situation.status, situation.ever_published) {
            (Status::Draft, false) => Apply(StateChange::Deleted),
            _ => Refuse(Refusal::WasPublished),
        },
        Action::Start | Action::Complete | Action::Restrict => by_itself(situation, action),
    }
}

/// The statuses from which the action leads to another one, where nothing else stands in its way:
/// the journey is not archived, was published and its start has come.
pub fn statuses_for(action: Action) -> Vec<Status> {
    let leads_on = |status: &Status| {
        let situation = JourneyState {
            status: *status,
            archived: false,
            ever_published: true,
            start_ahead: false,
            inside: 0,
        };
        matches!(transition(situation, action), TransitionResult::Apply(StateChange::Status(_)))
    };
    Status::ALL.into_iter().filter(leads_on).collect()
}

fn publish(situation: JourneyState) -> TransitionResult {
    match situation.status {
        Status::Draft if situation.start_ahead => {
            TransitionResult::Apply(StateChange::Status(Status::Scheduled))
        }
        Status::Draft => TransitionResult::Apply(StateChange::Status(Status::Running)),
        _ => TransitionResult::Already(Refusal::AlreadyPublished),
    }
}

fn pause(status: Status) -> TransitionResult {
    match status {
        Status::Scheduled | Status::Running => {
            TransitionResult::Apply(StateChange::Status(Status::Paused))
        }
        Status::Paused => TransitionResult::Already(Refusal::AlreadyPaused),
        Status::Draft => TransitionResult::Refuse(Refusal::IsDraft),
        Status::Completed => TransitionResult::Refuse(Refusal::IsCompleted),
        Status::Restricted => TransitionResult::Refuse(Refusal::IsRestricted),
        Status::Stopped => TransitionResult::Refuse(Refusal::IsStopped),
    }
}

fn resume(situation: JourneyState) -> TransitionResult {
    match situation.status {
        Status::Paused if situation.start_ahead => {
            TransitionResult::Apply(StateChange::Status(Status::Scheduled))
        }
        Status::Paused => TransitionResult::Apply(StateChange::Status(Status::Running)),
        Status::Running => TransitionResult::Already(Refusal::AlreadyRunning),
        Status::Scheduled => TransitionResult::Already(Refusal::AlreadyScheduled),
        Status::Draft => TransitionResult::Refuse(Refusal::IsDraft),
        Status::Completed => TransitionResult::Refuse(Refusal::IsCompleted),
        Status::Restricted => TransitionResult::Refuse(Refusal::IsRestricted),
        Status::Stopped => TransitionResult::Refuse(Refusal::IsStopped),
    }
}

fn stop(status: Status) -> TransitionResult {
    match status {
        Status::Scheduled
        | Status::Running
        | Status::Paused
        | Status::Completed
        | Status::Restricted => TransitionResult::Apply(StateChange::Status(Status::Stopped)),
        Status::Draft => TransitionResult::Refuse(Refusal::IsDraft),
        Status::Stopped => TransitionResult::Already(Refusal::AlreadyStopped),
    }
}

fn archive(situation: JourneyState) -> TransitionResult {
    match situation.status {
        Status::Draft if !situation.ever_published => {
            TransitionResult::Refuse(Refusal::NeverPublished)
        }
        Status::Draft | Status::Stopped => TransitionResult::Apply(StateChange::Archived),
        Status::Completed | Status::Restricted if situation.inside == 0 => {
            TransitionResult::Apply(StateChange::Archived)
        }
        Status::Completed | Status::Restricted => {
            TransitionResult::Refuse(Refusal::StillHasPeopleInside)
        }
        Status::Scheduled => TransitionResult::Refuse(Refusal::IsScheduled),
        Status::Running => TransitionResult::Refuse(Refusal::IsRunning),
        Status::Paused => TransitionResult::Refuse(Refusal::IsPaused),
    }
}

fn by_itself(situation: JourneyState, action: Action) -> TransitionResult {
    use TransitionResult::{Already, Apply, Refuse};
    match (action, situation.status) {
        (_, Status::Draft) => Refuse(Refusal::IsDraft),
        (_, Status::Stopped) => Refuse(Refusal::IsStopped),
        (Action::Start, Status::Scheduled) if situation.start_ahead => {
            Refuse(Refusal::StartIsAhead)
        }
        (Action::Start, Status::Scheduled) => Apply(StateChange::Status(Status::Running)),
        (Action::Start, Status::Running) => Already(Refusal::AlreadyRunning),
        (Action::Start, Status::Paused) => Refuse(Refusal::IsPaused),
        (Action::Complete, Status::Running | Status::Paused) => {
            Apply(StateChange::Status(Status::Completed))
        }
        (Action::Complete, Status::Completed) => Already(Refusal::AlreadyCompleted),
        (Action::Complete, Status::Scheduled) => Refuse(Refusal::IsScheduled),
        (Action::Restrict, Status::Running | Status::Paused | Status::Completed) => {
            Apply(StateChange::Status(Status::Restricted))
        }
        (Action::Restrict, Status::Restricted) => Already(Refusal::AlreadyRestricted),
        (Action::Restrict, Status::Scheduled) => Refuse(Refusal::IsScheduled),
        (_, Status::Completed) => Refuse(Refusal::IsCompleted),
        (_, Status::Restricted) => Refuse(Refusal::IsRestricted),
        (_, _) => Refuse(Refusal::ChangedSince),
    }
}

#[cfg(test)]
#[path = "transition_tests.rs"]
mod tests;
