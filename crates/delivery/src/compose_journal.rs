//! Which messages are being composed, written to a file that outlives the process: composing one
//! may overflow the stack, abort or use up the memory, and the next start has to know which it was.
//!
//! Noted is only what was in hand when a server died before: the first time nobody can tell which
//! it was, and a message that has its first try costs nothing.
//!
//! The system keeps what was written when a process dies, so nothing waits for the disk. After a
//! power failure the file may tell less than there was; that ended no process by itself.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};
use wayfare_domain::ids::MessageKey;

use wayfare_secrets::private_file::private;

/// Messages that are noted at the same time; composing one takes a thread.
const PLACES: usize = 64;
/// Of one key, little-endian; 0 is none.
const KEY_BYTES: usize = size_of::<i64>();

/// The messages that are being composed.
#[derive(Debug, Default)]
pub struct ComposeJournal(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    /// None where nothing is noted.
    file: Option<File>,
    taken: Vec<bool>,
    /// What a process before was composing when it ended.
    left: Vec<MessageKey>,
}

impl ComposeJournal {
    /// Opens the file, which is created if it does not exist, and reads what was left in it.
    ///
    /// # Errors
    /// The system's own.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = private().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        (&mut file).take((PLACES * KEY_BYTES) as u64).read_to_end(&mut bytes)?;
        let (keys, _) = bytes.as_chunks::<KEY_BYTES>();
        let left = keys.iter().map(|key| i64::from_le_bytes(*key)).filter(|key| *key > 0);
        let left = left.map(MessageKey).collect();
        Ok(Self(Mutex::new(Places { file: Some(file), taken: vec![false; PLACES], left })))
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was being composed when the last process ended, until it is forgotten.
    pub fn left(&self) -> Vec<MessageKey> {
        self.places().left.clone()
    }

    /// What was left is on record now.
    pub fn forget(&self) {
        let mut places = self.places();
        places.left.clear();
        for place in 0..places.taken.len() {
            if !places.is_taken(place) {
                places.write(place, MessageKey(0));
            }
        }
    }

    /// Notes a message until the mark is dropped. Where there is no place it is not noted.
    pub fn begin(&self, message: MessageKey) -> ComposeMark<'_> {
        let mut places = self.places();
        let free = places.taken.iter().position(|taken| !taken);
        if let Some(place) = free {
            places.set_taken(place, true);
            places.write(place, message);
        }
        ComposeMark { journal: self, place: free }
    }
}

impl Places {
    fn is_taken(&self, place: usize) -> bool {
        self.taken.get(place).copied().unwrap_or_default()
    }

    fn set_taken(&mut self, place: usize, is_taken: bool) {
        if let Some(taken) = self.taken.get_mut(place) {
            *taken = is_taken;
        }
    }

    /// A file that cannot be written keeps no message from going out.
    fn write(&mut self, place: usize, message: MessageKey) {
        let Some(file) = &mut self.file else { return };
        let written = file
            .seek(SeekFrom::Start((place * KEY_BYTES) as u64))
            .and_then(|_| file.write_all(&message.0.to_le_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "delivery.compose_journal_failed");
            self.file = None;
        }
    }
}

/// A message is noted as being composed until this is dropped.
#[derive(Debug)]
pub struct ComposeMark<'j> {
    journal: &'j ComposeJournal,
    place: Option<usize>,
}

impl Drop for ComposeMark<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let mut places = self.journal.places();
        places.write(place, MessageKey(0));
        places.set_taken(place, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_being_composed_is_known_to_the_next_process_until_it_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.db.composing");
        let journal = ComposeJournal::open(&path).expect("a file");
        assert!(journal.left().is_empty());
        let (done, _first, _second) = (
            journal.begin(MessageKey(7)),
            journal.begin(MessageKey(8)),
            journal.begin(MessageKey(9)),
        );
        drop(done);
        // The process ends here, with two of them in its hands.
        let next = ComposeJournal::open(&path).expect("a file");
        assert_eq!(next.left(), [8, 9].map(MessageKey));
        let again = ComposeJournal::open(&path).expect("a file");
        assert_eq!(again.left(), [8, 9].map(MessageKey), "nothing was recorded yet");
        next.forget();
        assert!(next.left().is_empty());
        assert!(ComposeJournal::open(&path).expect("a file").left().is_empty());
    }

    #[test]
    fn a_file_that_holds_anything_else_names_no_message_and_more_messages_than_places_go_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.db.composing");
        std::fs::write(&path, [0xff; KEY_BYTES * 2 + 3]).expect("written");
        let journal = ComposeJournal::open(&path).expect("a file");
        assert!(journal.left().is_empty());
        let marks: Vec<ComposeMark<'_>> =
            (1..=100).map(|key| journal.begin(MessageKey(key))).collect();
        assert_eq!(ComposeJournal::open(&path).expect("a file").left().len(), PLACES);
        drop(marks);
        assert!(ComposeJournal::open(&path).expect("a file").left().is_empty());
    }
}
