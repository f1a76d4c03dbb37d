//! Why a change to a journey or to one of its versions is refused.

use super::transition::Refusal;
use crate::{access::permissions::Forbidden, error::FieldError, versions::begin::DraftConflict};

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
    /// It goes beyond what can be changed in place, for all of these reasons.
    #[error("{} problems", .0.len())]
    Problems(Vec<FieldError>),
}
