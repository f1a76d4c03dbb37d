//! Are there known faults in what the lock files name? Asked of well-kept tools, where they and
//! their data can be had: that a registry cannot be reached is no fault of the project's.

use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::{
    shell::{root, succeeds},
    toolchain::clean,
};

/// What a tool has to say.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    /// Serious advisories, each in a line.
    Found(Vec<String>),
    /// Why it could not be told.
    Unknown(String),
}

pub fn check() -> Result<()> {
    let mut found = Vec::new();
    for (lock, verdict) in [("package-lock.json", npm()), ("Cargo.lock", cargo())] {
        match verdict {
            Verdict::Clean => eprintln!("   {lock}: no serious advisory"),
            Verdict::Unknown(why) => {
                eprintln!("   {lock} could not be checked for advisories: {why}")
            }
            Verdict::Found(advisories) => {
                found.extend(advisories.into_iter().map(|line| format!("{lock}: {line}")))
            }
        }
    }
    if !found.is_empty() {
        bail!("there are known faults in what the project depends on:\n{}", found.join("\n"));
    }
    Ok(())
}

fn npm() -> Verdict {
    let output = clean(Command::new("npm"))
        .args(["audit", "--json", "--package-lock-only"])
        .current_dir(root())
        .output();
    match output {
        Ok(output) => judge_npm(&output.stdout),
        Err(error) => Verdict::Unknown(format!("npm cannot be started: {error}")),
    }
}

fn cargo() -> Verdict {
    if !succeeds(clean(Command::new("cargo-audit")).args(["audit", "--version"])) {
        return Verdict::Unknown("cargo-audit is not installed".to_string());
    }
    let output =
        clean(Command::new("cargo-audit")).args(["audit", "--json"]).current_dir(root()).output();
    match output {
        Ok(output) => judge_cargo(&output.stdout),
        Err(error) => Verdict::Unknown(format!("cargo-audit cannot be started: {error}")),
    }
}

fn parsed(report: &[u8]) -> Option<Value> {
    serde_json::from_slice(report).ok()
}

fn judge_npm(report: &[u8]) -> Verdict {
    let report = parsed(report).unwrap_or_default();
    let Some(packages) = report["vulnerabilities"].as_object() else {
        let why = report["message"].as_str().unwrap_or("npm answered no report");
        return Verdict::Unknown(why.to_string());
    };
    let serious =
        |package: &&Value| matches!(package["severity"].as_str(), Some("high" | "critical"));
    let line =
        |package: &Value| format!("{} ({})", package["name"], package["severity"]).replace('"', "");
    verdict(packages.values().filter(serious).map(line).collect())
}

fn judge_cargo(report: &[u8]) -> Verdict {
    let report = parsed(report).unwrap_or_default();
    let Some(advisories) = report["vulnerabilities"]["list"].as_array() else {
        return Verdict::Unknown("the database of advisories cannot be reached".to_string());
    };
    let line = |found: &Value| {
        let advisory = &found["advisory"];
        format!("{} {}: {}", found["package"]["name"], advisory["id"], advisory["title"])
            .replace('"', "")
    };
    verdict(advisories.iter().map(line).collect())
}

fn verdict(found: Vec<String>) -> Verdict {
    if found.is_empty() { Verdict::Clean } else { Verdict::Found(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serious_advisories_are_named_and_others_are_not() {
        let report = br#"{"vulnerabilities": {"a": {"name": "a", "severity": "high"}, "b": {"name": "b", "severity": "low"}}}"#;
        assert_eq!(judge_npm(report), Verdict::Found(vec!["a (high)".to_string()]));
        assert_eq!(judge_npm(br#"{"vulnerabilities": {}}"#), Verdict::Clean);
        let report = br#"{"vulnerabilities": {"list": [{"package": {"name": "p"}, "advisory": {"id": "R-1", "title": "Bad"}}]}}"#;
        assert_eq!(judge_cargo(report), Verdict::Found(vec!["p R-1: Bad".to_string()]));
        assert_eq!(judge_cargo(br#"{"vulnerabilities": {"list": []}}"#), Verdict::Clean);
    }

    #[test]
    fn what_cannot_be_asked_is_no_fault() {
        assert_eq!(
            judge_npm(br#"{"message": "405 Method Not Allowed"}"#),
            Verdict::Unknown("405 Method Not Allowed".to_string())
        );
        for nothing in [&b""[..], b"{", b"[]", b"error: cannot fetch"] {
            assert!(
                matches!(judge_npm(nothing), Verdict::Unknown(_))
                    && matches!(judge_cargo(nothing), Verdict::Unknown(_))
            );
        }
    }
}
