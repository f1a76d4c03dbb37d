//! The few tools that come from npm: `wasm-opt`, `esbuild`, Playwright and axe. Pinned in package-lock.json.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Result, bail};

use crate::shell::{call, root, step, succeeds};

/// Installs what package-lock.json says, once.
pub fn ready() -> Result<()> {
    let lock = fs::read(root().join("package-lock.json"))?;
    let stamp = root().join("node_modules/.wayfare-installed");
    let wanted = crate::site::hash_of(&lock);
    if fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    if !succeeds(Command::new("npm").arg("--version")) {
        bail!("npm is missing. Install Node.js 20 or newer (on Debian: apt-get install nodejs npm) and try again");
    }
    step("installing the tools from npm", || call(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// A program of an npm package.
pub fn bin(name: &str) -> PathBuf {
    root().join("node_modules/.bin").join(name)
}

/// A file of an npm package.
pub fn tool(path: &str) -> PathBuf {
    root().join("node_modules").join(path)
}
