//! `/journeys/new`: choose a template and a name. The draft opens in the editor.

use leptos::prelude::*;

use crate::{
    api::request::{require, submitted_value},
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        typed_text::TextArea,
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    journeys::document::JourneyDocument,
    names::{DESCRIPTION_MAX, NAME_MAX},
    stats::pluralize,
};
use wayfare_editor_model::templates::{TEMPLATES, Template};

#[component]
pub fn NewJourneyPage() -> impl IntoView {
    view! {
        <Page title="New journey" crumbs=vec![("/journeys".to_string(), "Journeys".to_string())] wide=true>
            <Loaded load=async || require(Permission::EditJourneys) view=|()| view! { <NewJourneyForm /> }.into_any() />
        </Page>
    }
    .into_any()
}

#[component]
fn NewJourneyForm() -> impl IntoView {
    let chosen = submitted_value("template").unwrap_or_default();
    view! {
        <form class="form form-wide" method="post" action="/api/ui/journeys/create">
            <ForProject />
            <label class="field">
                <span class="field-label">"Name"</span>
                <input
                    r#type="text"
                    name="name"
                    autofocus
                    autocomplete="off"
                    maxlength=NAME_MAX.to_string()
                    placeholder="Abandoned cart"
                    value=submitted_value("name")
                />
            </label>
            <label class="field">
                <span class="field-label">"Description"</span>
                <TextArea
                    name="description"
                    rows=2
                    max=DESCRIPTION_MAX
                    placeholder="Reminds people who left items in their cart"
                    text=submitted_value("description").unwrap_or_default()
                />
            </label>
            <fieldset class="starts">
                <legend>"Start from"</legend>
                <Start key="" title="Blank".to_string() about="Start from scratch with just an entry.".to_string() chosen=chosen.is_empty() />
                {TEMPLATES.into_iter().map(|template| view! { <TemplateCard template=template chosen=chosen == template.key /> }).collect_view()}
            </fieldset>
            <div class="form-actions">
                <button class="button button-primary" r#type="submit">
                    "Create draft"
                </button>
                <a class="button" href="/journeys">
                    "Cancel"
                </a>
            </div>
        </form>
    }
}

#[component]
fn TemplateCard(template: Template, chosen: bool) -> impl IntoView {
    let document = template.document().ok()?;
    Some(
        view! { <Start key=template.key title=document.name.to_string() about=about(&document) chosen=chosen /> },
    )
}

fn about(document: &JourneyDocument) -> String {
    let messages = pluralize(document.graph.messages() as i64, "message", "messages");
    format!("{} {messages}. {}.", document.description, document.settings.entry.describe())
}

#[component]
fn Start(key: &'static str, title: String, about: String, chosen: bool) -> impl IntoView {
    view! {
        <label class="start">
            <input r#type="radio" name="template" value=key checked=chosen />
            <span>
                <strong>{title}</strong>
                <span class="hint">{about}</span>
            </span>
        </label>
    }
}
