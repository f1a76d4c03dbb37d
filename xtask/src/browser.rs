//! A Chromium for the browser tests.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::{
    debian, npm,
    shell::{call, step},
    toolchain::clean,
};

const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];

/// The browser's path, or nothing where Playwright's own is to be used.
pub fn ready() -> Result<Option<PathBuf>> {
    if let Some(path) =
        env::var_os("CHROMIUM_PATH").filter(|path| !path.is_empty()).map(PathBuf::from)
    {
        if path.exists() {
            return Ok(Some(path));
        }
        bail!("CHROMIUM_PATH names {}, which is not there", path.display());
    }
    if let Some(found) = installed() {
        return Ok(Some(found));
    }
    // Debian's before Playwright's: where downloads are closed, asking for the latter costs
    // minutes.
    if debian::is_root() && debian::is_here() {
        match step("installing Debian's Chromium", || {
            debian::install(&["chromium", "fonts-liberation"])
        }) {
            Ok(()) => {
                if let Some(found) = installed() {
                    return Ok(Some(found));
                }
            }
            Err(error) => eprintln!("   {error:#}"),
        }
    }
    let fetched = step("fetching Playwright's Chromium", || {
        call(clean(Command::new(npm::program("playwright"))).args(["install", "chromium"]))
    });
    if let Err(error) = fetched {
        bail!(
            "there is no Chromium, and none can be fetched ({error:#}). Install one and name it in \
                CHROMIUM_PATH"
        );
    }
    Ok(None)
}

fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    let mac =
        Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome").to_path_buf();
    on_path.chain([mac]).find(|place| place.is_file())
}
