//! What must hold before anything is tested: format, lints of both halves, the direction of
//! imports, what is written unescaped, lengths of files, lock files.

use std::process::Command;

use anyhow::{Context, Result};

use crate::{
    advisories, dependencies, file_sizes, npm, raw_html,
    shell::{call, output, root, step, succeeds},
    tasks,
    toolchain::{TARGET, Toolchain, clean},
    words,
};

/// All crates that the server is made of.
pub const SERVERS_HALF: [&str; 7] =
    ["--workspace", "--exclude", "xtask", "--exclude", "bare-sqlite", "--exclude", "bare-delivery"];

pub fn check() -> Result<()> {
    step("imports go one way", dependencies::check)?;
    step("what people typed stays text", raw_html::check)?;
    step("tasks are watched", tasks::check)?;
    step("files can be read as a whole", file_sizes::check)?;
    step("words are those of the glossary", words::check)?;
    step("lock files", lock_files)?;
    step("advisories about what they name", advisories::check)?;
    let toolchain = Toolchain::ready()?;
    step("format", || call(toolchain.cargo_with("fmt")?.args(["--all", "--check"])))?;
    let lints = |what: &str, words: &[&str]| {
        step(&format!("lints of {what}"), || {
            call(
                toolchain
                    .cargo_with("clippy")?
                    .args(["--locked", "--quiet"])
                    .args(words)
                    .args(["--", "-D", "warnings"]),
            )
        })
    };
    lints(
        "the server's half",
        &[&SERVERS_HALF[..], &["--features", "wayfare/ssr", "--all-targets"]].concat(),
    )?;
    let browser = [
        "--package",
        "wayfare",
        "--lib",
        "--no-default-features",
        "--features",
        "hydrate",
        "--target",
        TARGET,
    ];
    lints("the browser's half", &[&browser[..], &["--profile", "wasm-dev"]].concat())?;
    let editor = [
        "--package",
        "wayfare",
        "--lib",
        "--bin",
        "editor",
        "--no-default-features",
        "--features",
        "editor",
        "--target",
        TARGET,
    ];
    lints("the editor", &[&editor[..], &["--profile", "wasm-dev"]].concat())?;
    lints(
        "the task runner",
        &["--package", "xtask", "--all-targets", "--target-dir", "target/xtask"],
    )
}

/// They are there for whoever clones the project. That Cargo.lock belongs to Cargo.toml is seen to
/// by `--locked` in every command, and by `.ci/run` before cargo could mend it on the way to this
/// program.
fn lock_files() -> Result<()> {
    npm::check_lock()?;
    // An archive of the sources has no history to look at.
    if root().join(".git").exists() && succeeds(clean(Command::new("git")).arg("--version")) {
        output(clean(Command::new("git")).args([
            "ls-files",
            "--error-unmatch",
            "Cargo.lock",
            "package-lock.json",
        ]))
        .context("Cargo.lock and package-lock.json belong into the repository")?;
    }
    Ok(())
}
