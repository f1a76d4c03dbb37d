//! `/journeys/:id/publish`: what is asked before a draft is published.

use leptos::prelude::*;

use super::{check_list::CheckList, id_of_path};
use crate::{
    api::{
        request::submitted_value,
        versions::{EditPage, read_publish_page},
    },
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        typed_text::TextArea,
    },
};
use wayfare_domain::{
    journeys::status::Status,
    names::NAME_MAX,
    stats::pluralize,
    time::Timestamp,
    versions::{PUBLISHED_DESCRIPTION_MAX, Severity},
};

#[component]
pub fn PublishJourneyPage() -> impl IntoView {
    let id = id_of_path();
    let crumbs = vec![
        ("/journeys".to_string(), "Journeys".to_string()),
        (format!("/journeys/{id}"), "This journey".to_string()),
    ];
    view! {
        <Page title="Publish" crumbs=crumbs>
            <Loaded
                load=move || read_publish_page(id.clone())
                view=|loaded| {
                    if loaded.document.status == Status::Draft && !loaded.document.archived {
                        view! { <PublishForm loaded=loaded /> }.into_any()
                    } else {
                        view! { <NothingToPublish loaded=loaded /> }.into_any()
                    }
                }
            />
        </Page>
    }
}

#[component]
fn NothingToPublish(loaded: EditPage) -> impl IntoView {
    view! {
        <p class="card">
            {format!("{} has no draft to publish. ", loaded.document.name)}
            <a href=format!("/journeys/{}", loaded.document.journey)>"Back to the journey"</a>
        </p>
    }
}

#[component]
fn PublishForm(loaded: EditPage) -> impl IntoView {
    let EditPage { page, document, checks } = loaded;
    let id = document.journey;
    let blocked = checks.iter().any(|check| check.severity == Severity::Error);
    let older = page
        .detail
        .versions
        .iter()
        .filter(|version| !matches!(version.status, Status::Draft | Status::Stopped));
    let inside: i64 = older.clone().map(|version| version.figures.inside).sum();
    let queued: i64 = older.clone().map(|version| version.figures.queued).sum();
    let takes_over = older.count() > 0;
    view! {
        <p class="lead">{format!("Version {} of {}", document.version, document.name)}</p>
        <CheckList checks=checks graph=document.graph.clone() />
        <form class="card form" method="post" action="/api/ui/versions/publish">
            <ForProject />
            <input r#type="hidden" name="id" value=id.to_string() />
            <input r#type="hidden" name="version" value=document.version.to_string() />
            <input r#type="hidden" name="revision" value=document.revision.to_string() />
            <label class="field">
                <span class="field-label">"Name"</span>
                <input
                    r#type="text"
                    name="name"
                    required
                    autocomplete="off"
                    maxlength=NAME_MAX.to_string()
                    value=submitted_value("name").unwrap_or(document.name)
                />
            </label>
            <label class="field">
                <span class="field-label">{format!("Description (at most \
                    {PUBLISHED_DESCRIPTION_MAX} characters)")}</span>
                <TextArea
                    name="description"
                    rows=2
                    max=PUBLISHED_DESCRIPTION_MAX
                    text=submitted_value("description").unwrap_or(document.description)
                />
            </label>
            {takes_over.then(|| view! { <PredecessorField inside=inside queued=queued /> })}
            <p class="hint">{when_it_opens(document.settings.start.filter(|start| *start > page.now), takes_over)}</p>
            <div class="form-actions">
                <button class="button button-primary" r#type="submit" disabled=blocked>
                    {format!("Publish version {}", document.version)}
                </button>
                <a class="button" href=format!("/journeys/{id}/edit")>
                    "Back to the editor"
                </a>
            </div>
        </form>
    }
}

fn when_it_opens(start: Option<Timestamp>, takes_over: bool) -> String {
    match (start, takes_over) {
        (None, false) => "People can enter as soon as you publish.".to_string(),
        (None, true) => {
            "As soon as you publish, people enter this version instead of the older one."
                .to_string()
        }
        (Some(start), false) => format!("People can enter from {}.", start.long_date()),
        (Some(start), true) => {
            format!(
                "When you publish, entry to the older version ends. People enter this version \
                    from {}.",
                start.long_date()
            )
        }
    }
}

/// What happens to people in older versions.
#[component]
fn PredecessorField(inside: i64, queued: i64) -> impl IntoView {
    let leaves = submitted_value("predecessor").as_deref() == Some("leave");
    let people = pluralize(inside, "person is", "people are");
    let messages = if queued > 0 {
        format!(" {} cancelled.", pluralize(queued, "queued message is", "queued messages are"))
    } else {
        String::new()
    };
    view! {
        <fieldset class="choices choices-long">
            <legend>{format!("{people} inside older versions. What should happen to them?")}</legend>
            <label class="choice">
                <input r#type="radio" name="predecessor" value="carry_on" checked=!leaves />
                <span>
                    <strong>"They carry on"</strong>
                    " in the version they entered until they exit. No one else enters it."
                </span>
            </label>
            <label class="choice">
                <input r#type="radio" name="predecessor" value="leave" checked=leaves />
                <span>
                    <strong>"They exit"</strong>
                    " immediately, and are counted as moved to a newer version."
                    {messages}
                </span>
            </label>
        </fieldset>
    }
}
