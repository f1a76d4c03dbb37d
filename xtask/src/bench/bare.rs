//! The bare SQLite program that the engine's figures stand beside.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    shell::{call, output, root, step},
    toolchain::clean,
};

/// The bare program, and a database for it.
pub struct Bare {
    program: std::path::PathBuf,
    database: std::path::PathBuf,
}

impl Bare {
    pub fn build(binary: &Path) -> Result<Self> {
        let words = [
            "build",
            "--locked",
            "--quiet",
            "--release",
            "--package",
            "bare-sqlite",
            "--target-dir",
            "target/bare",
        ];
        step("compiling the bare program", || call(clean(Command::new("cargo")).args(words)))?;
        let program = root().join("target/bare/release/bare-sqlite");
        let database = std::env::temp_dir().join(format!("wayfare-bare-{}.db", std::process::id()));
        call(
            clean(Command::new(binary))
                .args(["migrate", "--database"])
                .arg(&database)
                .stdout(std::process::Stdio::null()),
        )?;
        Ok(Self { program, database })
    }

    /// Rows a second, as the program says.
    pub fn per_second(&self, what: &str, rows: u64, batch: u64) -> Result<f64> {
        let text = output(
            Command::new(&self.program)
                .arg(what)
                .arg(&self.database)
                .args([rows.to_string(), batch.to_string()]),
        )?;
        text.trim().parse().context("the bare program prints a number")
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.database.display()));
        }
    }
}
