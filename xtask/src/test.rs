//! All tests, the browser's included. A failure in one part does not keep the others from running.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    Part, Profile, browser,
    check::SERVERS_HALF,
    npm, requests, server,
    shell::{step, watch},
    toolchain::{Toolchain, clean},
};

/// How many tests passed and failed, as their runners say, and which failed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    failures: Vec<String>,
}

pub fn test(only: Option<Part>, filter: &[String]) -> Result<()> {
    let mut tally = Tally::default();
    let mut broken = Vec::new();
    if matches!(only, None | Some(Part::Rust)) {
        // The tests of the task runner have nothing to do with what is looked for.
        if filter.is_empty() {
            note(&mut broken, "tests of the task runner", |toolchain| {
                let mut command = toolchain.cargo();
                command.args([
                    "test",
                    "--locked",
                    "--quiet",
                    "--package",
                    "xtask",
                    "--target-dir",
                    "target/xtask",
                ]);
                watch(&mut command, |line| tally.read(line))
            });
        }
        note(&mut broken, "tests of rules, store and HTTP", |toolchain| {
            // The mail server that they send to is one of the tools.
            npm::ready()?;
            let mut command = toolchain.cargo();
            command
                .args(["test", "--locked", "--no-fail-fast"])
                .args(SERVERS_HALF)
                .args(["--features", "wayfare/ssr", "--"])
                .args(filter);
            watch(&mut command, |line| tally.read(line))
        });
    }
    if only == Some(Part::Requests) || (only.is_none() && filter.is_empty()) {
        note(&mut broken, "random requests against the description of the API", requests::run);
    }
    if matches!(only, None | Some(Part::Browser)) {
        note(&mut broken, "tests in the browser", |toolchain| {
            in_browser(toolchain, filter, &mut tally)
        });
    }
    for failure in &tally.failures {
        println!("failed: {failure}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if !broken.is_empty() {
        bail!("{} failed", broken.join(", "));
    }
    Ok(())
}

/// Runs a part; notes its name where it fails or cannot be run.
fn note(
    broken: &mut Vec<&'static str>,
    name: &'static str,
    part: impl FnOnce(Toolchain) -> Result<bool>,
) {
    match Toolchain::ready().and_then(|toolchain| step(name, || part(toolchain))) {
        Ok(true) => {}
        Ok(false) => broken.push(name),
        Err(error) => {
            eprintln!("{error:#}");
            broken.push(name);
        }
    }
}

/// The pages in a real browser, on the very binary that is deployed.
fn in_browser(toolchain: Toolchain, filter: &[String], tally: &mut Tally) -> Result<bool> {
    let binary = server::build_with(toolchain, Profile::Release)?;
    npm::ready()?;
    let chromium = browser::ready()?;
    let mut command = clean(Command::new(npm::program("playwright")));
    command
        .args(["test", "--config", "end2end/playwright.config.ts", "--pass-with-no-tests"])
        .args(filter);
    command.env("WAYFARE_BINARY", &binary);
    if let Some(path) = &chromium {
        command.env("CHROMIUM_PATH", path);
    }
    watch(&mut command, |line| tally.read(line))
}

impl Tally {
    /// Understands cargo's "test result: ok. 3 passed; 1 failed; …", Playwright's closing "  3
    /// passed (4.2s)", and the lines of both about a test that failed.
    fn read(&mut self, line: &str) {
        let plain = without_colours(line);
        let before = |words: &str, word: &str| {
            let number = words.split(word).next().filter(|_| words.contains(word))?;
            number.trim().parse::<usize>().ok()
        };
        let of_cargo =
            plain.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"));
        let of_playwright = plain.trim_start().strip_prefix("✘");
        if let Some(failure) = of_cargo.or(of_playwright) {
            self.failures.push(failure.trim().to_string());
        } else if let Some(result) = plain.trim_start().strip_prefix("test result: ") {
            for part in result.split(['.', ';']) {
                self.passed += before(part, " passed").unwrap_or(0);
                self.failed += before(part, " failed").unwrap_or(0);
            }
        } else {
            self.passed += before(&plain, " passed (").unwrap_or(0);
            let ended_badly = ["failed", "interrupted"].iter().find_map(|word| {
                plain.trim().strip_suffix(&format!(" {word}")).and_then(|n| n.parse::<usize>().ok())
            });
            self.failed += ended_badly.unwrap_or(0);
        }
    }
}

/// A terminal's colours are sequences from ESC to the letter m.
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn results_of_both_runners_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished \
                in 0.01s",
            "test result: \u{1b}[31mFAILED\u{1b}[m. 2 passed; 1 failed; 0 ignored; 0 measured; 0 \
                filtered out; finished in 0.01s",
            "Running 6 tests using 2 workers",
            "  \u{1b}[31m1 failed\u{1b}[39m",
            "  \u{1b}[32m5 passed\u{1b}[39m\u{1b}[2m (4.2s)\u{1b}[22m",
            "  ✓  1 smoke.spec.ts:6:1 › 3 passed (of 4) failed (1.2s)",
            "test a_test_that::has_failed ... ok",
            "test an_import::stops ... FAILED",
            "  ✘  7 list.spec.ts:3:5 › rows are ticked (3.0s)",
        ] {
            tally.read(line);
        }
        let failures = ["an_import::stops", "7 list.spec.ts:3:5 › rows are ticked (3.0s)"];
        assert_eq!(
            tally,
            Tally { passed: 19, failed: 2, failures: failures.map(str::to_string).into() }
        );
    }
}
