//! The two elements whose text the framework writes into a page as it is: the document's title and
//! `<textarea>`. All their text comes through here; `cargo xtask check` refuses them anywhere else
//! (`xtask/src/raw_html.rs`).
//!
//! In the browser nothing is escaped: there the title and the text of a field are set as text,
//! never read as HTML.

use leptos::prelude::*;
use leptos_meta::Title;

/// The title of the document, followed by the product's name.
#[component]
pub fn DocumentTitle(#[prop(into)] text: String) -> impl IntoView {
    let text = raw(text);
    view! { <Title text=text /> }
}

/// Puts the product's name behind every [`DocumentTitle`]; stands once, around all pages.
#[component]
pub fn TitleFrame() -> impl IntoView {
    view! { <Title formatter=|title: String| if title.is_empty() { "Wayfare".to_string() } else { format!("{title} · Wayfare") } /> }
}

/// A field of several lines in a plain form.
#[cfg(feature = "ssr")]
#[component]
pub fn TextArea(
    /// What stands in it.
    #[prop(into)]
    text: String,
    name: &'static str,
    rows: u32,
    #[prop(optional)] id: Option<&'static str>,
    #[prop(optional)] class: Option<&'static str>,
    #[prop(optional)] max: Option<usize>,
    #[prop(optional)] placeholder: Option<&'static str>,
    #[prop(optional)] required: bool,
    /// The text is no prose: a key, a certificate.
    #[prop(optional)]
    code: bool,
    /// Id of the hint below it.
    #[prop(optional)]
    described_by: Option<&'static str>,
) -> impl IntoView {
    view! {
        <textarea
            id=id
            class=class
            name=name
            rows=rows.to_string()
            maxlength=max.map(|max| max.to_string())
            placeholder=placeholder
            required=required
            spellcheck=code.then_some("false")
            aria-describedby=described_by
        >
            {raw_lines(text)}
        </textarea>
    }
}

/// A field of several lines in the editor, which lives in the browser alone: its text is a property
/// and no HTML.
#[cfg(feature = "editor")]
#[component]
pub fn LiveTextArea(
    #[prop(into)] id: String,
    rows: u32,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] typed: Callback<String>,
    #[prop(into)] described_by: String,
    #[prop(optional)] max: Option<usize>,
    #[prop(optional)] disabled: bool,
    #[prop(optional, into)] invalid: Signal<bool>,
) -> impl IntoView {
    view! {
        <textarea
            id=id
            rows=rows.to_string()
            maxlength=max.map(|max| max.to_string())
            disabled=disabled
            prop:value=value
            aria-invalid=move || invalid.get().then_some("true")
            aria-describedby=described_by
            on:input=move |event| typed.run(event_target_value(&event))
        ></textarea>
    }
}

/// The text as HTML that is read as this text again. `<title>` and `<textarea>` know entities but
/// no elements (HTML, 13.1.2: escapable raw text), so that with `<` and `&` escaped nothing in them
/// ends them.
#[cfg(feature = "ssr")]
fn raw(text: String) -> String {
    if text.contains(['&', '<', '>']) {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    } else {
        text
    }
}

#[cfg(not(feature = "ssr"))]
fn raw(text: String) -> String {
    text
}

/// The same for `<textarea>`, whose first line break is not read: a text that begins with one gets
/// another in front.
#[cfg(feature = "ssr")]
fn raw_lines(text: String) -> String {
    if text.starts_with(['\n', '\r']) { format!("\n{}", raw(text)) } else { raw(text) }
}

#[cfg(feature = "ssr")]
#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};

    use super::*;

    /// Written by the framework and read as a browser reads it.
    fn area(text: &str) -> String {
        let html = view! { <TextArea name="text" rows=2 text=text /> }.to_html();
        let page = Html::parse_document(&html);
        assert!(
            page.select(&Selector::parse("x-pwn").expect("a selector")).next().is_none(),
            "{html}"
        );
        let areas = Selector::parse("textarea").expect("a selector");
        page.select(&areas).next().expect("a field").text().collect()
    }

    #[test]
    fn a_text_stands_in_a_field_as_it_was_typed() {
        let texts = [
            "",
            "plain",
            "</textarea><x-pwn>",
            "</TEXTAREA ><x-pwn>",
            "&lt;/textarea&gt;",
            "a < b && c > d",
            "<!--",
            "--><x-pwn>",
            "\"'`",
            "\nfirst",
            "\n\n",
            "  two  \n lines ",
        ];
        for text in texts {
            assert_eq!(area(text), text, "{text:?}");
        }
    }

    #[test]
    fn a_title_keeps_what_would_end_it() {
        for text in ["</title><x-pwn>", "</TITLE\n><x-pwn>", "&amp;", "a & b", "<script>"] {
            let html = format!("<!DOCTYPE html><title>{}</title>", raw(text.to_string()));
            let page = Html::parse_document(&html);
            let titles = Selector::parse("title").expect("a selector");
            assert_eq!(
                page.select(&titles).next().expect("a title").text().collect::<String>(),
                text
            );
            assert!(
                page.select(&Selector::parse("x-pwn, script").expect("a selector"))
                    .next()
                    .is_none(),
                "{html}"
            );
        }
    }
}
