//! What the framework writes into a page without escaping it stands in one file, which escapes it.
//!
//! Text between tags and values of attributes are escaped by the framework. Not the title of the
//! document, and not what is inside of `<textarea>`, `<noscript>`, `<script>` and `<style>`, nor
//! `inner_html`: a journey's name there is markup.

use std::fs;

use anyhow::{Context, Result, anyhow, bail};
use proc_macro2::{TokenStream, TokenTree};

use crate::{dependencies::rust_files, shell::root};

/// The one file with titles and fields of several lines.
const HELPER: &str = "src/ui/components/typed_text.rs";
/// Elements, with the framework's components for them, that only [`HELPER`] may write.
const ONLY_THERE: [&str; 2] = ["Title", "textarea"];
/// And those that nobody needs.
const NEVER: [&str; 7] = ["Style", "Script", "Html", "Body", "noscript", "style", "title"];
/// Words that put HTML into a page as it is.
const MARKUP: [&str; 8] = [
    "inner_html",
    "set_inner_html",
    "set_outer_html",
    "insert_adjacent_html",
    "create_contextual_fragment",
    "InertElement",
    "document_write",
    "srcdoc",
];

pub fn check() -> Result<()> {
    let mut findings = Vec::new();
    for file in rust_files(&root().join("src/ui"))? {
        let shown = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        let text = fs::read_to_string(&file).with_context(|| format!("{shown} cannot be read"))?;
        let found = judge(&text, shown == HELPER).with_context(|| shown.clone())?;
        findings.extend(found.into_iter().map(|(line, what)| format!("{shown}:{line}: {what}")));
    }
    if !findings.is_empty() {
        bail!("what people typed could become markup\n{}", findings.join("\n"));
    }
    Ok(())
}

/// Line and sentence of what a file may not write.
fn judge(text: &str, is_helper: bool) -> Result<Vec<(usize, String)>> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("this is not Rust: {error}"))?;
    let mut findings = Vec::new();
    walk(tokens, is_helper, &mut findings);
    Ok(findings)
}

fn walk(tokens: TokenStream, is_helper: bool, findings: &mut Vec<(usize, String)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => walk(group.stream(), is_helper, findings),
            TokenTree::Ident(word) => {
                let word_text = word.to_string();
                if let Some(sentence) = complaint(&tokens, at, &word_text, is_helper) {
                    findings.push((word.span().start().line, sentence));
                }
            }
            _ => {}
        }
    }
}

fn complaint(tokens: &[TokenTree], at: usize, word: &str, is_helper: bool) -> Option<String> {
    if MARKUP.contains(&word) {
        return Some(format!("`{word}` reads a text as HTML; set it as text"));
    }
    // `<name …>`, `html::name()` and `leptos_meta::Name`.
    let opens = at > 0 && is_mark(tokens, at - 1, '<');
    let is_called = at > 0
        && is_mark(tokens, at - 1, ':')
        && matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
    let is_imported = word == "leptos_meta" && !is_helper && names_any(&tokens[at + 1..]);
    if is_imported {
        return Some(format!("components of the document's head are not escaped; use {HELPER}"));
    }
    if !opens && !is_called {
        return None;
    }
    // `<title>` inside of `<svg>` is an element like any other, but it is not told apart here.
    if NEVER.contains(&word) {
        return Some(format!("`<{word}>` is written without escaping, and nothing here needs it"));
    }
    if ONLY_THERE.contains(&word) && !is_helper {
        return Some(format!("`<{word}>` is written without escaping; use {HELPER}"));
    }
    (word == "script" && !(opens && is_empty_element(tokens, at)))
        .then(|| "a `<script>` has an address and no text of its own".to_string())
}

/// Up to the end of the statement: is one of the components named?
fn names_any(tokens: &[TokenTree]) -> bool {
    let end = tokens
        .iter()
        .position(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';'));
    let named = |token: &TokenTree| match token {
        TokenTree::Ident(word) => is_component(&word.to_string()),
        TokenTree::Group(group) => group.stream().into_iter().any(
            |token| matches!(token, TokenTree::Ident(word) if is_component(&word.to_string())),
        ),
        _ => false,
    };
    tokens[..end.unwrap_or(tokens.len()).min(8)].iter().any(named)
}

fn is_component(word: &str) -> bool {
    ONLY_THERE.contains(&word) || NEVER.contains(&word)
}

/// Is the first `>` behind the name followed by the closing tag?
fn is_empty_element(tokens: &[TokenTree], at: usize) -> bool {
    let end = (at..tokens.len()).find(|at| is_mark(tokens, *at, '>'));
    end.is_some_and(|end| is_mark(tokens, end + 1, '<') && is_mark(tokens, end + 2, '/'))
}

fn is_mark(tokens: &[TokenTree], at: usize, sign: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == sign)
}

#[cfg(test)]
mod tests {
    use super::judge;

    fn lines(text: &str, is_helper: bool) -> Vec<usize> {
        judge(text, is_helper).unwrap().into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_title_or_a_field_of_lines_outside_of_its_file_is_found() {
        let samples = [
            "fn f() { view! { <Title text=name /> } }",
            "fn f() { view! { <div>{\n <textarea name=\"a\">{text}</textarea> }</div> } }",
            "use leptos_meta::Title as Head;",
            "use leptos_meta::{MetaTags, Style};",
            "fn f() { leptos::html::textarea().child(text) }",
            "fn f() { view! { <div inner_html=text></div> } }",
            "fn f() { element.set_inner_html(&text); }",
            "fn f() { view! { <iframe srcdoc=text></iframe> } }",
            "fn f() { view! { <noscript>{text}</noscript> } }",
            "fn f() { view! { <script>{text}</script> } }",
            "fn f() { view! { <style>{text}</style> } }",
        ];
        for text in samples {
            assert_eq!(lines(text, false).len(), 1, "{text}");
        }
        assert_eq!(lines(samples[1], false), [2]);
    }

    #[test]
    fn the_helper_may_and_what_is_escaped_is_left_alone() {
        assert_eq!(
            lines(
                "use leptos_meta::Title;\nfn f() { view! { <Title text=a /> \
                    <textarea>{b}</textarea> } }",
                true
            ),
            [0; 0]
        );
        assert_eq!(lines("fn f() { view! { <div inner_html=text></div> } }", true), [1]);
        let samples = [
            "use leptos_meta::{MetaTags, provide_meta_context};",
            "fn f() { view! { <DocumentTitle text=name /> <TextArea name=\"a\" text=b rows=2 /> } \
                }",
            "fn f() { view! { <script r#type=\"module\" src=files.start.clone()></script> } }",
            "// <Title\nconst TEXT: &str = \"<textarea>\";",
            "fn f(title: String) -> bool { a < b && title.is_empty() }",
        ];
        for text in samples {
            assert_eq!(lines(text, false), [0; 0], "{text}");
        }
    }
}
