//! Statements about many rows: the values are bound, a few hundred rows to a statement. A row costs
//! a microsecond or two; taking it out of JSON with `json_each` cost ten times that, one statement
//! for each row even more.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use sqlx::{
    Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, error::BoxDynError,
    query_with, sqlite::SqliteArguments,
};

use crate::error::SqliteResult;

/// The values of some rows, one after the other.
#[derive(Default)]
pub struct RowBinder {
    values: SqliteArguments,
    error: Option<BoxDynError>,
}

impl RowBinder {
    /// Adds the next value.
    pub fn bind<'t>(mut self, value: impl Encode<'t, Sqlite> + Type<Sqlite>) -> Self {
        if let Err(error) = self.values.add(value) {
            self.error.get_or_insert(error);
        }
        self
    }
}

/// How many rows go into one statement. Few sizes, so that few statements have to be kept prepared.
const SIZES: [usize; 4] = [256, 32, 4, 1];

/// A statement around a list of rows, `VALUES (?, ?), (?, ?), …`. A `static`, since it keeps its
/// text.
pub struct BulkStatement {
    before: Cow<'static, str>,
    columns: usize,
    after: Cow<'static, str>,
    /// The text for each of [`SIZES`].
    texts: [OnceLock<Arc<str>>; SIZES.len()],
}

impl BulkStatement {
    /// `before` goes up to and with `VALUES`, `columns` values make a row, `after` follows the
    /// rows.
    pub const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        let (before, after) = (Cow::Borrowed(before), Cow::Borrowed(after));
        Self { before, columns, after, texts: [const { OnceLock::new() }; SIZES.len()] }
    }

    /// With texts that numbers of the domain were written into; for a `LazyLock`.
    pub fn with_codes(
        before: impl Into<Cow<'static, str>>,
        columns: usize,
        after: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (before, after) = (before.into(), after.into());
        Self { before, columns, after, texts: [const { OnceLock::new() }; SIZES.len()] }
    }

    /// Runs it for all rows; `bind` binds the values of one. Answers how many rows of the database
    /// it changed.
    pub async fn run<T>(
        &self,
        connection: &mut SqliteConnection,
        rows: impl IntoIterator<Item = T>,
        bind: impl Fn(RowBinder, T) -> RowBinder,
    ) -> SqliteResult<u64> {
        let mut rows = rows.into_iter().collect::<Vec<T>>().into_iter();
        let mut changed = 0;
        for (text, size) in self.texts.iter().zip(SIZES) {
            while rows.len() >= size {
                let mut values = SqliteArguments::default();
                values.reserve(size * self.columns, 0);
                let bound = rows.by_ref().take(size).fold(RowBinder { values, error: None }, &bind);
                if let Some(error) = bound.error {
                    return Err(sqlx::Error::Encode(error).into());
                }
                let query = query_with(
                    AssertSqlSafe(Arc::clone(text.get_or_init(|| self.sql(size)))),
                    bound.values,
                );
                changed += query.execute(&mut *connection).await?.rows_affected();
            }
        }
        Ok(changed)
    }

    /// Short, because the text is compared whenever the statement is looked for among the prepared
    /// ones.
    fn sql(&self, rows: usize) -> Arc<str> {
        let row = format!("({})", vec!["?"; self.columns].join(","));
        format!("{}{}{}", self.before, vec![row; rows].join(","), self.after).into()
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, SqliteConnection};

    use super::{BulkStatement, SIZES};

    #[tokio::test]
    async fn every_row_is_written_once_whatever_their_number() {
        let mut connection =
            SqliteConnection::connect("sqlite::memory:").await.expect("a database");
        sqlx::query("CREATE TABLE t (a INTEGER, b TEXT) STRICT")
            .execute(&mut connection)
            .await
            .expect("a table");
        static INSERT: BulkStatement = BulkStatement::new("INSERT INTO t (a, b) VALUES", 2, "");
        let mut wanted = 0;
        for count in [0, 1, 3, SIZES[1] + 5, 2 * SIZES[0] + SIZES[1] + 7] {
            let rows = (0..count as i64).map(|number| (wanted + number, "text"));
            let changed = INSERT
                .run(&mut connection, rows, |query, (a, b)| query.bind(a).bind(b))
                .await
                .expect("written");
            assert_eq!(changed, count as u64);
            wanted += count as i64;
        }
        let found: (i64, i64, i64) =
            sqlx::query_as("SELECT count(*), count(DISTINCT a), max(a) FROM t")
                .fetch_one(&mut connection)
                .await
                .expect("counted");
        assert_eq!(found, (wanted, wanted, wanted - 1));
    }
}
