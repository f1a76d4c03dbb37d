//! What can go wrong with the store, told apart by what the caller can do about it.

use crate::domain::{operation::StopPreview, transition::Refusal};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing in this project.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The rules do not allow it for this one journey.
    #[error("{name} {}", refusal.phrase())]
    Refused { name: String, refusal: Refusal },
    /// Somebody else changed the journey since it was opened.
    #[error("{name} was changed by somebody since it was opened")]
    RevisionChanged { name: String },
    /// The selection is no longer the one that was confirmed; nothing was changed.
    #[error("the selection has changed since it was confirmed")]
    SelectionChanged(Box<StopPreview>),
    /// The name is taken.
    #[error("there is already a {0} of this name")]
    Taken(&'static str),
    /// It cannot be done as things are; a sentence that says what to do first.
    #[error("{0}")]
    Conflict(&'static str),
    /// A link that opens nothing: never made, used, withdrawn or too old. Nobody is told which.
    #[error("the link opens nothing")]
    DeadLink,
    /// The database holds something that it should not.
    #[error("the database holds {0}")]
    Damaged(String),
    /// The file cannot be used, and why, for the person who starts the server.
    #[error("{0}")]
    Unusable(String),
    /// The database did not do what it was asked.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}
