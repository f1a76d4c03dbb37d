//! The release server on a database of its own, for as long as it is measured.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{shell::call, toolchain::clean};

/// Of the system's clock in a second: fixed for programs (time(7)).
const TICKS: f64 = 100.0;

pub struct Server {
    child: Child,
    /// "127.0.0.1:40123"
    pub address: String,
    folder: PathBuf,
    pub database: PathBuf,
}

impl Server {
    /// Loads as many journeys and serves them.
    pub fn start(binary: &Path, journeys: usize) -> Result<Self> {
        Self::start_with(binary, journeys, &[])
    }

    /// With further flags.
    pub fn start_with(binary: &Path, journeys: usize, flags: &[&str]) -> Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("wayfare-bench-{}-{journeys}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let database = folder.join("bench.db");
        let count = journeys.to_string();
        call(
            clean(Command::new(binary))
                .args(["demo", "--journeys", &count, "--database"])
                .arg(&database)
                .stdout(Stdio::null()),
        )?;
        let mut child = clean(Command::new(binary))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn"])
            .args(flags)
            .arg("--database")
            .arg(&database)
            .stdout(Stdio::piped())
            .spawn()
            .context("the server cannot be started")?;
        let out = child.stdout.take().context("the server has no output")?;
        for line in BufReader::new(out).lines() {
            if let Some((_, address)) = line?.split_once("listening on http://") {
                return Ok(Self { child, address: address.trim().to_string(), folder, database });
            }
        }
        bail!("the server ended before it listened")
    }

    /// Seconds that processors have worked for it, in its own code and for it in the system's.
    pub fn processor_seconds(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .context("this can be read on Linux only")?;
        // Behind the name, which may hold anything and ends with a bracket: the twelfth and
        // thirteenth (proc(5)).
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = fields
            .iter()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum::<f64>();
        Ok(ticks / TICKS)
    }

    /// A line of the system's account of the process, in megabytes: `VmRSS` now, `VmHWM` at its
    /// largest.
    pub fn memory_line(&self, name: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("memory can be read on Linux only")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        Ok(line
            .and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
            .unwrap_or_default()
            / 1024.0)
    }

    /// Memory in use, in megabytes. Pages of the database that the system maps for reading are
    /// counted apart.
    pub fn memory(&self) -> Result<(f64, f64)> {
        Ok((self.memory_line("RssAnon")?, self.memory_line("RssFile")?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
