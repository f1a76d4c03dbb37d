//! The file itself, apart from what SQLite makes of it: is it there, whose is it, is it still the
//! one that its path names?
//!
//! It is held open as long as the database is. Closing any handle of a file gives up every lock
//! that SQLite in this process has on it (POSIX record locks belong to the process and the file,
//! not to the handle), so none is closed in between.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind, Read, Seek},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use wayfare_secrets::private_file::{beside, open_to_others, private};
use wayfare_store::{StoreError, StoreResult};

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// As much of the file's beginning as says how long it is.
const HEADER_BYTES: usize = 100;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing of it changes.
    Read,
    /// It has to be there.
    Write,
    /// It is made where there is none, for its owner alone.
    Create,
}

/// What the file holds, as far as its first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Nothing,
    Database { bytes: u64 },
}

#[derive(Debug)]
pub struct DatabaseFile {
    path: PathBuf,
    handle: File,
    /// Of the file that is held open; none where the system does not tell.
    identity: Option<Identity>,
    /// SQLite's log beside it, once that is told to stay.
    log: OnceLock<Log>,
    /// How long the file was when it was last as long as its beginning says, in bytes.
    whole_length: AtomicU64,
}

/// Of what was committed it holds whatever has not come into the file.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    identity: Option<Identity>,
}

/// Which file it is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    fn of(meta: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        Some(Self { device: meta.dev(), inode: meta.ino() })
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Self> {
        None
    }
}

impl DatabaseFile {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// [`StoreError::CannotOpen`] names the file and says what to do.
    pub fn open(path: &Path, access: Access) -> StoreResult<Self> {
        if path.is_dir() {
            return refuse(format!(
                "The database {} is a folder. Name a file with --database.",
                path.display()
            ));
        }
        let there = path.try_exists().unwrap_or(true);
        if !there && access != Access::Create {
            return refuse(format!(
                "The database {} does not exist. Name the right file with --database. serve, demo, \
                    migrate and user add create a new one.",
                path.display()
            ));
        }
        let folder = folder_of(path);
        if !there && !folder.is_dir() {
            return refuse(format!(
                "The folder {} does not exist. Create it, or name another file with --database.",
                folder.display()
            ));
        }
        let mut options = private();
        options.read(true).write(access != Access::Read).create(access == Access::Create);
        let handle = options
            .open(path)
            .map_err(|error| StoreError::CannotOpen(explain(path, access, &error)))?;
        let meta = handle
            .metadata()
            .map_err(|error| StoreError::CannotOpen(explain(path, access, &error)))?;
        let log = OnceLock::new();
        let whole_length = AtomicU64::default();
        let identity = Identity::of(&meta);
        Ok(Self { path: path.to_path_buf(), identity, handle, log, whole_length })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Without links and detours; the path as it was given where the system cannot tell.
    pub fn canonical(&self) -> PathBuf {
        self.path.canonicalize().unwrap_or_else(|_| self.path.clone())
    }

    /// For locks, which go with it.
    pub fn handle(&self) -> &File {
        &self.handle
    }

    /// From now on the log that is there belongs to the file: SQLite keeps it open until the last
    /// connection closes.
    pub fn keep_log(&self) {
        let path = beside(&self.canonical(), "-wal");
        if let Ok(meta) = path.metadata() {
            let _ = self.log.set(Log { path, identity: Identity::of(&meta) });
        }
    }

    /// Are the file that is held open and its log still the ones that their paths name? True where
    /// it cannot be known.
    pub fn is_in_place(&self) -> bool {
        is_at(&self.path, self.identity)
            && self.log.get().is_none_or(|log| is_at(&log.path, log.identity))
    }

    /// Does the file begin as a database does, and is nothing of it missing? True where it cannot
    /// be known.
    ///
    /// SQLite folds its log into the file with the beginning first: for a moment, or for as long as
    /// the disk has no room for the rest, the file is shorter than its beginning says, and the log
    /// has what is missing. It does not become shorter than it was before.
    pub fn is_whole(&self) -> bool {
        let Ok(meta) = self.handle.metadata() else { return true };
        let mut start = [0; HEADER_BYTES];
        match read_at_start(&self.handle, &mut start) {
            Ok(()) if !start.starts_with(MAGIC) => false,
            Ok(()) if meta.len() >= bytes_of(&start) => {
                self.whole_length.store(meta.len(), Ordering::Relaxed);
                true
            }
            Ok(()) => self.has_log() && meta.len() >= self.whole_length.load(Ordering::Relaxed),
            Err(error) => error.kind() != ErrorKind::UnexpectedEof,
        }
    }

    fn has_log(&self) -> bool {
        beside(&self.canonical(), "-wal").metadata().is_ok_and(|log| log.len() > 0)
    }

    /// # Errors
    /// Where it cannot be read, or holds something else than a database.
    pub fn content(&self) -> StoreResult<Content> {
        let failed =
            |error: io::Error| StoreError::CannotOpen(explain(&self.path, Access::Read, &error));
        let mut start = Vec::new();
        let mut handle = &self.handle;
        handle.rewind().map_err(failed)?;
        handle.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(failed)?;
        if start.is_empty() {
            return Ok(Content::Nothing);
        }
        if start != MAGIC {
            return refuse(format!(
                "The file {} is not a SQLite database. Nothing was changed. Name another file with \
                    --database.",
                self.path.display()
            ));
        }
        Ok(Content::Database { bytes: self.handle.metadata().map_err(failed)?.len() })
    }

    /// The database and what SQLite and servers keep beside it, as far as others on this machine
    /// can get at it: a sentence each.
    pub fn open_to_others(&self) -> Vec<String> {
        ["", "-wal", "-shm", ".lock"]
            .iter()
            .filter_map(|end| open_to_others(&beside(&self.canonical(), end)))
            .collect()
    }
}

/// True where it cannot be known.
fn is_at(path: &Path, identity: Option<Identity>) -> bool {
    match path.metadata() {
        Ok(meta) => identity.is_none() || Identity::of(&meta) == identity,
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// What a database of this header has: the size of a page, where 1 stands for 65,536, times their
/// number.
fn bytes_of(header: &[u8; HEADER_BYTES]) -> u64 {
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let pages = u32::from_be_bytes([header[28], header[29], header[30], header[31]]);
    page * u64::from(pages)
}

#[cfg(unix)]
fn read_at_start(file: &File, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, 0)
}

#[cfg(not(unix))]
fn read_at_start(mut file: &File, bytes: &mut [u8]) -> io::Result<()> {
    file.rewind()?;
    file.read_exact(bytes)
}

/// The folder in which a file lies.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn refuse<T>(sentence: String) -> StoreResult<T> {
    Err(StoreError::CannotOpen(sentence))
}

fn explain(path: &Path, access: Access, error: &io::Error) -> String {
    let shown = path.display();
    let wanted = if access == Access::Read { "read" } else { "opened for writing" };
    match error.kind() {
        ErrorKind::PermissionDenied => {
            format!(
                "The database {shown} cannot be {wanted} by this user. Check the owner and \
                    permissions of the file and its folder."
            )
        }
        ErrorKind::ReadOnlyFilesystem => {
            format!(
                "The database {shown} is on a read-only file system. Mount it for writing, or move \
                    the file."
            )
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("The disk of the database {shown} is full. Free some space and try again.")
        }
        _ => format!(
            "The database {shown} cannot be {wanted}: {error}. Check the file's folder, owner and \
                permissions."
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wayfare.db");
        (folder, path)
    }

    #[test]
    fn a_file_that_was_replaced_or_removed_is_not_in_place_and_one_that_was_written_is() {
        let (folder, path) = file();
        let open = DatabaseFile::open(&path, Access::Create).expect("made");
        assert!(open.is_in_place());
        fs::write(&path, "changed").expect("written");
        assert!(open.is_in_place(), "the same file with other contents");
        let other = folder.path().join("other.db");
        fs::write(&other, "").expect("written");
        fs::rename(&other, &path).expect("replaced");
        assert!(!open.is_in_place());
        fs::remove_file(&path).expect("removed");
        assert!(!open.is_in_place());
    }

    #[test]
    fn a_file_whose_log_was_removed_or_replaced_is_not_in_place() {
        let (_folder, path) = file();
        let open = DatabaseFile::open(&path, Access::Create).expect("made");
        let log = beside(&path, "-wal");
        fs::write(&log, "").expect("written");
        // As SQLite holds it: the system gives its number to no other file meanwhile.
        let _held = File::open(&log).expect("opened");
        open.keep_log();
        fs::write(&log, "more").expect("written");
        assert!(open.is_in_place());
        fs::remove_file(&log).expect("removed");
        assert!(!open.is_in_place());
        fs::write(&log, "another").expect("written");
        fs::write(beside(&path, "-next"), "").expect("written");
        fs::rename(beside(&path, "-next"), &log).expect("replaced");
        assert!(!open.is_in_place());
    }

    /// A database of so many pages by its header, and of so many in truth.
    fn write_pages(path: &Path, said: u32, there: usize) {
        let mut bytes = vec![0; there * 4096];
        bytes[..16].copy_from_slice(MAGIC);
        bytes[16..18].copy_from_slice(&4096_u16.to_be_bytes());
        bytes[28..32].copy_from_slice(&said.to_be_bytes());
        fs::write(path, bytes).expect("written");
    }

    #[test]
    fn a_file_is_whole_while_its_log_has_what_found_no_room_and_not_once_it_was_cut() {
        let (_folder, path) = file();
        let open = DatabaseFile::open(&path, Access::Create).expect("made");
        write_pages(&path, 5, 5);
        assert!(open.is_whole());
        write_pages(&path, 9, 7);
        assert!(!open.is_whole(), "nothing has the other two pages");
        fs::write(beside(&path, "-wal"), "frames").expect("written");
        assert!(open.is_whole(), "the log may have them");
        write_pages(&path, 9, 4);
        assert!(!open.is_whole(), "of what was there a page is gone");
        write_pages(&path, 4, 4);
        assert!(open.is_whole(), "it was made shorter in order");
    }

    #[test]
    fn only_whoever_may_make_a_file_makes_one() {
        let (_folder, path) = file();
        for access in [Access::Read, Access::Write] {
            let refused = DatabaseFile::open(&path, access).expect_err("there is none").to_string();
            assert!(refused.contains("does not exist"), "{refused}");
            assert!(!path.exists());
        }
        let made = DatabaseFile::open(&path, Access::Create).expect("made");
        assert_eq!(made.content().expect("read"), Content::Nothing);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_for_its_owner_and_what_was_made_otherwise_is_told_and_left_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, path) = file();
        let made = DatabaseFile::open(&path, Access::Create).expect("made");
        assert_eq!(made.open_to_others(), Vec::<String>::new());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("opened");
        let told = DatabaseFile::open(&path, Access::Write).expect("opened").open_to_others();
        assert!(
            told.len() == 1 && told[0].contains("wayfare.db") && told[0].contains("644"),
            "{told:?}"
        );
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o644,
            "no file is changed"
        );
    }
}
