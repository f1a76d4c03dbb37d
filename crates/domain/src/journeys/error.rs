//! Why a change to a journey or to one of its versions is refused.

use std::fmt;

use super::transition::Refusal;
use crate::{access::permissions::Forbidden, error::FieldError, versions::begin::DraftConflict};

/// What a project may have only so many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitedThing {
    Labels,
    SavedFilters,
}

impl fmt::Display for LimitedThing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitedThing::Labels => "labels",
            LimitedThing::SavedFilters => "saved filters",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JourneyError {
    /// The rules do not allow it for this one journey.
    #[error("{name} {}", refusal.phrase())]
    Refused { name: String, refusal: Refusal },
    /// The actor may not do it to what was found.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Someone else changed it since it was opened.
    #[error("{name} was changed by someone else since it was opened")]
    RevisionChanged { name: String },
    #[error("this version does not exist")]
    VersionNotFound,
    #[error(transparent)]
    Draft(#[from] DraftConflict),
    /// The project has as many as it may have: of what, and how many.
    #[error("the limit of {most} {what} is reached")]
    LimitReached { what: LimitedThing, most: i64 },
    /// It goes beyond what can be changed in place, for all of these reasons.
    #[error("{} problems", .0.len())]
    Problems(Vec<FieldError>),
}
