//! The words of `docs/glossary.md`: what its columns “not” name stands in no text that a person
//! reads and in no name that code gives, and no pronoun that guesses a gender in any text, comment
//! or document. What the description of the API says is such a text.
//!
//! A text is a literal with a blank in it that is no SQL; keys, log fields and test data have none.
//! A name is that of a function, type, constant or module; a retired word is found as a part of it.
//! What is right after all stands in the glossary's section “Exceptions”, with its file.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;

use crate::{dependencies::rust_files, shell::root};

const GLOSSARY: &str = "docs/glossary.md";
/// Made from doc comments, which are free as long as only those who write code read them.
const DESCRIPTION: &str = "docs/openapi.json";
/// Folders with texts that people read, and those where comments count as well.
const TEXTS: [&str; 2] = ["src", "crates"];
const COMMENTS: [&str; 5] = ["src", "crates", "tests", "xtask/src", "benches"];
const PRONOUNS: [&str; 8] = ["she", "her", "hers", "herself", "he", "him", "his", "himself"];
/// Words of SQL by which a statement is known.
const SQL: [&str; 8] =
    ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "PRAGMA ", " WHERE ", " JOIN "];

/// What the glossary says.
struct Words {
    /// Phrases, as their words in small letters.
    not: Vec<Vec<String>>,
    /// Phrase and beginning of a path where it may stand.
    exceptions: BTreeSet<(String, String)>,
}

pub fn check() -> Result<()> {
    let glossary = fs::read_to_string(root().join(GLOSSARY)).context("the glossary")?;
    let words = Words::read(&glossary)?;
    let mut findings = Vec::new();
    for (file, text) in files(&TEXTS)?.into_iter().filter(|(file, _)| !file.ends_with("tests.rs")) {
        for (line, name) in names(&text).with_context(|| file.clone())? {
            for word in words.retired_in_name(&name, &file) {
                findings.push(format!("{file}:{line}: “{word}” in the name {name}"));
            }
        }
        for (line, literal) in texts(&text).with_context(|| file.clone())? {
            for phrase in words.retired(&literal, &file) {
                findings.push(format!("{file}:{line}: “{phrase}” in “{}”", shortened(&literal)));
            }
        }
    }
    for (file, text) in files(&COMMENTS)?.into_iter().chain(documents()?) {
        for (number, line) in text.lines().enumerate() {
            for pronoun in words.pronouns(line, &file) {
                findings.push(format!("{file}:{}: the pronoun “{pronoun}”", number + 1));
            }
        }
    }
    let description = fs::read_to_string(root().join(DESCRIPTION)).context(DESCRIPTION)?;
    for text in described(&serde_json::from_str(&description).context(DESCRIPTION)?) {
        let pronouns = words.pronouns(text, DESCRIPTION).into_iter().map(str::to_string);
        for phrase in words.retired(text, DESCRIPTION).into_iter().chain(pronouns) {
            findings.push(format!("{DESCRIPTION}: “{phrase}” in “{}”", shortened(text)));
        }
    }
    if !findings.is_empty() {
        bail!("words that {GLOSSARY} does not have\n{}", findings.join("\n"));
    }
    Ok(())
}

impl Words {
    /// From the last column of each table that is headed “not”, and the table of exceptions.
    fn read(glossary: &str) -> Result<Self> {
        let (mut not, mut exceptions) = (Vec::new(), BTreeSet::new());
        let mut table = "";
        for line in glossary.lines() {
            let Some(row) = line.trim().strip_prefix('|') else {
                table = "";
                continue;
            };
            let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
            let last = cells.last().copied().unwrap_or_default();
            match (table, last) {
                (_, "not" | "where it may stand") => table = last,
                ("not", "–") | ("", _) => {}
                (_, rule) if rule.starts_with("---") => {}
                ("not", phrases) => not.extend(phrases.split(',').map(words_of)),
                (_, places) => {
                    let phrase = cells.first().copied().unwrap_or_default().to_lowercase();
                    let places = places.split(',').map(|place| place.trim().trim_matches('`'));
                    exceptions.extend(places.map(|place| (phrase.clone(), place.to_string())));
                }
            }
        }
        not.retain(|phrase: &Vec<String>| !phrase.is_empty());
        ensure!(not.len() > 20, "{GLOSSARY} has no column “not” any more");
        Ok(Self { not, exceptions })
    }

    fn may_stand(&self, phrase: &str, file: &str) -> bool {
        self.exceptions
            .iter()
            .any(|(excepted, place)| excepted == phrase && file.starts_with(place.as_str()))
    }

    /// Phrases of the column in a text.
    fn retired(&self, text: &str, file: &str) -> Vec<String> {
        let text = words_of(text);
        let found = self
            .not
            .iter()
            .filter(|phrase| text.windows(phrase.len()).any(|window| window == phrase.as_slice()));
        let found = found.map(|phrase| phrase.join(" "));
        found.filter(|phrase| !self.may_stand(phrase, file)).collect()
    }

    /// Words of the column in a name: parts of it between underscores or capitals.
    fn retired_in_name(&self, name: &str, file: &str) -> Vec<String> {
        let parts = parts_of(name);
        let single = self.not.iter().filter_map(|phrase| match phrase.as_slice() {
            [word] => Some(word),
            _ => None,
        });
        single.filter(|word| parts.contains(word) && !self.may_stand(word, file)).cloned().collect()
    }

    fn pronouns(&self, line: &str, file: &str) -> Vec<&'static str> {
        let line = words_of(line);
        let found = PRONOUNS.into_iter().filter(|pronoun| line.iter().any(|word| word == pronoun));
        found.filter(|pronoun| !self.may_stand(pronoun, file)).collect()
    }
}

/// Its words in small letters; what stands in braces is a value's name.
fn words_of(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let outside = text.chars().map(|sign| {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => return sign,
            _ => {}
        }
        ' '
    });
    let outside: String = outside.collect();
    outside
        .to_lowercase()
        .split(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '\'' | '’' | '_' | '-')))
        .filter(|word| !word.is_empty())
        .map(str::to_string)
        .collect()
}

/// The parts of a name, in small letters: `ConnectorPath` and `connector_path` have two.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = '_';
    for sign in name.chars() {
        if sign == '_' || (sign.is_uppercase() && before.is_lowercase()) {
            parts.push(String::new());
        }
        if let (true, Some(part)) = (sign != '_', parts.last_mut()) {
            part.extend(sign.to_lowercase());
        }
        before = sign;
    }
    parts
}

/// The names that a file gives, with their lines; those of tests apart.
fn names(text: &str) -> Result<Vec<(usize, String)>> {
    const GIVES: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"];
    let tokens: TokenStream =
        text.parse().map_err(|error| anyhow::anyhow!("this is not Rust: {error}"))?;
    let mut found = Vec::new();
    let mut pending = vec![tokens];
    while let Some(tokens) = pending.pop() {
        let (mut of_tests, mut gives) = (false, false);
        for token in tokens {
            match token {
                TokenTree::Group(group)
                    if group.stream().to_string().replace(' ', "") == "cfg(test)" =>
                {
                    of_tests = true;
                }
                TokenTree::Group(group) if of_tests => {
                    of_tests = group.delimiter() != proc_macro2::Delimiter::Brace;
                }
                TokenTree::Group(group) => pending.push(group.stream()),
                TokenTree::Ident(word) if gives && !of_tests => {
                    found.push((word.span().start().line, word.to_string()));
                    gives = false;
                }
                TokenTree::Ident(word) => gives = GIVES.iter().any(|gives| word == gives),
                TokenTree::Punct(mark) => {
                    gives = false;
                    of_tests &= mark.as_char() != ';';
                }
                TokenTree::Literal(_) => gives = false,
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The literals of a file that people read, with their lines.
fn texts(text: &str) -> Result<Vec<(usize, String)>> {
    let tokens: TokenStream =
        text.parse().map_err(|error| anyhow::anyhow!("this is not Rust: {error}"))?;
    let mut found = Vec::new();
    walk(tokens, &mut found);
    found.retain(|(_, literal)| {
        literal.contains(' ') && !SQL.iter().any(|word| literal.contains(word))
    });
    Ok(found)
}

/// Tests read what people read, and may say what is refused.
fn walk(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    let mut of_tests = false;
    for token in tokens {
        match token {
            TokenTree::Group(group)
                if group.stream().to_string().replace(' ', "") == "cfg(test)" =>
            {
                of_tests = true;
            }
            TokenTree::Group(group) if of_tests => {
                of_tests = group.delimiter() != proc_macro2::Delimiter::Brace;
            }
            // `#[doc = "…"]` is a comment.
            TokenTree::Group(group) if group.stream().to_string().starts_with("doc =") => {}
            TokenTree::Group(group) => walk(group.stream(), found),
            TokenTree::Punct(mark) if mark.as_char() == ';' => of_tests = false,
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if text.starts_with('"') || text.starts_with("r") {
                    found.push((literal.span().start().line, text));
                }
            }
            _ => {}
        }
    }
}

/// Every summary and every description in the description of the API.
fn described(document: &Value) -> Vec<&str> {
    match document {
        Value::Object(members) => {
            let texts = members.iter().flat_map(|(key, value)| match (key.as_str(), value) {
                ("summary" | "description", Value::String(text)) => vec![text.as_str()],
                (_, inner) => described(inner),
            });
            texts.collect()
        }
        Value::Array(items) => items.iter().flat_map(described).collect(),
        _ => Vec::new(),
    }
}

fn shortened(literal: &str) -> String {
    literal.split_whitespace().take(12).collect::<Vec<_>>().join(" ")
}

/// Path, as it is shown, and text of each file of Rust in the folders; test modules apart.
fn files(folders: &[&str]) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for folder in folders {
        for file in rust_files(&root().join(folder))? {
            let shown = shown(&file);
            if shown != "xtask/src/words.rs" {
                found.push((shown, fs::read_to_string(&file)?));
            }
        }
    }
    Ok(found)
}

/// The documents, the glossary apart.
fn documents() -> Result<Vec<(String, String)>> {
    let mut found = vec![("README.md".to_string(), fs::read_to_string(root().join("README.md"))?)];
    for entry in fs::read_dir(root().join("docs"))? {
        let file: PathBuf = entry?.path();
        if file.extension().is_some_and(|extension| extension == "md") && shown(&file) != GLOSSARY {
            found.push((shown(&file), fs::read_to_string(&file)?));
        }
    }
    Ok(found)
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words {
            not: vec![words_of("trip"), words_of("way in")],
            exceptions: BTreeSet::from([("trip".to_string(), "src/a.rs".to_string())]),
        }
    }

    #[test]
    fn phrases_are_found_as_whole_words_and_values_names_are_not_words() {
        let found = |text: &str| words().retired(text, "src/b.rs");
        assert_eq!(found("A Trip by the way in."), ["trip", "way in"]);
        assert_eq!(found("Round-trips of {trip} are always inside."), [""; 0]);
        assert_eq!(words().retired("a trip", "src/a.rs"), [""; 0], "an exception");
    }

    #[test]
    fn texts_are_literals_with_blanks_that_are_no_statements_comments_or_tests() {
        let file = "/// A trip.\nfn a() { b(\"a trip\", \"trip\", \"SELECT trip FROM a\"); }\n\
            #[cfg(test)]\nmod tests { fn c() { d(\"a trip\") } }";
        let found = texts(file).expect("Rust");
        assert_eq!(found, [(2, "\"a trip\"".to_string())]);
    }

    #[test]
    fn names_are_found_by_their_parts_and_those_of_tests_are_free() {
        let file = "fn round_trip() { const TRIPS: u8 = 0; }\nstruct TripRow { strip: u8 }\n\
            #[cfg(test)]\nmod tests { fn trip() {} }";
        let found = names(file).expect("Rust");
        let retired = |name: &str| words().retired_in_name(name, "src/b.rs").len();
        let lines: Vec<_> =
            found.iter().filter(|(_, name)| retired(name) > 0).map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2], "{found:?}");
        assert_eq!(words().retired_in_name("TripRow", "src/a.rs"), [""; 0], "an exception");
    }

    #[test]
    fn summaries_and_descriptions_are_texts_and_a_field_of_that_name_is_none() {
        let document = serde_json::json!({
            "summary": "A trip",
            "list": [{ "description": "the way in", "name": "trip" }],
            "properties": { "description": { "type": "string" } },
        });
        assert_eq!(described(&document), ["the way in", "A trip"]);
    }

    #[test]
    fn the_glossary_itself_can_be_read() {
        let glossary = fs::read_to_string(root().join(GLOSSARY)).expect("the glossary");
        let words = Words::read(&glossary).expect("columns");
        assert!(words.not.contains(&vec!["trip".to_string()]));
    }
}
