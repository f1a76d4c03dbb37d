//! All tests, the browser's included.

use std::process::Command;

use anyhow::Result;

use crate::{
    Part, Profile, browser, npm, server,
    shell::{call, step},
    toolchain::{Toolchain, clean},
};

pub fn test(only: Option<Part>, filter: &[String]) -> Result<()> {
    if only != Some(Part::Browser) {
        rust(filter)?;
    }
    if only != Some(Part::Rust) {
        in_browser(if only.is_some() { filter } else { &[] })?;
    }
    Ok(())
}

fn rust(filter: &[String]) -> Result<()> {
    let toolchain = Toolchain::ready()?;
    step("tests of the task runner", || {
        call(toolchain.cargo().args(["test", "--locked", "--quiet", "--package", "xtask", "--target-dir", "target/xtask"]))
    })?;
    step("tests of rules, store and HTTP", || {
        call(toolchain.cargo().args(["test", "--locked", "--package", "wayfare", "--features", "ssr", "--"]).args(filter))
    })
}

/// The pages in a real browser, on the very binary that is deployed.
fn in_browser(filter: &[String]) -> Result<()> {
    let binary = server::build(Profile::Release)?;
    npm::ready()?;
    let chromium = browser::ready()?;
    step("tests in the browser", || {
        let mut command = Command::new(npm::bin("playwright"));
        clean(&mut command).args(["test", "--config", "end2end/playwright.config.ts"]).args(filter);
        command.env("WAYFARE_BINARY", &binary);
        if let Some(path) = &chromium {
            command.env("CHROMIUM_PATH", path);
        }
        call(&mut command)
    })
}
