//! The direction of imports: `ui → api → server → domain`, `ui → domain`, and nothing the other way.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::shell::root;

/// A room, the rooms that it may use, and the crates that it may not.
const RULES: [(&str, &[&str], &[&str]); 4] = [
    ("domain", &["domain"], &["sqlx", "leptos", "axum", "tokio", "web_sys"]),
    ("server", &["server", "domain"], &[]),
    ("api", &["api", "server", "domain"], &["sqlx"]),
    ("ui", &["ui", "api", "domain"], &["sqlx", "axum", "tokio"]),
];
/// The router is where the pages and the server functions are hung up: the one place of the server that must name them.
const ROUTER: &str = "src/server/http/";

pub fn check() -> Result<()> {
    let mut findings = Vec::new();
    for (room, allowed, forbidden) in RULES {
        for file in rust_files(&root().join("src").join(room))? {
            let shown = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
            if shown.starts_with(ROUTER) {
                continue;
            }
            findings.extend(judge(&fs::read_to_string(&file)?, allowed, forbidden).into_iter().map(|(line, what)| {
                format!("{shown}:{line}: {room} may not use {what}; it may use {}", allowed.join(", "))
            }));
        }
    }
    if !findings.is_empty() {
        bail!("imports go the wrong way:\n{}", findings.join("\n"));
    }
    Ok(())
}

/// Lines that name a room or a crate that they may not name.
fn judge(text: &str, allowed: &[&str], forbidden: &[&str]) -> Vec<(usize, String)> {
    let mut findings = Vec::new();
    // `use crate::{a::…, b::…}` names rooms on lines of their own: the word before the first `::` of each.
    let mut depth_in_crate: Option<i32> = None;
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            if rest.starts_with('{') {
                depth_in_crate = Some(0);
            } else if let Some(room) = room_of(rest).filter(|room| !allowed.contains(&room.as_str())) {
                findings.push((index + 1, room));
            }
        }
        if let Some(depth) = depth_in_crate {
            let begun = code.find("crate::{").map_or(0, |at| at + "crate::{".len());
            if depth == 1 || begun > 0 {
                for part in top_level_parts(&code[begun..]) {
                    findings.extend(room_of(part.trim()).filter(|room| !allowed.contains(&room.as_str())).map(|room| (index + 1, room)));
                }
            }
            let depth = depth + code.matches('{').count() as i32 - code.matches('}').count() as i32;
            depth_in_crate = (depth > 0).then_some(depth);
        }
        for name in forbidden {
            if code.contains(&format!("{name}::")) || code.trim_start().starts_with(&format!("use {name}")) {
                findings.push((index + 1, (*name).to_string()));
            }
        }
    }
    findings
}

/// The parts between the commas that stand outside of inner braces.
fn top_level_parts(code: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&code[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&code[start..]);
    parts
}

fn room_of(path: &str) -> Option<String> {
    let word: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    ["domain", "server", "api", "ui"].contains(&word.as_str()).then_some(word)
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn an_import_the_other_way_is_found_on_its_line() {
        let direct = "use crate::ui::app;\n";
        let grouped = "use std::fmt;\nuse crate::{\n    domain::ids::JourneyId,\n    ui::{app, dom},\n};\n";
        let inline = "fn f() {\n    crate::api::journeys::get();\n}\n";
        let one_line = "use crate::{api::AppError, domain::ids};\n";
        for (text, line) in [(direct, 1), (grouped, 4), (inline, 2), (one_line, 1)] {
            assert_eq!(judge(text, &["domain"], &[]).first().map(|(line, _)| *line), Some(line), "{text}");
        }
    }

    #[test]
    fn allowed_imports_and_comments_are_left_alone() {
        let text = "// crate::ui is not used here\nuse crate::{\n    domain::{\n        api_key::Key,\n        ids,\n    },\n};\n";
        assert_eq!(judge(text, &["domain"], &["sqlx"]), []);
    }

    #[test]
    fn a_forbidden_crate_is_found() {
        assert_eq!(judge("use sqlx::Row;\n", &["domain"], &["sqlx"]), [(1, "sqlx".to_string())]);
    }
}
