//! Whatever runs in the background begins through the supervisor: a task that dies unseen is how a
//! server goes on as half a one.

use std::fs;

use anyhow::{Context, Result, anyhow, bail};
use proc_macro2::{TokenStream, TokenTree};

use crate::{dependencies::rust_files, shell::root};

/// Where tasks begin, and the log, whose thread outlives everything.
const ALLOWED: [&str; 2] = ["crates/runtime/src/supervisor.rs", "src/server/log.rs"];
/// Where the server is.
const FOLDERS: [&str; 4] = ["crates", "src/cli", "src/http", "src/server"];
/// Paths that end in one of these begin a task or a thread.
const BEGINS: [&str; 3] = ["spawn", "spawn_blocking", "spawn_local"];
/// The modules of those paths; a tracker's own `spawn` is a method.
const OF: [&str; 4] = ["tokio", "task", "thread", "runtime"];

pub fn check() -> Result<()> {
    let mut findings = Vec::new();
    let files = FOLDERS.iter().map(|folder| rust_files(&root().join(folder)));
    for file in files.collect::<Result<Vec<_>>>()?.into_iter().flatten() {
        let shown = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        if ALLOWED.contains(&shown.as_str()) || shown.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| format!("{shown} cannot be read"))?;
        let lines = bare_tasks(&text).with_context(|| shown.clone())?;
        findings.extend(
            lines
                .into_iter()
                .map(|line| format!("{shown}:{line}: begins a task that nobody watches")),
        );
    }
    if !findings.is_empty() {
        bail!(
            "use short_task, task_with_answer, thread_task or thread_with_answer of {}\n{}",
            ALLOWED[0],
            findings.join("\n")
        );
    }
    Ok(())
}

/// Lines on which a task begins, those of tests apart.
fn bare_tasks(text: &str) -> Result<Vec<usize>> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("this is not Rust: {error}"))?;
    let mut lines = Vec::new();
    walk(tokens, &mut lines);
    Ok(lines)
}

fn walk(tokens: TokenStream, lines: &mut Vec<usize>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut of_tests = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group)
                if group.stream().to_string().replace(' ', "") == "cfg(test)" =>
            {
                of_tests = true
            }
            TokenTree::Group(group) if !of_tests => walk(group.stream(), lines),
            // The body of what is compiled for tests only, or the end of its one line.
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => {
                of_tests = false
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => of_tests = false,
            TokenTree::Ident(word) if !of_tests && BEGINS.iter().any(|begins| word == begins) => {
                let module = at.checked_sub(3).and_then(|before| tokens.get(before));
                if module.is_some_and(|module| OF.contains(&module.to_string().as_str())) {
                    lines.push(word.span().start().line);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_begins_by_itself_is_found_with_its_line() {
        let text = "fn a() {\n tokio::spawn(b());\n let c = tokio::task::spawn_blocking(d);\n \
            std::thread::spawn(e);\n}";
        assert_eq!(bare_tasks(text).expect("Rust"), [2, 3, 4]);
    }

    #[test]
    fn what_tests_begin_and_methods_of_that_name_are_not_meant() {
        let text = "#[cfg(test)]\nmod tests { fn a() { tokio::spawn(b()); } }\nfn c() { \
            tracker.spawn(d()); scope.spawn(e) }";
        assert_eq!(bare_tasks(text).expect("Rust"), [0; 0]);
        assert_eq!(
            bare_tasks("#[cfg(test)]\nuse a::b;\nfn c() { tokio::spawn(d()); }").expect("Rust"),
            [3]
        );
    }
}
