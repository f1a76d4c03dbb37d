//! The few tools that come from npm: `wasm-opt`, `esbuild`, Playwright and axe. Pinned in
//! package-lock.json.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    shell::{call, output, root, step},
    site::hash_of,
    toolchain::clean,
};

/// The oldest Node.js that the tools run on.
const NODE_AT_LEAST: u32 = 20;

/// Installs what package-lock.json says, once.
pub fn ready() -> Result<()> {
    let stamp = root().join("node_modules/.wayfare-installed");
    let wanted = locked()?;
    if fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    let version = output(clean(Command::new("node")).arg("--version")).unwrap_or_default();
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|number| number.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_AT_LEAST => {}
        Some(_) => bail!(
            "Node.js {version} is too old. Install Node.js {NODE_AT_LEAST} or newer and try again"
        ),
        None => bail!(
            "Node.js is missing. Install Node.js {NODE_AT_LEAST} or newer with npm and try again"
        ),
    }
    step("installing the tools from npm", || {
        call(clean(Command::new("npm")).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
    })?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// Changes with any version of any tool.
pub fn locked() -> Result<String> {
    Ok(hash_of(
        &fs::read(root().join("package-lock.json")).context("package-lock.json is missing")?,
    ))
}

/// A program of an npm package.
pub fn program(name: &str) -> PathBuf {
    root().join("node_modules/.bin").join(name)
}

/// That package-lock.json belongs to package.json and names no registry: one that is not reachable
/// elsewhere would break the build there.
pub fn check_lock() -> Result<()> {
    let read = |name: &str| -> Result<Value> {
        let text =
            fs::read_to_string(root().join(name)).with_context(|| format!("{name} is missing"))?;
        serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))
    };
    judge_lock(&read("package.json")?, &read("package-lock.json")?)
}

fn judge_lock(package: &Value, lock: &Value) -> Result<()> {
    for section in ["dependencies", "devDependencies"] {
        if package[section] != lock["packages"][""][section] {
            bail!(
                "package-lock.json does not belong to package.json ({section} differ); run `npm \
                    install` and commit both"
            );
        }
    }
    let entries = lock["packages"].as_object().context("package-lock.json lists no packages")?;
    if let Some((name, _)) = entries.iter().find(|(_, entry)| entry.get("resolved").is_some()) {
        bail!(
            "package-lock.json records where {name} was fetched from; run `npm install \
                --omit-lockfile-registry-resolved` afresh"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::judge_lock;

    #[test]
    fn a_lock_that_differs_from_the_package_or_names_a_registry_is_refused() {
        let package = json!({ "devDependencies": { "esbuild": "1.0.0" } });
        let good = json!({ "packages": { "": { "devDependencies": { "esbuild": "1.0.0" } }, "node_modules/esbuild": { "version": "1.0.0" } } });
        judge_lock(&package, &good).unwrap();
        let mut old = good.clone();
        old["packages"][""]["devDependencies"]["esbuild"] = json!("0.9.0");
        assert!(judge_lock(&package, &old).is_err());
        let mut tied = good;
        tied["packages"]["node_modules/esbuild"]["resolved"] = json!("somewhere");
        assert!(judge_lock(&package, &tied).is_err());
    }
}
