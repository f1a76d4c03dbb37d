//! Says each step before it starts, and how long it took.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};

/// The project's folder. Cargo tells it at every run, so a moved folder does not lead to the old
/// one.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().unwrap_or(Path::new(".")).to_path_buf()
}

/// Runs a step under a heading.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("── {what}");
    let start = Instant::now();
    let done = work().with_context(|| format!("failed: {what}"))?;
    eprintln!("   {:.1} s", start.elapsed().as_secs_f64());
    Ok(done)
}

/// Runs a program in the project's folder and fails where it fails.
pub fn call(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status =
        command.current_dir(root()).status().with_context(|| format!("cannot start: {shown}"))?;
    if !status.success() {
        bail!("{shown} ended with {status}");
    }
    Ok(())
}

/// Runs a program like [`call`], shows its output as it comes, and hands each line to `see`.
/// Answers whether it succeeded.
pub fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool> {
    let shown = show(command);
    let start = command.current_dir(root()).stdout(Stdio::piped()).spawn();
    let mut child = start.with_context(|| format!("cannot start: {shown}"))?;
    let mut out =
        BufReader::new(child.stdout.take().with_context(|| format!("{shown} has no output"))?);
    let mut line = Vec::new();
    while out.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        see(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(child.wait()?.success())
}

/// True where the program runs and succeeds; what it prints is of no interest.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// What a program prints, without surrounding white space.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output =
        command.current_dir(root()).output().with_context(|| format!("cannot start: {shown}"))?;
    if !output.status.success() {
        bail!(
            "{shown} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn show(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    words.join(" ")
}
