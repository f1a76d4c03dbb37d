//! What must hold before anything is tested: format, lints of both halves, the direction of imports.

use anyhow::Result;

use crate::{
    arrows,
    shell::{call, step},
    toolchain::Toolchain,
};

pub fn check() -> Result<()> {
    step("imports go one way", arrows::check)?;
    let toolchain = Toolchain::ready()?;
    step("format", || call(toolchain.cargo().args(["fmt", "--all", "--check"])))?;
    let clippy = |what: &str, words: &[&str]| {
        step(&format!("lints of {what}"), || {
            call(toolchain.cargo().args(["clippy", "--locked", "--quiet"]).args(words).args(["--", "-D", "warnings"]))
        })
    };
    clippy("the server's half", &["--package", "wayfare", "--features", "ssr", "--all-targets"])?;
    clippy(
        "the browser's half",
        &["--package", "wayfare", "--lib", "--no-default-features", "--features", "hydrate", "--target", "wasm32-unknown-unknown", "--profile", "wasm-dev"],
    )?;
    clippy("the task runner", &["--package", "xtask", "--all-targets", "--target-dir", "target/xtask"])?;
    Ok(())
}
