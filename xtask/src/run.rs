//! From a fresh clone to the demo in a browser.

use std::process::Command;

use anyhow::{Context, Result};

use crate::{
    Profile, server,
    shell::{call, root},
    toolchain::clean,
};

pub fn run(profile: Profile, serve: &[String]) -> Result<()> {
    let binary = server::build(profile)?;
    let database = root().join("target/wayfare.db");
    let has = |flag: &str| serve.iter().any(|word| word == flag || word.starts_with(&format!("{flag}=")));
    if !has("--database") {
        call(clean(Command::new(&binary).args(["demo", "--if-empty", "--database"]).arg(&database)))?;
    }
    let mut command = Command::new(&binary);
    clean(&mut command).arg("serve").current_dir(root());
    if !has("--database") {
        command.arg("--database").arg(&database);
    }
    if !has("--listen") {
        command.args(["--listen", "127.0.0.1:3000"]);
        eprintln!("── open http://127.0.0.1:3000 in a browser; Ctrl-C stops the server");
    }
    command.args(serve);
    replace_by(command)
}

/// The server takes this program's place, so that signals reach it.
#[cfg(unix)]
fn replace_by(mut command: Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("the server cannot be started")
}

#[cfg(not(unix))]
fn replace_by(mut command: Command) -> Result<()> {
    command.status().map(|_| ()).context("the server cannot be started")
}
