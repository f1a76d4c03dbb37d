//! From a fresh clone to the demo in a browser.

use std::process::Command;

use anyhow::{Context, Result};

use crate::{
    Profile, server,
    shell::{call, root, step},
    toolchain::clean,
};

const ADDRESS: &str = "127.0.0.1:3000";

pub fn run(profile: Profile, serve: &[String]) -> Result<()> {
    let binary = server::build(profile)?;
    let database = root().join("target/wayfare.db");
    let mut command = clean(Command::new(&binary));
    command.arg("serve").current_dir(root());
    // A database of one's own is not filled with the demo.
    if value_of(serve, "--database").is_none() {
        step("loading the demo, where the database is empty", || {
            call(
                clean(Command::new(&binary))
                    .args(["demo", "--if-empty", "--log", "warn", "--database"])
                    .arg(&database),
            )
        })?;
        command.arg("--database").arg(&database);
    }
    let wanted = value_of(serve, "--listen");
    if wanted.is_none() {
        command.args(["--listen", ADDRESS]);
    }
    eprintln!("── open http://{} in a browser; Ctrl-C stops the server", wanted.unwrap_or(ADDRESS));
    replace_by(command.args(serve))
}

/// The value of a flag among flags: `--listen X` or `--listen=X`.
fn value_of<'a>(words: &'a [String], flag: &str) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(flag)? {
        "" => words.get(at + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

/// The server takes this program's place, so that signals reach it.
#[cfg(unix)]
fn replace_by(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("the server cannot be started")
}

#[cfg(not(unix))]
fn replace_by(command: &mut Command) -> Result<()> {
    command.status().map(|_| ()).context("the server cannot be started")
}

#[cfg(test)]
mod tests {
    use super::value_of;

    #[test]
    fn a_flag_is_found_in_both_spellings() {
        let words = ["--listen", "127.0.0.1:1", "--database=a.db"].map(str::to_string);
        assert_eq!(value_of(&words, "--listen"), Some("127.0.0.1:1"));
        assert_eq!(value_of(&words, "--database"), Some("a.db"));
        assert_eq!(value_of(&words, "--log"), None);
    }
}
