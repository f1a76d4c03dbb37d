//! Files that no one but their owner may read: the database, its log, and the server's key.

use std::{
    fs::{Metadata, OpenOptions},
    path::{Path, PathBuf},
};

/// What may be done to a file of ours by anybody but its owner: nothing.
const OTHERS: u32 = 0o077;

/// The file beside another whose name ends in addition so.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    name.into()
}

/// Options for files that no one but their owner may read; what is there already keeps its rights.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A sentence about a file of ours that others may open; none where they may not, or it is not
/// there.
pub fn open_to_others(path: &Path) -> Option<String> {
    let mode = mode_of(&path.metadata().ok()?)?;
    let open = mode & OTHERS != 0;
    open.then(|| {
        format!(
            "{shown} can be opened by other users of this machine ({mode:o}). Restrict it with: \
                chmod 600 {shown}",
            shown = path.display()
        )
    })
}

#[cfg(unix)]
fn mode_of(meta: &Metadata) -> Option<u32> {
    Some(std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_: &Metadata) -> Option<u32> {
    None
}
