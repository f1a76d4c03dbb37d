//! The server's half, with the site inside.

use std::path::PathBuf;

use anyhow::Result;

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

/// The same with a compiler that is known to be ready.
pub fn build_with(toolchain: Toolchain, profile: Profile) -> Result<PathBuf> {
    let half = wasm::build(toolchain, profile)?;
    let site = site::make(&half, profile)?;
    let (name, flag) = match profile {
        Profile::Dev => ("debug", None),
        Profile::Release => ("release", Some("--release")),
    };
    step(&format!("compiling the server's half ({name})"), || {
        let mut cargo = toolchain.cargo();
        cargo.args(["build", "--locked", "--package", "wayfare", "--bin", "wayfare", "--features", "ssr"]).args(flag);
        // The site is embedded in the binary: the build script reads where it is, and its hash says when it is another.
        cargo.env("LEPTOS_OUTPUT_NAME", "wayfare").env("WAYFARE_SITE", &site.folder).env("WAYFARE_SITE_HASH", &site.hash);
        call(&mut cargo)
    })?;
    let binary = root().join("target").join(name).join("wayfare");
    eprintln!("── built {}", binary.display());
    Ok(binary)
}
