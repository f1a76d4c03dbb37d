//! What can go wrong with the store, told apart by what the caller can do about it.

use wayfare_domain::{
    access::{permissions::Forbidden, refusal::AccessRefusal},
    error::FieldError,
    journeys::{
        error::{JourneyError, LimitedThing},
        transition::Refusal,
    },
    operations::StopPreview,
    versions::begin::DraftConflict,
};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing in this project.
    #[error("this {0} does not exist")]
    NotFound(&'static str),
    /// The rules do not allow it for this one journey.
    #[error("{name} {}", refusal.phrase())]
    Refused { name: String, refusal: Refusal },
    /// The actor may not do it to what was found.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The rules of accounts, members and projects do not allow it as things are.
    #[error(transparent)]
    Access(#[from] AccessRefusal),
    /// Someone else changed the journey since it was opened.
    #[error("{name} was changed by someone else since it was opened")]
    RevisionChanged { name: String },
    #[error("the limit of {most} {what} is reached")]
    LimitReached { what: LimitedThing, most: i64 },
    /// A draft cannot be begun or discarded as things are.
    #[error(transparent)]
    Draft(#[from] DraftConflict),
    /// The selection is no longer the one that was confirmed; nothing was changed.
    #[error("the selection has changed since it was confirmed")]
    SelectionChanged(Box<StopPreview>),
    /// The name is taken.
    #[error("there is already a {0} of this name")]
    NameTaken(&'static str),
    /// It cannot be done as things are; a sentence that says what to do first.
    #[error("{0}")]
    Conflict(&'static str),
    /// What was sent cannot be stored, for all of these reasons.
    #[error("{} problems", .0.len())]
    Problems(Vec<FieldError>),
    /// A link that opens nothing: never made, used, withdrawn or too old. No one is told which.
    #[error("the link is not valid")]
    LinkExpired,
    /// The database holds something that it should not.
    #[error("the database holds {0}")]
    Corrupt(String),
    /// The file cannot be used, and why, for the person who starts the server.
    #[error("{0}")]
    CannotOpen(String),
    /// The database cannot be written right now; nothing was changed, and later it may work.
    #[error("the database cannot be written: {0}")]
    Unavailable(WriteFailure),
    /// The database did not do what it was asked. Its driver's error is for the log alone; what
    /// follows from it is said beside it.
    #[error("database: {error}")]
    Backend {
        error: Box<dyn std::error::Error + Send + Sync>,
        /// What [`StoreError::is_about_rows`] answers.
        is_about_rows: bool,
    },
}

/// What keeps the database from being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteFailure {
    #[error("another program holds its lock")]
    Locked,
    #[error("the disk is full")]
    DiskFull,
    #[error("the disk does not take what is written")]
    Disk,
    /// Waited for as long as anybody waits, behind another program or behind more than is written
    /// in that time.
    #[error("others write for too long")]
    Busy,
    /// Its path names another file by now, or none.
    #[error("its file was replaced or removed while the server was running")]
    Replaced,
    /// The fencing number in it is not ours any more.
    #[error("another server uses it")]
    Displaced,
}

impl WriteFailure {
    /// What a person is told, and what to do.
    pub fn sentence(self) -> &'static str {
        match self {
            WriteFailure::Locked => {
                "Another program has locked the database. Nothing was stored. Try again in a \
                    moment."
            }
            WriteFailure::DiskFull => {
                "The server's disk is full. Nothing was stored. Free some space and try again."
            }
            WriteFailure::Disk => {
                "The server's disk rejects writes. Nothing was stored. Check the disk and try \
                    again."
            }
            WriteFailure::Busy => {
                "The database is locked or busy. Nothing was stored. Try again in a moment."
            }
            WriteFailure::Replaced => {
                "The database file, or the -wal file beside it, was replaced or removed while the \
                    server was running, so the server stops. Nothing was stored. Start it again on the right file."
            }
            WriteFailure::Displaced => {
                "Another server uses the database, so this one stops. Nothing was stored. Run one \
                    server for each database."
            }
        }
    }
}

impl WriteFailure {
    /// Does everybody meet it who comes now, whatever they bring?
    pub fn meets_everybody(self) -> bool {
        !matches!(self, WriteFailure::DiskFull)
    }
}

impl StoreError {
    /// What the person at the command line is told; the driver's words stay in the log.
    pub fn sentence(&self) -> String {
        match self {
            StoreError::Unavailable(obstacle) => obstacle.sentence().to_string(),
            StoreError::Backend { .. } | StoreError::Corrupt(_) => {
                "A database operation failed. Check the database with: wayfare check. With --log \
                    debug the log has the details."
                    .to_string()
            }
            other => other.to_string(),
        }
    }
}

impl StoreError {
    /// Is it about rows that cannot be read or written as they are? Others can be worked on without
    /// them; where it is about anything else, nothing can.
    pub fn is_about_rows(&self) -> bool {
        match self {
            StoreError::Corrupt(_) => true,
            StoreError::Backend { is_about_rows, .. } => *is_about_rows,
            _ => false,
        }
    }
}

impl From<JourneyError> for StoreError {
    fn from(error: JourneyError) -> Self {
        match error {
            JourneyError::Refused { name, refusal } => StoreError::Refused { name, refusal },
            JourneyError::Forbidden(forbidden) => StoreError::Forbidden(forbidden),
            JourneyError::RevisionChanged { name } => StoreError::RevisionChanged { name },
            JourneyError::LimitReached { what, most } => StoreError::LimitReached { what, most },
            JourneyError::VersionNotFound => StoreError::NotFound("version"),
            JourneyError::Draft(conflict) => StoreError::Draft(conflict),
            JourneyError::Problems(problems) => StoreError::Problems(problems),
        }
    }
}

/// Why a writer that gathers what is written did not take something.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("more arrives than can be written")]
    Full,
    /// No one writes any more; whether these were stored is not known.
    #[error("the server is stopping")]
    Stopping,
    #[error(transparent)]
    Store(#[from] StoreError),
}
