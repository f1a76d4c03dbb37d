//! `/journeys/:id/edit`: the editor. The canvas mounts into the element that is marked for it.
//! Everything but drawing works without a script: name, description and labels, the steps as a
//! list, problems and versions.

use leptos::prelude::*;

use super::{
    check_list::CheckList, graph_picture::GraphPicture, id_of_path, missing_card::MissingCard,
    query_value, versions_table::VersionsTable,
};
use crate::{
    api::{
        journeys::JourneyPage as Loaded,
        request::may,
        versions::{EditPage, read_edit_page},
    },
    ui::components::{
        for_project::ForProject,
        state::{ErrorState, LoadingState},
        status_badge::StatusBadge,
        typed_text::{DocumentTitle, TextArea},
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    ids::JourneyId,
    journeys::{
        edit::permission_to_rename,
        status::Status,
        transition::{Action, TransitionResult, transition},
    },
    names::{DESCRIPTION_MAX, LABEL_MAX, NAME_MAX},
    versions::{EditMode, EditorDocument},
};

#[component]
pub fn EditJourneyPage() -> impl IntoView {
    let id = id_of_path();
    let crumb = format!("/journeys/{id}");
    // Read here and not as a resource: the page would carry the graph a second time.
    let version = query_value("version");
    view! {
        <div class="page page-editor">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/journeys">"Journeys"</a>
                <span aria-hidden="true">" / "</span>
                <a href=crumb>"This journey"</a>
            </nav>
            <Suspense fallback=|| {
                view! { <LoadingState rows=6 /> }
            }>
                {move || {
                    let (id, version) = (id.clone(), version.clone());
                    Suspend::new(async move {
                        match read_edit_page(id, version).await {
                            Ok(loaded) => view! { <Editor loaded=loaded /> }.into_any(),
                            Err(error) => {
                                view! {
                                    <DocumentTitle text="Edit journey" />
                                    <h1 class="visually-hidden">"Edit journey"</h1>
                                    <ErrorState error=error />
                                }
                                    .into_any()
                            }
                        }
                    })
                }}
            </Suspense>
        </div>
    }
    .into_any()
}

#[component]
fn Editor(loaded: EditPage) -> impl IntoView {
    let EditPage { page, document, checks } = loaded;
    let summary = page.detail.summary.clone();
    let versions = page.detail.versions.clone();
    view! {
        <DocumentTitle text=format!("Edit {}", summary.name) />
        <div class="page-head">
            <div class="page-title">
                <h1>{format!("Edit {}", summary.name)}</h1>
                <p class="journey-meta">
                    <span>{format!("Version {}", document.version)}</span>
                    <StatusBadge status=document.status />
                    <span class="hint">{document.status.meaning()}</span>
                </p>
            </div>
            <VersionActions page=page.clone() document=document.clone() />
        </div>
        {document.why.clone().map(|why| view! { <p class="card card-warning without-canvas">{why}</p> })}
        // The canvas mounts here and reads from the attributes what it edits. It replaces the parts
        // marked `without-canvas`.
        <section id="editor" class="editor-place" aria-label="Editor" data-journey=summary.id.to_string() data-version=document.version.to_string()></section>
        {(!summary.archived)
            .then(|| {
                view! {
                    <details class="card details" open>
                        <summary>
                            <h2>"Details"</h2>
                        </summary>
                        <DetailsForm loaded=page.clone() />
                    </details>
                }
            })}
        <MissingCard missing=page.detail.missing />
        {(document.status == Status::Draft || document.mode == EditMode::Content)
            .then(|| view! { <div class="without-canvas"><CheckList checks=checks graph=document.graph.clone() /></div> })}
        <section class="section without-canvas" aria-labelledby="steps-title">
            <h2 id="steps-title">"Steps"</h2>
            <GraphPicture graph=document.graph />
        </section>
        <VersionsTable journey=summary.id versions=versions opened=Some(document.version) />
    }
}

/// What can be done with versions besides drawing.
#[component]
fn VersionActions(page: Loaded, document: EditorDocument) -> impl IntoView {
    let summary = page.detail.summary;
    let id = summary.id;
    let has_draft = page.detail.versions.iter().any(|version| version.status == Status::Draft);
    let may_begin = matches!(
        transition(summary.state(page.now), Action::NewVersion),
        TransitionResult::Apply(_)
    ) && !has_draft;
    let is_draft = document.status == Status::Draft && document.mode == EditMode::Draft;
    let beside = has_draft && summary.ever_published && !summary.archived;
    view! {
        <div class="page-actions">
            {(is_draft && document.may_publish)
                .then(|| {
                    view! {
                        <a class="button button-primary without-canvas" href=format!("/journeys/{id}/publish")>
                            "Publish…"
                        </a>
                    }
                })}
            {may_begin.then(|| view! { <div class="without-canvas"><BeginForm journey=id from=document.version /></div> })}
            {(beside && may(Permission::EditJourneys))
                .then(|| {
                    view! {
                        <form method="post" action="/api/ui/versions/discard">
                            <ForProject />
                            <button class="button" r#type="submit" name="id" value=id.to_string()>
                                "Discard draft"
                            </button>
                        </form>
                    }
                })}
        </div>
    }
}

/// A new draft, copied from the version that is shown.
#[component]
pub fn BeginForm(journey: JourneyId, from: i64) -> impl IntoView {
    view! {
        <form method="post" action="/api/ui/versions/begin">
            <ForProject />
            <input r#type="hidden" name="from" value=from.to_string() />
            <button class="button" r#type="submit" name="id" value=journey.to_string()>
                "New version"
            </button>
        </form>
    }
}

#[component]
fn DetailsForm(loaded: Loaded) -> impl IntoView {
    let summary = loaded.detail.summary;
    let id = summary.id;
    let worn: Vec<_> = summary.labels.iter().map(|label| label.id).collect();
    let renames = may(permission_to_rename(summary.ever_published));
    view! {
        <form class="form" method="post" action="/api/ui/journeys/edit">
            <ForProject />
            <input r#type="hidden" name="id" value=id.to_string() />
            <input r#type="hidden" name="revision" value=summary.revision.to_string() />
            <label class="field">
                <span class="field-label">"Name"</span>
                <input
                    r#type="text"
                    id="name"
                    name="name"
                    required
                    readonly=!renames
                    autocomplete="off"
                    maxlength=NAME_MAX.to_string()
                    value=summary.name.clone()
                />
            </label>
            {(!renames)
                .then(|| view! { <p class="hint">"Renaming a published journey needs a Publisher."</p> })}
            <label class="field">
                <span class="field-label">"Description"</span>
                <TextArea name="description" rows=3 max=DESCRIPTION_MAX text=summary.description.clone() />
            </label>
            <fieldset class="choices">
                <legend>"Labels"</legend>
                {loaded
                    .labels
                    .into_iter()
                    .map(|label| {
                        view! {
                            <label class="choice">
                                <input r#type="checkbox" name="labels[]" value=label.id.to_string() checked=worn.contains(&label.id) />
                                <span>{label.name}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
            <label class="field">
                <span class="field-label">"New label"</span>
                <input r#type="text" name="new_label" maxlength=LABEL_MAX.to_string() autocomplete="off" />
            </label>
            <div class="form-actions">
                <button class="button button-primary" r#type="submit">
                    "Save"
                </button>
                <a class="button" href=format!("/journeys/{id}")>
                    "Cancel"
                </a>
            </div>
        </form>
    }
}
