//! Whether this process may still write into the file.
//!
//! Two things end that. The file or SQLite's log beside it is replaced or removed: SQLite would go
//! on writing into one that no one finds again, so each commit looks first whether their paths
//! still name the open ones (a `stat` each). Another server took it: each start raises the fencing number in the database, and each
//! transaction begins with a look at it, in the statement that begins it.
//!
//! A file of which a part was cut off is still the same file: that is looked for once a second, and
//! told.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr, SqliteConnection};
use tokio::sync::watch;

use super::database_file::DatabaseFile;
use wayfare_store::error::WriteFailure;

/// Cheap to clone; all clones are about one open file.
#[derive(Clone)]
pub struct Ownership(Arc<Inner>);

struct Inner {
    file: DatabaseFile,
    /// The fencing number of this server and how its transactions begin; none where this process is
    /// no server.
    fence: OnceLock<(i64, Arc<str>)>,
    lost: watch::Sender<Option<WriteFailure>>,
    /// How often in a row the file was found shorter than it says it is.
    cut: AtomicU32,
}

/// Looks, a second apart, until that is no moment in which SQLite is writing.
const CUT_FOR_GOOD: u32 = 3;

impl Ownership {
    pub fn new(file: DatabaseFile) -> Self {
        Self(Arc::new(Inner {
            file,
            fence: OnceLock::new(),
            lost: watch::Sender::new(None),
            cut: AtomicU32::new(0),
        }))
    }

    pub fn file(&self) -> &DatabaseFile {
        &self.0.file
    }

    /// From now on only a server with this number writes.
    pub fn fence(&self, number: i64) {
        // It depends on the row, or SQLite would work it out beforehand. A server's number is never
        // taken back.
        let statement = format!(
            "BEGIN IMMEDIATE; SELECT CASE fence WHEN {number} THEN 1
             ELSE json('fence ' || fence) END FROM database_identity"
        );
        let _ = self.0.fence.set((number, statement.into()));
        self.0.file.keep_log();
    }

    /// The statement that begins a transaction. It fails, within the transaction, where another
    /// server took the file.
    pub fn begin(&self) -> SqlStr {
        match self.0.fence.get() {
            Some((_, statement)) => AssertSqlSafe(Arc::clone(statement)).into_sql_str(),
            None => "BEGIN IMMEDIATE".into_sql_str(),
        }
    }

    /// Is this the number of this server? True for a process that is none.
    pub fn is_fenced_by(&self, number: i64) -> bool {
        self.0.fence.get().is_none_or(|(ours, _)| *ours == number)
    }

    /// Did [`Self::begin`] fail because of the fencing number?
    pub fn says_displaced(&self, error: &sqlx::Error) -> bool {
        self.0.fence.get().is_some()
            && error.as_database_error().is_some_and(|error| error.message() == "malformed JSON")
    }

    /// Nothing is written from now on.
    pub fn lose(&self, why: WriteFailure) {
        self.0.lost.send_if_modified(|lost| {
            let first = lost.is_none();
            lost.get_or_insert(why);
            first
        });
    }

    /// Why nothing may be written any more.
    pub fn loss(&self) -> Option<WriteFailure> {
        *self.0.lost.borrow()
    }

    /// Looks whether the paths still name the open files.
    pub fn look(&self) -> Option<WriteFailure> {
        if self.loss().is_none() && !self.0.file.is_in_place() {
            self.lose(WriteFailure::Replaced);
        }
        self.loss()
    }

    /// Looks whether the file is all there. Answers whether it has just turned out not to be.
    pub fn look_whether_whole(&self) -> bool {
        if self.0.file.is_whole() {
            self.0.cut.store(0, Ordering::Relaxed);
            return false;
        }
        let looks = self.0.cut.load(Ordering::Relaxed).saturating_add(1);
        self.0.cut.store(looks, Ordering::Relaxed);
        looks == CUT_FOR_GOOD
    }

    /// Was a part of the file lost while it was open?
    pub fn is_cut(&self) -> bool {
        self.0.cut.load(Ordering::Relaxed) >= CUT_FOR_GOOD
    }

    /// Returns when it is lost, with the reason.
    pub async fn lost(&self) -> WriteFailure {
        let mut lost = self.0.lost.subscribe();
        let why = lost.wait_for(Option::is_some).await.map(|why| *why);
        // The sender is ours: it cannot be gone.
        why.ok().flatten().unwrap_or(WriteFailure::Replaced)
    }

    /// Has every commit of a connection look first.
    pub async fn guard(self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        connection.lock_handle().await?.set_commit_hook(move || self.look().is_none());
        Ok(())
    }
}
