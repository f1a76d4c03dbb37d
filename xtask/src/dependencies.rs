//! The direction of imports. Between crates the compiler sees to it, once their manifests say what
//! they may depend on ([`CRATE_RULES`]). Inside the application it is `ui → api → http`, and
//! nothing the other way; and what one file chooses for all others is named by that file alone
//! ([`GATES`]).
//!
//! That `api` uses `http` only where the server is compiled needs no rule here: the browser's half
//! would not compile.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow, bail};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use serde_json::Value;

use crate::{
    shell::{output, root},
    toolchain::clean,
};

struct FolderRule {
    name: &'static str,
    may_use: &'static [&'static str],
    /// Crates, with those whose names begin with theirs: `leptos` is also `leptos_router`.
    never: &'static [&'static str],
}

const FOLDER_RULES: [FolderRule; 5] = [
    FolderRule { name: "cli", may_use: &["http", "server"], never: &["leptos", "sqlx"] },
    FolderRule { name: "server", may_use: &["http"], never: &["leptos", "sqlx"] },
    // The router: pages and server functions are hung into it.
    FolderRule { name: "http", may_use: &["api", "server", "ui"], never: &["sqlx"] },
    FolderRule { name: "api", may_use: &["http", "server"], never: &["sqlx"] },
    FolderRule { name: "ui", may_use: &["api"], never: &["axum", "sqlx", "tokio"] },
];

/// A crate of ours, which of ours it may depend on, and what it never sees.
struct CrateRule {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

/// Of the web: nothing below the application knows it.
const WEB: &[&str] = &["axum", "leptos", "sqlx"];
const PURE: &[&str] = &["axum", "leptos", "reqwest", "sqlx", "tokio"];

const CRATE_RULES: [CrateRule; 12] = [
    CrateRule { name: "domain", may_use: &[], never: PURE },
    CrateRule { name: "editor-model", may_use: &["domain"], never: PURE },
    CrateRule { name: "secrets", may_use: &[], never: PURE },
    CrateRule { name: "templates", may_use: &["domain", "runtime"], never: PURE },
    CrateRule { name: "runtime", may_use: &["domain"], never: WEB },
    CrateRule { name: "store", may_use: &["domain", "secrets"], never: PURE },
    CrateRule {
        name: "store-sqlite",
        may_use: &["domain", "editor-model", "runtime", "secrets", "store"],
        never: &["axum", "leptos"],
    },
    CrateRule {
        name: "store-tests",
        may_use: &["domain", "engine", "runtime", "secrets", "store"],
        never: WEB,
    },
    CrateRule { name: "engine", may_use: &["domain", "runtime", "store"], never: WEB },
    CrateRule {
        name: "delivery",
        may_use: &["domain", "runtime", "secrets", "store", "templates"],
        never: WEB,
    },
    CrateRule {
        name: "application",
        may_use: &[
            "delivery",
            "demo",
            "domain",
            "editor-model",
            "runtime",
            "secrets",
            "store",
            "templates",
        ],
        never: WEB,
    },
    CrateRule { name: "demo", may_use: &["domain", "store"], never: PURE },
];

/// A crate that one file of the application names and no other: what it does is chosen there.
struct Gate {
    of: &'static str,
    file: &'static str,
}

const GATES: [Gate; 1] = [Gate { of: "wayfare_store_sqlite", file: "src/cli/open.rs" }];

pub fn check() -> Result<()> {
    let mut findings = rules()?;
    for file in rust_files(&root().join("src"))? {
        let shown = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        let text = fs::read_to_string(&file).with_context(|| format!("{shown} cannot be read"))?;
        let module = module_of(&shown);
        let mut found = past_gates(&text, &shown).with_context(|| shown.clone())?;
        if let Some(folder) = FOLDER_RULES.iter().find(|folder| folder.name == module[0]) {
            found.extend(judge(&text, folder, &module).with_context(|| shown.clone())?);
        }
        findings.extend(found.into_iter().map(|(line, what)| format!("{shown}:{line}: {what}")));
    }
    if !findings.is_empty() {
        bail!("imports go the wrong way\n{}", findings.join("\n"));
    }
    Ok(())
}

/// What the manifests of our crates depend on and may not. Dependencies of tests are free.
fn rules() -> Result<Vec<String>> {
    let metadata = output(clean(Command::new("cargo")).current_dir(root()).args([
        "metadata",
        "--locked",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("what cargo says of itself")?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let folders = fs::read_dir(root().join("crates")).context("the folder crates is missing")?;
    let mut findings = Vec::new();
    for folder in folders.flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let package =
            packages.iter().find(|package| package["name"] == format!("wayfare-{name}").as_str());
        match (CRATE_RULES.iter().find(|rule| rule.name == name), package) {
            (Some(rule), Some(package)) => findings.extend(behind(rule, package)),
            _ => findings
                .push(format!("crates/{name}: say in xtask/src/dependencies.rs what it may use")),
        }
    }
    Ok(findings)
}

/// What a crate depends on and may not.
fn behind(rule: &CrateRule, package: &Value) -> Vec<String> {
    let none = Vec::new();
    let used = package["dependencies"].as_array().unwrap_or(&none).iter();
    let used = used.filter(|used| used["kind"].is_null()).filter_map(|used| used["name"].as_str());
    used.filter(|used| match used.strip_prefix("wayfare-") {
        Some(ours) => !rule.may_use.contains(&ours),
        None => {
            rule.never.iter().any(|never| used == never || used.starts_with(&format!("{never}_")))
        }
    })
    .map(|used| format!("crates/{}/Cargo.toml: it may not depend on `{used}`", rule.name))
    .collect()
}

/// `src/http/rest/mod.rs` is `http::rest`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_string).collect()
}

/// Crates that a file names although another one is their gate: line and sentence.
fn past_gates(text: &str, file: &str) -> Result<Vec<(usize, String)>> {
    let sentence = |used: &Use| match used {
        Use::Crate(name) => GATES
            .iter()
            .find(|gate| gate.of == name && gate.file != file)
            .map(|gate| format!("only `{}` may name `{name}`", gate.file)),
        Use::Folder(_) => None,
    };
    let uses = uses_of(text, &module_of(file))?;
    Ok(uses.iter().filter_map(|(line, used)| Some((*line, sentence(used)?))).collect())
}

/// What a file uses, with the lines.
fn uses_of(text: &str, module: &[String]) -> Result<Vec<(usize, Use)>> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("this is not Rust: {error}"))?;
    let mut uses = Vec::new();
    collect(tokens, module, &mut uses);
    Ok(uses)
}

/// What a file of a folder uses and may not: line and sentence.
fn judge(text: &str, folder: &FolderRule, module: &[String]) -> Result<Vec<(usize, String)>> {
    let uses = uses_of(text, module)?;
    let sentence = |used: &Use| match used {
        Use::Folder(name)
            if FOLDER_RULES.iter().any(|other| other.name == name)
                && name != folder.name
                && !folder.may_use.contains(&name.as_str()) =>
        {
            let allowed = if folder.may_use.is_empty() {
                "no other folder".to_string()
            } else {
                folder.may_use.join(" and ")
            };
            Some(format!("`{}` may not use `{name}`; it may use {allowed}", folder.name))
        }
        Use::Crate(name)
            if folder
                .never
                .iter()
                .any(|never| name == never || name.starts_with(&format!("{never}_"))) =>
        {
            Some(format!("`{}` may not use the crate `{name}`", folder.name))
        }
        _ => None,
    };
    Ok(uses.iter().filter_map(|(line, used)| Some((*line, sentence(used)?))).collect())
}

enum Use {
    /// The word behind `crate::`, or what `super::` comes to.
    Folder(String),
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
                let folder = place.first().cloned().unwrap_or_else(|| word.to_string());
                uses.push((word.span().start().line, Use::Folder(folder)));
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
                        uses.push((word.span().start().line, Use::Folder(word.to_string())));
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
    use serde_json::json;

    use super::{CRATE_RULES, FOLDER_RULES, behind, judge, module_of, past_gates};

    /// Lines with findings, of a file in a folder.
    fn lines(file: &str, text: &str) -> Vec<usize> {
        let module = module_of(file);
        let folder = FOLDER_RULES.iter().find(|folder| folder.name == module[0]).unwrap();
        judge(text, folder, &module).unwrap().into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn an_import_the_other_way_is_found_on_its_line() {
        let samples = [
            ("use crate::ui::app;", 1),
            ("use std::fmt;\nuse crate::{\n    http::routes,\n    ui::{app, dom},\n};", 4),
            ("fn f() {\n    crate::ui::app::App();\n}", 2),
            ("use crate::{ui::app::App, http::routes};", 1),
            ("use super::super::ui::app;", 1),
            ("use super::super::{\n    http::routes,\n    ui::app,\n};", 3),
            ("mod tests {\n    use super::super::super::ui::app;\n}", 2),
            ("fn f() {\n    let page = html! { <a>{crate::ui::app::title()}</a> };\n}", 2),
        ];
        for (text, line) in samples {
            assert_eq!(lines("src/api/journeys.rs", text), [line], "{text}");
        }
    }

    #[test]
    fn the_right_way_and_mere_mentions_are_left_alone() {
        let samples = [
            "use crate::http::routes;",
            "// crate::ui::app\n/// [crate::ui]\nconst TEXT: &str = \"crate::ui\";",
            "use crate::{\n    http::{\n        ui::Not,\n        ids,\n    },\n    \
                server::log,\n};",
            "use super::{ui::Own, store};\nuse super::ui::Own;",
            "mod tests {\n    use super::super::ui::Own;\n}",
            "fn f(api: u8) -> u8 { let ui = api; ui }",
        ];
        for text in samples {
            assert_eq!(lines("src/api/journeys.rs", text), [0; 0], "{text}");
        }
    }

    #[test]
    fn each_folder_has_its_own_rule() {
        assert_eq!(lines("src/server/log.rs", "use crate::api::AppError;"), [1]);
        assert_eq!(lines("src/cli/serve.rs", "use crate::ui::app;"), [1]);
        assert_eq!(lines("src/http/pages.rs", "use crate::{api::AppError, ui::app};"), [0; 0]);
        assert_eq!(lines("src/ui/app.rs", "use crate::api::AppError;"), [0; 0]);
        assert_eq!(lines("src/ui/app.rs", "use crate::http::routes;"), [1]);
    }

    #[test]
    fn a_forbidden_crate_is_found_under_every_name() {
        let samples = [
            "use sqlx::Row;",
            "use leptos_router::path;",
            "use sqlx;",
            "#[sqlx::test]\nfn f() {}",
            "fn f() { leptos::mount(); }",
        ];
        for text in samples {
            assert_eq!(lines("src/cli/serve.rs", text).len(), 1, "{text}");
        }
        assert_eq!(
            lines("src/cli/serve.rs", "use serde::Serialize;\nfn f(sqlx: u8) -> u8 { sqlx }"),
            [0; 0]
        );
    }

    #[test]
    fn one_file_alone_names_the_store_that_keeps_the_database() {
        let samples = [
            "use wayfare_store_sqlite::SqliteStore;",
            "pub use wayfare_store_sqlite::{Access, backup};",
            "fn f(store: &wayfare_store_sqlite::SqliteStore) {}",
            "use {wayfare_store::Stores, wayfare_store_sqlite::Access};",
        ];
        for text in samples {
            for file in ["src/cli/serve.rs", "src/http/mod.rs", "src/main.rs"] {
                assert_eq!(past_gates(text, file).unwrap().len(), 1, "{file}: {text}");
            }
            assert!(past_gates(text, "src/cli/open.rs").unwrap().is_empty(), "{text}");
        }
        let others = "use wayfare_store::Stores;\n// wayfare_store_sqlite::SqliteStore";
        assert!(past_gates(others, "src/cli/serve.rs").unwrap().is_empty());
    }

    #[test]
    fn a_crate_depends_on_what_its_rule_lets_through() {
        let rule = CRATE_RULES.iter().find(|rule| rule.name == "engine").unwrap();
        let package = json!({ "dependencies": [
            { "name": "wayfare-store", "kind": null },
            { "name": "wayfare-delivery", "kind": null },
            { "name": "sqlx", "kind": null },
            { "name": "axum", "kind": "dev" },
            { "name": "tokio", "kind": null },
        ] });
        let found = behind(rule, &package).join("\n");
        assert!(found.contains("`wayfare-delivery`") && found.contains("`sqlx`"), "{found}");
        assert_eq!(found.lines().count(), 2, "{found}");
    }
}
