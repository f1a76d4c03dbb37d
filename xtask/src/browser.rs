//! A Chromium for the browser tests.

use std::{env, path::Path, process::Command};

use anyhow::{Result, bail};

use crate::{
    npm,
    shell::{step, succeeds},
    toolchain::apt_install,
};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// The browser's path, or nothing where Playwright's own is to be used.
pub fn ready() -> Result<Option<String>> {
    if let Ok(path) = env::var("CHROMIUM_PATH") {
        if Path::new(&path).exists() {
            return Ok(Some(path));
        }
        bail!("CHROMIUM_PATH names {path}, which is not there");
    }
    if let Some(found) = installed() {
        return Ok(Some(found));
    }
    let own = step("fetching Playwright's Chromium", || {
        Ok(succeeds(Command::new(npm::bin("playwright")).args(["install", "chromium"])))
    })?;
    if own {
        return Ok(None);
    }
    step("installing Debian's Chromium", || apt_install(&["chromium", "fonts-liberation"]))?;
    match installed() {
        Some(found) => Ok(Some(found)),
        None => bail!("there is no Chromium. Install one and name it in CHROMIUM_PATH"),
    }
}

fn installed() -> Option<String> {
    let folders = env::var("PATH").unwrap_or_default();
    let mut places = folders.split(':').flat_map(|folder| NAMES.iter().map(move |name| format!("{folder}/{name}")));
    places.find(|place| Path::new(place).exists())
}
