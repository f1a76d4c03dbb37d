//! Files that no one but their owner may read: the database, its log, and the server's key.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
};

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
