//! What goes wrong inside this crate. The contract's error knows no driver: SQLite's result codes
//! are read here, and in `open_errors.rs` for a file that cannot be opened.

use wayfare_domain::{
    access::{permissions::Forbidden, refusal::AccessRefusal},
    journeys::error::JourneyError,
    versions::begin::DraftConflict,
};
use wayfare_store::{StoreError, error::WriteFailure};

/// A [`StoreError`] that the driver's errors become by `?`.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SqliteError(StoreError);

pub type SqliteResult<T> = Result<T, SqliteError>;

impl SqliteError {
    /// As [`StoreError::is_about_rows`].
    pub fn is_about_rows(&self) -> bool {
        self.0.is_about_rows()
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        error.0
    }
}

impl From<StoreError> for SqliteError {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<sqlx::Error> for SqliteError {
    fn from(error: sqlx::Error) -> Self {
        if let Some(failure) = write_failure(&error) {
            return Self(StoreError::Unavailable(failure));
        }
        let is_about_rows = is_about_rows(&error);
        Self(StoreError::Backend { error: Box::new(error), is_about_rows })
    }
}

impl From<AccessRefusal> for SqliteError {
    fn from(refusal: AccessRefusal) -> Self {
        Self(refusal.into())
    }
}

impl From<DraftConflict> for SqliteError {
    fn from(conflict: DraftConflict) -> Self {
        Self(conflict.into())
    }
}

impl From<Forbidden> for SqliteError {
    fn from(forbidden: Forbidden) -> Self {
        Self(forbidden.into())
    }
}

impl From<JourneyError> for SqliteError {
    fn from(error: JourneyError) -> Self {
        Self(error.into())
    }
}

/// By SQLite's primary result codes: 5 BUSY, 6 LOCKED, 10 IOERR, 13 FULL; 531 is a commit that its
/// guard refused.
fn write_failure(error: &sqlx::Error) -> Option<WriteFailure> {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return Some(WriteFailure::Busy);
    }
    let code = result_code(error)?;
    match code & 0xff {
        _ if code == 531 => Some(WriteFailure::Replaced),
        5 | 6 => Some(WriteFailure::Locked),
        10 => Some(WriteFailure::Disk),
        13 => Some(WriteFailure::DiskFull),
        _ => None,
    }
}

/// By SQLite's primary result codes: 18 TOOBIG, 19 CONSTRAINT, 20 MISMATCH.
fn is_about_rows(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => true,
        sqlx::Error::Database(reported) => result_code(error).is_some_and(|code| {
            matches!(code & 0xff, 18..=20) || reported.message().contains("malformed JSON")
        }),
        _ => false,
    }
}

/// SQLite's extended result code.
fn result_code(error: &sqlx::Error) -> Option<i64> {
    error.as_database_error()?.code()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, fmt};

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    #[derive(Debug)]
    struct Reported {
        code: i64,
        message: &'static str,
    }

    impl fmt::Display for Reported {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.message)
        }
    }

    impl std::error::Error for Reported {}

    impl DatabaseError for Reported {
        fn message(&self) -> &str {
            self.message
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.code.to_string().into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn stored(error: sqlx::Error) -> StoreError {
        SqliteError::from(error).into()
    }

    fn reported(code: i64, message: &'static str) -> StoreError {
        stored(sqlx::Error::Database(Box::new(Reported { code, message })))
    }

    #[test]
    fn what_keeps_the_database_from_being_written_is_told_by_its_result_code() {
        for (code, failure) in [
            (5, WriteFailure::Locked),
            (517, WriteFailure::Locked),
            (6, WriteFailure::Locked),
            (778, WriteFailure::Disk),
            (13, WriteFailure::DiskFull),
            (531, WriteFailure::Replaced),
        ] {
            let error = reported(code, "no");
            assert!(matches!(error, StoreError::Unavailable(found) if found == failure), "{code}");
        }
    }

    #[test]
    fn a_connection_that_nobody_got_means_that_the_database_is_busy() {
        let error = stored(sqlx::Error::PoolTimedOut);
        assert!(matches!(error, StoreError::Unavailable(WriteFailure::Busy)));
    }

    #[test]
    fn values_that_do_not_fit_are_about_rows_and_other_errors_are_not() {
        let about_rows = [
            reported(18, "string or blob too big"),
            reported(2067, "UNIQUE constraint failed"),
            reported(20, "datatype mismatch"),
            reported(1, "malformed JSON"),
            stored(sqlx::Error::Decode("not a number".into())),
        ];
        for error in about_rows {
            assert!(error.is_about_rows(), "{error}");
        }
        let about_the_database = [
            reported(1, "no such table"),
            reported(11, "malformed"),
            stored(sqlx::Error::RowNotFound),
        ];
        for error in about_the_database {
            assert!(!error.is_about_rows(), "{error}");
        }
    }

    #[test]
    fn the_drivers_words_are_kept_for_the_log() {
        let words = reported(1, "no such table").to_string();
        assert!(words.starts_with("database: ") && words.ends_with("no such table"), "{words}");
    }
}
