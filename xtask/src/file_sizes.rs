//! A file of Rust is read as a whole: one that has grown too long is split by what is in it.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::{dependencies::rust_files, shell::root};

/// Longest file, in lines.
const LINES_MAX: usize = 450;
/// Where files are looked at.
const FOLDERS: [&str; 5] = ["src", "crates", "tests", "xtask/src", "benches"];

/// A file that may be longer.
struct Exception {
    file: &'static str,
    lines: usize,
    /// Why it is no clearer in parts.
    #[expect(dead_code, reason = "for who reads the list")]
    why: &'static str,
}

const EXCEPTIONS: [Exception; 6] = [
    Exception {
        file: "crates/domain/src/journeys/transition.rs",
        lines: 470,
        why: "the tables of statuses and actions",
    },
    Exception {
        file: "crates/templates/src/tests.rs",
        lines: 840,
        why: "the specification of templates, with one profile and one event",
    },
    Exception {
        file: "tests/integration/editor.rs",
        lines: 470,
        why: "the editor's requests about one journey",
    },
    Exception {
        file: "tests/integration/route_table.rs",
        lines: 570,
        why: "one table: every route with who may call it",
    },
    Exception {
        file: "tests/integration/sign_in.rs",
        lines: 500,
        why: "signing in, each rule with a server of its own",
    },
    Exception {
        file: "tests/integration/support.rs",
        lines: 480,
        why: "the server and its client that all tests share",
    },
];

pub fn check() -> Result<()> {
    let mut findings = Vec::new();
    for folder in FOLDERS {
        for file in rust_files(&root().join(folder))? {
            let shown = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
            let text = fs::read_to_string(&file).with_context(|| shown.clone())?;
            findings.extend(judge(&shown, text.lines().count()));
        }
    }
    findings.extend(
        EXCEPTIONS
            .iter()
            .filter(|exception| !root().join(exception.file).exists())
            .map(|exception| format!("{}: an exception for a file that is gone", exception.file)),
    );
    if !findings.is_empty() {
        bail!("split these by what is in them\n{}", findings.join("\n"));
    }
    Ok(())
}

/// What is wrong with a file of so many lines.
fn judge(file: &str, lines: usize) -> Option<String> {
    let exception = EXCEPTIONS.iter().find(|exception| exception.file == file);
    match exception {
        Some(_) if lines <= LINES_MAX => {
            Some(format!("{file}: an exception that is not needed any more"))
        }
        _ => {
            let most = exception.map_or(LINES_MAX, |exception| exception.lines);
            (lines > most).then(|| format!("{file}: {lines} lines, at most {most}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EXCEPTIONS, LINES_MAX, judge};

    #[test]
    fn a_file_has_at_most_so_many_lines() {
        assert_eq!(judge("src/lib.rs", LINES_MAX), None);
        let found = judge("src/lib.rs", LINES_MAX + 1);
        assert_eq!(found.as_deref(), Some("src/lib.rs: 451 lines, at most 450"));
    }

    #[test]
    fn an_exception_has_a_limit_too_and_goes_when_it_is_not_needed() {
        let exception = &EXCEPTIONS[0];
        assert_eq!(judge(exception.file, exception.lines), None);
        assert!(judge(exception.file, exception.lines + 1).is_some());
        assert!(judge(exception.file, LINES_MAX).is_some());
    }
}
