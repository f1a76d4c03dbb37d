//! Why a use case did not happen.

use crate::auth::{oidc::ProviderError, password::PasswordError, rate_limit::RateLimited};
use wayfare_delivery::channels::ChannelError;
use wayfare_domain::{
    access::{permissions::Forbidden, refusal::AccessRefusal},
    error::FieldError,
    interrupt::GivenUp,
};
use wayfare_runtime::{
    costly_work::{Crowded, WorkError},
    supervisor::Panicked,
};
use wayfare_secrets::{secret::NoRandomness, server_key::KeyFileError};
use wayfare_store::{StoreError, error::IntakeError};

/// What the services answer.
pub type ServiceResult<T> = Result<T, ServiceError>;

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Store(StoreError),
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// What was typed makes no sense.
    #[error("{0}")]
    Invalid(FieldError),
    /// It cannot run, for all of these reasons.
    #[error("{} problems", .0.len())]
    Problems(Vec<FieldError>),
    /// Wrong password, no such account, suspended: no one is told which.
    #[error("wrong email address or password")]
    WrongCredentials,
    /// It was not asked about before, or about something else.
    #[error("it was not confirmed")]
    Unconfirmed,
    /// No one is signed in.
    #[error("no one is signed in")]
    SignedOut,
    #[error(transparent)]
    TooMany(#[from] RateLimited),
    /// More is coming in than can be written.
    #[error("more arrives than can be written")]
    Busy,
    /// Costly work that was not begun.
    #[error(transparent)]
    Crowded(#[from] Crowded),
    /// Costly work that was stopped: a sentence.
    #[error("{0}")]
    TookTooLong(String),
    /// Costly work ended before its end; anyone who began it says why.
    #[error(transparent)]
    GivenUp(#[from] GivenUp),
    /// Costly work broke off: a bug, or the server is ending.
    #[error("the work was interrupted: {0}")]
    BrokeOff(String),
    /// The server is going down: whether it was done is not known.
    #[error("the server is stopping")]
    Stopping,
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Only a running server sends.
    #[error("only a running server sends messages")]
    NoDelivery,
    /// A message of a test, and what was said to it: a sentence.
    #[error("{0}")]
    NotDelivered(String),
    #[error(transparent)]
    Channel(#[from] ChannelError),
    #[error(transparent)]
    ServerKey(#[from] KeyFileError),
    #[error("a password could not be hashed")]
    Hash,
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl ServiceError {
    /// Was costly work not begun, or not brought to its end?
    pub fn is_about_costly_work(&self) -> bool {
        matches!(
            self,
            ServiceError::Crowded(_)
                | ServiceError::TookTooLong(_)
                | ServiceError::GivenUp(_)
                | ServiceError::BrokeOff(_)
        )
    }
}

impl From<StoreError> for ServiceError {
    /// What was verified but did not hold is told like what was wrong from the beginning.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Access(AccessRefusal::WrongCredentials) => ServiceError::WrongCredentials,
            StoreError::Access(AccessRefusal::SessionEnded) => ServiceError::SignedOut,
            error => ServiceError::Store(error),
        }
    }
}

impl From<PasswordError> for ServiceError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Failed => ServiceError::Hash,
            PasswordError::Busy => ServiceError::Busy,
        }
    }
}

impl From<IntakeError> for ServiceError {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Full => ServiceError::Busy,
            IntakeError::Stopping => ServiceError::Stopping,
            IntakeError::Store(error) => error.into(),
        }
    }
}

impl From<AccessRefusal> for ServiceError {
    fn from(refusal: AccessRefusal) -> Self {
        StoreError::from(refusal).into()
    }
}

impl From<FieldError> for ServiceError {
    fn from(error: FieldError) -> Self {
        ServiceError::Invalid(error)
    }
}

impl From<WorkError<ServiceError>> for ServiceError {
    fn from(error: WorkError<ServiceError>) -> Self {
        match error {
            WorkError::Crowded(crowded) => ServiceError::Crowded(crowded),
            WorkError::TookTooLong(sentence) => ServiceError::TookTooLong(sentence),
            WorkError::BrokeOff => ServiceError::BrokeOff("its task ended".to_string()),
            WorkError::Work(error) => error,
        }
    }
}

impl From<Panicked> for ServiceError {
    fn from(error: Panicked) -> Self {
        ServiceError::BrokeOff(error.to_string())
    }
}
