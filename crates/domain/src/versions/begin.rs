//! A new draft beside a published version, and discarding it.

use crate::{
    journeys::{error::JourneyError, settings::Settings, status::Status, transition::Action},
    operations::{
        record::{OperationItemRecord, OperationRecord},
        target::OperationTarget,
    },
    time::Timestamp,
};

/// Why a draft cannot be begun or discarded as things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum DraftConflict {
    AlreadyThere,
    /// The draft is all there is of the journey.
    NeverPublished,
    Missing,
}

impl DraftConflict {
    /// What is in the way, and what to do first.
    pub fn sentence(self) -> &'static str {
        match self {
            DraftConflict::AlreadyThere => "A draft already exists. Open it, or discard it first.",
            DraftConflict::NeverPublished => {
                "This journey was never published. Delete the journey instead of the draft."
            }
            DraftConflict::Missing => "The journey has no draft to discard.",
        }
    }
}

/// A journey beside whose version a draft is begun.
#[derive(Debug, Clone, PartialEq)]
pub struct JourneyToRevise {
    pub target: OperationTarget,
    /// The number of its draft.
    pub draft: Option<i64>,
    /// The version that the draft will be like; none where there is no such version.
    pub original: Option<OriginalVersion>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OriginalVersion {
    pub number: i64,
    pub settings: Settings,
    /// The highest number of the journey's versions.
    pub newest: i64,
}

/// A draft like another version but for these settings.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDraft {
    pub number: i64,
    pub from: i64,
    pub settings: Settings,
    pub record: OperationRecord,
}

/// Decides what a new draft is like.
///
/// # Errors
/// The table does not allow one, there is one already, or the version that it should be like does
/// not exist.
pub fn decide_begin(journey: JourneyToRevise, now: Timestamp) -> Result<NewDraft, JourneyError> {
    let target = &journey.target;
    target.require(Action::NewVersion)?;
    if journey.draft.is_some() {
        return Err(DraftConflict::AlreadyThere.into());
    }
    let original = journey.original.ok_or(JourneyError::VersionNotFound)?;
    let number = original.newest + 1;
    let note = format!("version {number}, from version {}", original.number);
    let item = OperationItemRecord::changed(target, target.status());
    Ok(NewDraft {
        number,
        from: original.number,
        settings: original.settings.without_past_times(now),
        record: OperationRecord::of_one(Action::NewVersion, item, note),
    })
}

/// Decides whether the draft is discarded, and gives the line of the history.
///
/// # Errors
/// The journey is archived, the draft is all there is of it, or there is none.
pub fn decide_discard(
    target: &OperationTarget,
    draft: Option<i64>,
) -> Result<OperationRecord, JourneyError> {
    target.require(Action::Rename)?;
    if target.status() == Status::Draft {
        return Err(DraftConflict::NeverPublished.into());
    }
    let number = draft.ok_or(DraftConflict::Missing)?;
    let item = OperationItemRecord::changed(target, target.status());
    let note = format!("the draft of version {number} discarded");
    Ok(OperationRecord::of_one(Action::EditDraft, item, note))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journeys::{settings::EntryTrigger, transition::Refusal},
        operations::target::examples::target,
    };

    const NOW: Timestamp = Timestamp(1_000);

    fn settings(start: Option<i64>, end: Option<i64>) -> Settings {
        Settings {
            start: start.map(Timestamp),
            end: end.map(Timestamp),
            ..Settings::new(EntryTrigger::Api {})
        }
    }

    fn journey(status: Status, draft: Option<i64>) -> JourneyToRevise {
        let original = OriginalVersion { number: 2, settings: settings(None, None), newest: 3 };
        JourneyToRevise { target: target(1, status), draft, original: Some(original) }
    }

    #[test]
    fn a_draft_gets_the_next_number_and_says_what_it_is_like() {
        let draft = decide_begin(journey(Status::Running, None), NOW).expect("allowed");
        assert_eq!((draft.number, draft.from), (4, 2));
        assert_eq!(draft.record.note, "version 4, from version 2");
    }

    #[test]
    fn a_start_and_an_end_that_have_passed_are_not_copied() {
        let mut journey = journey(Status::Running, None);
        if let Some(original) = &mut journey.original {
            original.settings = settings(Some(900), Some(1_100));
        }
        let draft = decide_begin(journey, NOW).expect("allowed");
        assert_eq!((draft.settings.start, draft.settings.end), (None, Some(Timestamp(1_100))));
    }

    #[test]
    fn a_journey_has_one_draft_at_most() {
        let error = decide_begin(journey(Status::Running, Some(3)), NOW).expect_err("refused");
        assert_eq!(error, JourneyError::Draft(DraftConflict::AlreadyThere));
    }

    #[test]
    fn a_journey_that_was_never_published_gets_no_second_draft() {
        let error = decide_begin(journey(Status::Draft, Some(1)), NOW).expect_err("refused");
        let refusal = Refusal::IsDraft;
        assert_eq!(error, JourneyError::Refused { name: "Journey 1".to_string(), refusal });
    }

    #[test]
    fn a_draft_like_a_version_that_is_not_there_is_refused() {
        let journey = JourneyToRevise { original: None, ..journey(Status::Running, None) };
        assert_eq!(decide_begin(journey, NOW), Err(JourneyError::VersionNotFound));
    }

    #[test]
    fn a_draft_beside_a_published_version_can_be_discarded() {
        let record = decide_discard(&target(1, Status::Stopped), Some(5)).expect("allowed");
        assert_eq!(
            (record.action, record.note.as_str()),
            (Action::EditDraft, "the draft of version 5 discarded")
        );
    }

    #[test]
    fn the_draft_of_a_journey_that_was_never_published_cannot_be_discarded() {
        let error = decide_discard(&target(1, Status::Draft), Some(1)).expect_err("refused");
        assert_eq!(error, JourneyError::Draft(DraftConflict::NeverPublished));
    }

    #[test]
    fn where_there_is_no_draft_none_can_be_discarded() {
        let error = decide_discard(&target(1, Status::Running), None).expect_err("refused");
        assert_eq!(error, JourneyError::Draft(DraftConflict::Missing));
    }
}
