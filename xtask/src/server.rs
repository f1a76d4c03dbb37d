//! The server's half, with the site inside.

use std::{
    env,
    fs::{self, File, TryLockError},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};

use crate::{
    Profile,
    shell::{call, root, step},
    site,
    toolchain::Toolchain,
    wasm,
};

/// Builds both halves and answers where the binary is.
pub fn build(profile: Profile) -> Result<PathBuf> {
    build_with(Toolchain::ready()?, profile)
}

/// The binary that is measured: the one that `WAYFARE_BINARY` names, to compare builds, or the
/// release of these sources.
pub fn measured() -> Result<PathBuf> {
    match env::var_os("WAYFARE_BINARY") {
        Some(binary) => Ok(binary.into()),
        None => build(Profile::Release),
    }
}

/// The same with a compiler that is known to be ready.
pub fn build_with(toolchain: Toolchain, profile: Profile) -> Result<PathBuf> {
    let _turn = only_one_at_a_time()?;
    let modules = wasm::build(toolchain, profile)?;
    let site = site::make(&modules, profile)?;
    let (name, flag) = match profile {
        Profile::Dev => ("debug", None),
        Profile::Release => ("release", Some("--release")),
    };
    step(&format!("compiling the server's half ({name})"), || {
        let mut cargo = toolchain.cargo();
        cargo
            .args([
                "build",
                "--locked",
                "--package",
                "wayfare",
                "--bin",
                "wayfare",
                "--features",
                "ssr",
            ])
            .args(flag);
        // The site is embedded in the binary: the build script reads where it is, and its hash says
        // when it is another.
        cargo
            .env("LEPTOS_OUTPUT_NAME", "wayfare")
            .env("WAYFARE_SITE", &site.folder)
            .env("WAYFARE_SITE_HASH", &site.hash);
        call(&mut cargo)
    })?;
    let binary = root().join("target").join(name).join("wayfare");
    eprintln!("── built {}", binary.display());
    Ok(binary)
}

/// Two builds of one folder would write the same files at the same time. Cargo has a lock of its
/// own, which ends too early: what is done with its results is ours. Held until the answer is
/// dropped.
fn only_one_at_a_time() -> Result<File> {
    let folder = root().join("target");
    fs::create_dir_all(&folder).context("the folder target cannot be made")?;
    let lock =
        File::create(folder.join(".xtask-lock")).context("the lock of the build cannot be made")?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            step("waiting for another build in this folder", || Ok(lock.lock()?))?
        }
        Err(TryLockError::Error(error)) => bail!("the build cannot be locked: {error}"),
    }
    Ok(lock)
}
