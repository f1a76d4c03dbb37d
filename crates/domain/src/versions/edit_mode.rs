//! What may be changed about a version that is opened in the editor, and why not more.

use serde::{Deserialize, Serialize};

use crate::{
    access::{actor::Actor, permissions::Permission},
    graph::NodeType,
    journeys::transition::{Action, JourneyState, transition},
};

/// What may be changed about a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditMode {
    /// Everything: it is a draft.
    Draft,
    /// Content of nodes ([`is_content`]) and their positions: it is published, and people are
    /// inside.
    Content,
    /// Nothing: it is archived or stopped, or their role is not for it.
    Read,
}

impl EditMode {
    /// Whether this field of a node may be changed; `path` is its place in the node's JSON.
    pub fn can_edit_node_field(self, path: &str) -> bool {
        match self {
            EditMode::Draft => true,
            EditMode::Content => is_content(path),
            EditMode::Read => false,
        }
    }

    /// Whether the settings of the version may be changed.
    pub fn can_edit_settings(self) -> bool {
        self == EditMode::Draft
    }
}

/// Fields of messages that are texts. What a field of this name is in a step that sends nothing
/// does not matter.
const MESSAGE_TEXTS: [&str; 7] = ["subject", "body", "title", "link", "url", "template", "headers"];

/// Whether the field of a node at this path of its JSON is content: the name of the step, how its
/// message is sent, or a text of the message (`step.email.subject`). Fields inside of one are like
/// the whole (`step.webhook.headers[0].name`).
pub fn is_content(path: &str) -> bool {
    let mut names = path.split(['.', '[']);
    match (names.next(), names.next(), names.next()) {
        (Some("name" | "sending"), ..) => true,
        (Some("step"), Some(kind), Some(field)) => {
            let is_kind = |node_type: &&NodeType| node_type.spec().key == kind;
            let found = NodeType::ALL.iter().find(is_kind);
            found.is_some_and(|found| found.spec().channel.is_some())
                && MESSAGE_TEXTS.contains(&field)
        }
        _ => false,
    }
}

/// Decides it for the version of this number, which `state` has the status of; with a sentence
/// where not everything may be changed.
pub fn edit_mode(actor: &Actor, state: JourneyState, number: i64) -> (EditMode, Option<String>) {
    if let Err(forbidden) = actor.require(Permission::EditJourneys) {
        return (EditMode::Read, Some(forbidden.sentence()));
    }
    if transition(state, Action::EditDraft).allowed().is_ok() {
        return (EditMode::Draft, None);
    }
    if let Err(refusal) = transition(state, Action::EditContent).allowed() {
        let what =
            if state.archived { "This journey".to_string() } else { format!("Version {number}") };
        let why = format!(
            "{what} {}. You can view it. To make changes, create a new version or a clone.",
            refusal.phrase()
        );
        return (EditMode::Read, Some(why));
    }
    let needed = Permission::of_action(Action::EditContent);
    if let Some(Err(forbidden)) = needed.map(|needed| actor.require(needed)) {
        return (EditMode::Read, Some(forbidden.sentence()));
    }
    let why = format!(
        "Version {number} is published: you can edit texts, names, layout and how messages are \
            sent. For anything else, create a new version."
    );
    (EditMode::Content, Some(why))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        access::{
            actor::RequestOrigin,
            permissions::{Authority, Role},
        },
        ids::{ProjectId, UserId},
        journeys::status::Status,
    };

    fn actor(role: Role) -> Actor {
        Actor {
            user: UserId(Uuid::from_u128(1)),
            name: "Ada".to_string(),
            project: ProjectId(Uuid::from_u128(2)),
            authority: Authority::Role(role),
            origin: RequestOrigin::default(),
        }
    }

    fn state(status: Status) -> JourneyState {
        let ever_published = status != Status::Draft;
        JourneyState { status, archived: false, ever_published, start_ahead: false, inside: 0 }
    }

    fn mode(role: Role, status: Status) -> EditMode {
        edit_mode(&actor(role), state(status), 2).0
    }

    #[test]
    fn everything_of_a_draft_may_be_changed_and_nothing_has_to_be_explained() {
        let mode = edit_mode(&actor(Role::Creator), state(Status::Draft), 2);
        assert_eq!(mode, (EditMode::Draft, None));
    }

    #[test]
    fn content_of_a_published_version_is_for_those_who_may_operate_it() {
        assert_eq!(mode(Role::Publisher, Status::Running), EditMode::Content);
        assert_eq!(mode(Role::Creator, Status::Running), EditMode::Read);
    }

    #[test]
    fn texts_names_and_sending_are_content_and_what_decides_the_path_of_people_is_not() {
        let content = [
            "name",
            "sending",
            "sending.answer_minutes",
            "step.email.subject",
            "step.webhook.headers",
            "step.webhook.headers[0].name",
        ];
        for path in content {
            assert!(EditMode::Content.can_edit_node_field(path), "{path}");
            assert!(!EditMode::Read.can_edit_node_field(path), "{path}");
        }
        let structure = [
            "",
            "id",
            "step",
            "step.webhook",
            "step.webhook.method",
            "step.delay",
            "step.goal.name",
            "step.update_profile.set[0].value",
            "step.unheard_of.body",
        ];
        for path in structure {
            assert!(!EditMode::Content.can_edit_node_field(path), "{path}");
            assert!(EditMode::Draft.can_edit_node_field(path), "{path}");
        }
    }

    #[test]
    fn a_viewer_changes_nothing() {
        assert_eq!(mode(Role::Viewer, Status::Draft), EditMode::Read);
    }

    #[test]
    fn what_is_over_can_be_viewed_and_the_sentence_says_what_to_do() {
        let (mode, why) = edit_mode(&actor(Role::Admin), state(Status::Stopped), 2);
        let sentence = "Version 2 is stopped for good. You can view it. To make changes, create a \
            new version or a clone.";
        assert_eq!((mode, why.as_deref()), (EditMode::Read, Some(sentence)));
    }

    #[test]
    fn of_an_archived_journey_the_journey_is_named_and_not_the_version() {
        let archived = JourneyState { archived: true, ..state(Status::Draft) };
        let (mode, why) = edit_mode(&actor(Role::Admin), archived, 2);
        assert_eq!(mode, EditMode::Read);
        assert!(why.is_some_and(|why| why.starts_with("This journey is archived")));
    }
}
