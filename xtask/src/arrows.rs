//! The direction of imports: `ui → api → server → domain`, `ui → domain`, and nothing the other
//! way.
//!
//! That `api` uses `server` only where the server is compiled needs no rule here: the browser's
//! half would not compile.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::shell::root;

struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    /// Crates, with those whose names begin with theirs: `leptos` is also `leptos_router`.
    never: &'static [&'static str],
}

const ROOMS: [Room; 4] = [
    Room { name: "domain", may_use: &[], never: &["axum", "leptos", "sqlx", "tokio", "web_sys"] },
    Room { name: "server", may_use: &["domain"], never: &[] },
    Room { name: "api", may_use: &["server", "domain"], never: &["sqlx"] },
    Room { name: "ui", may_use: &["api", "domain"], never: &["axum", "sqlx", "tokio"] },
];

/// Where the pages and the server functions are hung into the router: the one place of the server
/// that must name them.
const ROUTER: &str = "src/server/http/";

pub fn check() -> Result<()> {
    let mut findings = Vec::new();
    for room in &ROOMS {
        for file in rust_files(&root().join("src").join(room.name))? {
            let shown = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
            if shown.starts_with(ROUTER) {
                continue;
            }
            let text =
                fs::read_to_string(&file).with_context(|| format!("{shown} cannot be read"))?;
            let found = judge(&text, room, &module_of(&shown)).with_context(|| shown.clone())?;
            findings
                .extend(found.into_iter().map(|(line, what)| format!("{shown}:{line}: {what}")));
        }
    }
    if !findings.is_empty() {
        bail!("imports go the wrong way\n{}", findings.join("\n"));
    }
    Ok(())
}

/// `src/server/http/mod.rs` is `server::http`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_string).collect()
}

/// What a file of a room uses and may not: line and sentence.
fn judge(text: &str, room: &Room, module: &[String]) -> Result<Vec<(usize, String)>> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("this is not Rust: {error}"))?;
    let mut uses = Vec::new();
    collect(tokens, module, &mut uses);
    let sentence = |used: &Use| match used {
        Use::Room(name)
            if ROOMS.iter().any(|other| other.name == name)
                && name != room.name
                && !room.may_use.contains(&name.as_str()) =>
        {
            let allowed = if room.may_use.is_empty() {
                "no other room".to_string()
            } else {
                room.may_use.join(" and ")
            };
            Some(format!("`{}` may not use `{name}`; it may use {allowed}", room.name))
        }
        Use::Crate(name)
            if room
                .never
                .iter()
                .any(|never| name == never || name.starts_with(&format!("{never}_"))) =>
        {
            Some(format!("`{}` may not use the crate `{name}`", room.name))
        }
        _ => None,
    };
    Ok(uses.iter().filter_map(|(line, used)| Some((*line, sentence(used)?))).collect())
}

enum Use {
    /// The word behind `crate::`, or what `super::` comes to.
    Room(String),
    /// The first word of another path.
    Crate(String),
}

/// Every first word of a path, macros included; comments and texts are no tokens.
fn collect(tokens: TokenStream, module: &[String], uses: &mut Vec<(usize, Use)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                collect(group.stream(), &inner_module(&tokens[..at], module), uses)
            }
            TokenTree::Ident(word) if !behind_colons(&tokens, at) => {
                let line = word.span().start().line;
                let word = word.to_string();
                let is_import = at > 0
                    && matches!(&tokens[at - 1], TokenTree::Ident(before) if before == "use");
                match word.as_str() {
                    "crate" => at = follow(&tokens, at, Vec::new(), module, uses),
                    "super" => {
                        at = follow(
                            &tokens,
                            at,
                            module[..module.len().saturating_sub(1)].to_vec(),
                            module,
                            uses,
                        )
                    }
                    _ if is_import || colons_at(&tokens, at + 1) => {
                        uses.push((line, Use::Crate(word)))
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Reads on behind `crate` or `super`, of which `place` is the module meant. Answers the last token
/// read.
fn follow(
    tokens: &[TokenTree],
    mut at: usize,
    mut place: Vec<String>,
    module: &[String],
    uses: &mut Vec<(usize, Use)>,
) -> usize {
    while colons_at(tokens, at + 1) {
        at += 3;
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) if word == "super" => {
                place.pop();
            }
            Some(TokenTree::Ident(word)) => {
                let room = place.first().cloned().unwrap_or_else(|| word.to_string());
                uses.push((word.span().start().line, Use::Room(room)));
                return at;
            }
            Some(TokenTree::Group(group))
                if group.delimiter() == Delimiter::Brace && place.is_empty() =>
            {
                let listed: Vec<TokenTree> = group.stream().into_iter().collect();
                let starts_item = |at: usize| {
                    at == 0
                        || matches!(&listed[at - 1], TokenTree::Punct(mark) if mark.as_char() == ',')
                };
                for (at, token) in listed.iter().enumerate() {
                    if let (true, TokenTree::Ident(word)) = (starts_item(at), token) {
                        uses.push((word.span().start().line, Use::Room(word.to_string())));
                    }
                }
                return at;
            }
            Some(TokenTree::Group(group)) => {
                collect(group.stream(), module, uses);
                return at;
            }
            _ => return at,
        }
    }
    at
}

/// The module inside braces: deeper by one behind `mod name`.
fn inner_module(before: &[TokenTree], module: &[String]) -> Vec<String> {
    let mut inner = module.to_vec();
    if let [.., TokenTree::Ident(keyword), TokenTree::Ident(name)] = before
        && keyword == "mod"
    {
        inner.push(name.to_string());
    }
    inner
}

fn colons_at(tokens: &[TokenTree], at: usize) -> bool {
    let colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    colon(at) && colon(at + 1)
}

fn behind_colons(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && colons_at(tokens, at - 2)
}

/// Every file of Rust in a folder and those in it, in one order.
pub fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} is missing", folder.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{ROOMS, judge, module_of};

    /// Lines with findings, of a file in a room.
    fn lines(file: &str, text: &str) -> Vec<usize> {
        let module = module_of(file);
        let room = ROOMS.iter().find(|room| room.name == module[0]).unwrap();
        judge(text, room, &module).unwrap().into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn an_import_the_other_way_is_found_on_its_line() {
        let samples = [
            ("use crate::ui::app;", 1),
            (
                "use std::fmt;\nuse crate::{\n    domain::ids::JourneyId,\n    ui::{app, dom},\n};",
                4,
            ),
            ("fn f() {\n    crate::api::journeys::get();\n}", 2),
            ("use crate::{api::AppError, domain::ids};", 1),
            ("use super::super::api::AppError;", 1),
            ("use super::super::{\n    domain::ids,\n    api::AppError,\n};", 3),
            ("mod tests {\n    use super::super::super::ui::app;\n}", 2),
            ("fn f() {\n    let page = html! { <a>{crate::ui::app::title()}</a> };\n}", 2),
        ];
        for (text, line) in samples {
            assert_eq!(lines("src/server/services.rs", text), [line], "{text}");
        }
    }

    #[test]
    fn the_right_way_and_mere_mentions_are_left_alone() {
        let samples = [
            "use crate::domain::ids;",
            "// crate::ui::app\n/// [crate::api]\nconst TEXT: &str = \"crate::ui\";",
            "use crate::{\n    domain::{\n        ui::Not,\n        ids,\n    },\n    \
                server::store,\n};",
            "use super::{api::Own, store};\nuse super::ui::Own;",
            "mod tests {\n    use super::super::api::Own;\n}",
            "fn f(api: u8) -> u8 { let ui = api; ui }",
        ];
        for text in samples {
            assert_eq!(lines("src/server/services.rs", text), [0; 0], "{text}");
        }
    }

    #[test]
    fn each_room_has_its_own_rule() {
        assert_eq!(lines("src/domain/ids.rs", "use crate::server::store;"), [1]);
        assert_eq!(
            lines("src/api/journeys.rs", "use crate::{domain::ids, server::store};"),
            [0; 0]
        );
        assert_eq!(lines("src/api/journeys.rs", "use crate::ui::app;"), [1]);
        assert_eq!(lines("src/ui/app.rs", "use crate::{api::AppError, domain::ids};"), [0; 0]);
        assert_eq!(lines("src/ui/app.rs", "use crate::server::store;"), [1]);
    }

    #[test]
    fn a_forbidden_crate_is_found_under_every_name() {
        let samples = [
            "use sqlx::Row;",
            "use leptos_router::path;",
            "use tokio;",
            "#[tokio::test]\nfn f() {}",
            "fn f() { axum::serve(); }",
        ];
        for text in samples {
            assert_eq!(lines("src/domain/ids.rs", text).len(), 1, "{text}");
        }
        assert_eq!(
            lines("src/domain/ids.rs", "use serde::Serialize;\nfn f(tokio: u8) -> u8 { tokio }"),
            [0; 0]
        );
        assert_eq!(lines("src/server/store.rs", "use sqlx::Row;"), [0; 0]);
    }
}
