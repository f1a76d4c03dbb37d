//! Saving: everything of a draft, texts of a published version.

use super::SaveVersion;
use crate::{
    access::{actor::Actor, permissions::Permission},
    error::FieldError,
    graph::Graph,
    ids::UserId,
    journeys::{
        error::JourneyError,
        references::{Reference, references},
        settings::Settings,
        status::Status,
        transition::{Action, JourneyState, transition},
    },
    operations::{
        ItemResult,
        record::{OperationItemRecord, OperationRecord},
    },
    time::{MINUTE_MS, Timestamp},
};

/// A draft saves itself every few seconds: one line of the history stands for all of someone's
/// saves that follow one another within this time, in milliseconds.
pub const EDIT_SESSION_MS: i64 = 15 * MINUTE_MS;

/// Most steps that a line of the history names.
const NAMED_STEPS_MAX: usize = 5;

/// A version as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionToSave {
    /// Of the journey.
    pub name: String,
    /// Of the journey, with the status of this version.
    pub state: JourneyState,
    /// Of the journey; saving a version does not raise it.
    pub journey_revision: i64,
    /// Of the version.
    pub revision: i64,
    /// Who saved it last, and when.
    pub saved: Option<(UserId, Timestamp)>,
    pub start: Option<Timestamp>,
    pub graph: Graph,
    pub settings: Settings,
    /// What it names and its project did not have when it was cloned.
    pub unresolved: Vec<Reference>,
}

/// What is different in what was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedChanges {
    /// Titles of the steps that are new, gone or different.
    pub steps: Vec<String>,
    /// What cannot be changed in a published version.
    pub structural: Vec<FieldError>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SaveDecision {
    /// Someone else saved or published it since; nothing is changed.
    Conflict,
    /// It is what is stored.
    Unchanged,
    Save(SavePlan),
}

/// What a save changes besides graph and settings, which are stored as they were sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SavePlan {
    pub start: Option<Timestamp>,
    pub unresolved: Vec<Reference>,
    /// The line of the history; none where an earlier one stands for this save as well.
    pub record: Option<OperationRecord>,
    /// Does it change anything that a list or a history shows? Open pages are not told every few
    /// seconds.
    pub is_announced: bool,
}

/// Decides what becomes of a save.
///
/// # Errors
/// Where the version may not be edited, by anyone or by the actor, and where the save goes beyond
/// texts in a published version.
pub fn decide_save(
    version: &VersionToSave,
    save: &SaveVersion,
    changes: SavedChanges,
    actor: &Actor,
    now: Timestamp,
) -> Result<SaveDecision, JourneyError> {
    let is_draft = version.state.status == Status::Draft;
    let action = if is_draft { Action::EditDraft } else { Action::EditContent };
    transition(version.state, action)
        .allowed()
        .map_err(|refusal| JourneyError::Refused { name: version.name.clone(), refusal })?;
    // Asked here, where it is certain whether it is a draft still.
    if let Some(permission) = Permission::of_action(action) {
        actor.require(permission)?;
    }
    let is_unchecked = save.checked_as_draft && !is_draft;
    if version.revision != save.revision || is_unchecked {
        return Ok(SaveDecision::Conflict);
    }
    if version.graph == save.graph && version.settings == save.settings {
        return Ok(SaveDecision::Unchanged);
    }
    if !is_draft && !changes.structural.is_empty() {
        return Err(JourneyError::Problems(changes.structural));
    }
    let has_line = !is_draft || !in_same_session(version, actor, now);
    let lists_change = version.settings.entry != save.settings.entry
        || version.settings.start != save.settings.start;
    Ok(SaveDecision::Save(SavePlan {
        // A published version keeps the start that it got, also where its settings name none.
        start: save.settings.start.or(version.start.filter(|_| !is_draft)),
        unresolved: still_unresolved(version, save),
        record: has_line.then(|| line(version, save, action, &changes.steps)),
        is_announced: has_line || lists_change,
    }))
}

fn in_same_session(version: &VersionToSave, actor: &Actor, now: Timestamp) -> bool {
    version.saved.is_some_and(|(by, at)| by == actor.user && now.0 - at.0 < EDIT_SESSION_MS)
}

/// Of what the project did not have, what is still named.
fn still_unresolved(version: &VersionToSave, save: &SaveVersion) -> Vec<Reference> {
    if version.unresolved.is_empty() {
        return Vec::new();
    }
    let named = references(&save.graph, &save.settings);
    let still = version.unresolved.iter().filter(|one| named.binary_search(one).is_ok());
    still.cloned().collect()
}

fn line(
    version: &VersionToSave,
    save: &SaveVersion,
    action: Action,
    steps: &[String],
) -> OperationRecord {
    let status = version.state.status;
    let item = OperationItemRecord {
        journey: save.journey,
        name: version.name.clone(),
        outcome: ItemResult::Changed { from: status, to: status },
        from: status,
        before: None,
        revision: version.journey_revision,
    };
    let named = steps[..steps.len().min(NAMED_STEPS_MAX)].join(", ");
    let what = if named.is_empty() { String::new() } else { format!(": {named}") };
    OperationRecord::of_one(action, item, format!("version {}{what}", save.version))
}

#[cfg(test)]
#[path = "save_tests.rs"]
mod tests;
