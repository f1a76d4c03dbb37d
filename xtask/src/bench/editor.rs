//! What the editor's canvas costs a browser: a program for it steers a real one
//! (`end2end/support/editor-bench.mjs`) and prints the frames of each thing that a hand does.

use std::process::Command;

use anyhow::Result;

use super::process::Server;
use crate::{
    browser, npm, server,
    shell::{call, root},
    toolchain::clean,
};

/// As many as the canvas is to be smooth with.
const STEPS: usize = 300;

pub fn run(steps: &[usize]) -> Result<()> {
    let binary = server::measured()?;
    npm::ready()?;
    let chromium = browser::ready()?;
    let server = Server::start(&binary, 1)?;
    let sizes = if steps.is_empty() { vec![STEPS] } else { steps.to_vec() };
    let mut command = clean(Command::new("node"));
    command
        .arg(root().join("end2end/support/editor-bench.mjs"))
        .arg(format!("http://{}", server.address));
    command.args(sizes.iter().map(usize::to_string));
    if let Some(path) = &chromium {
        command.env("CHROMIUM_PATH", path);
    }
    call(&mut command)
}
