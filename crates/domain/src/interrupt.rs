//! Long work asks in its loops whether it may go on. Who decides that, and by which clock, is not
//! its business: rules stay pure.

/// Why work was given up before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GivenUp {
    #[error("it took too long")]
    TooLong,
    #[error("the request was cancelled")]
    NobodyWaits,
}

/// Asked again and again by long work. An answer costs about as much as a look at the clock.
pub trait Interrupt: Sync {
    /// # Errors
    /// Where the work is to end now. What it has made so far is of no use to anybody.
    fn go_on(&self) -> Result<(), GivenUp>;
}

/// For work that is short, or that is wanted in any case.
pub struct Uninterrupted;

impl Interrupt for Uninterrupted {
    fn go_on(&self) -> Result<(), GivenUp> {
        Ok(())
    }
}
