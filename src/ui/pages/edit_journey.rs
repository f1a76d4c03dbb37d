//! `/journeys/:id/edit`: the place of the editor, which is mounted into it where scripts run (`ui/editor/`), with a picture of
//! the steps where they do not; below it name, description and labels.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{graph_picture::GraphPicture, id_of_path, missing_card::MissingCard, query_value};
use crate::{
    api::journeys::{JourneyPage as Loaded, read_editable},
    domain::text::{DESCRIPTION_MAX, LABEL_MAX, NAME_MAX},
    ui::components::{
        state::{ErrorState, LoadingState},
        status_badge::StatusBadge,
    },
};

#[component]
pub fn EditJourneyPage() -> impl IntoView {
    let id = id_of_path();
    let crumb = format!("/journeys/{id}");
    let loaded = Resource::new(move || id.clone(), async |id| read_editable(id).await);
    view! {
        <div class="page page-editor">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/journeys">"Journeys"</a>
                <span aria-hidden="true">" / "</span>
                <a href=crumb>"This journey"</a>
            </nav>
            <Transition fallback=|| {
                view! { <LoadingState rows=6 /> }
            }>
                {move || Suspend::new(async move {
                    match loaded.await {
                        Ok(loaded) => view! { <Editor loaded=loaded /> }.into_any(),
                        Err(error) => {
                            view! {
                                <Title text="Edit journey" />
                                <h1 class="visually-hidden">"Edit journey"</h1>
                                <ErrorState error=error />
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Editor(loaded: Loaded) -> impl IntoView {
    let summary = loaded.detail.summary.clone();
    let version = query_value("version");
    view! {
        <Title text=format!("Edit {}", summary.name) />
        <div class="page-head">
            <div class="page-title">
                <h1>{format!("Edit {}", summary.name)}</h1>
                <p class="journey-meta">
                    <StatusBadge status=summary.status />
                    <span class="hint">{summary.status.meaning()}</span>
                </p>
            </div>
        </div>
        <section class="editor-place" aria-label="Editor" id="editor" data-journey=summary.id.to_string() data-version=version>
            <h2 id="steps-title">"Steps"</h2>
            <GraphPicture graph=loaded.detail.graph.clone() />
        </section>
        {if summary.archived {
            view! {
                <p class="card card-warning">"This journey is archived and cannot be changed. Unarchive it first, or clone it."</p>
            }
                .into_any()
        } else {
            view! { <DetailsForm loaded=loaded.clone() /> }.into_any()
        }}
        <MissingCard missing=loaded.detail.missing />
    }
}

#[component]
fn DetailsForm(loaded: Loaded) -> impl IntoView {
    let summary = loaded.detail.summary;
    let id = summary.id;
    let worn: Vec<_> = summary.labels.iter().map(|label| label.id).collect();
    view! {
        <form class="card form" method="post" action="/api/ui/journeys/edit">
            <input r#type="hidden" name="id" value=id.to_string() />
            <input r#type="hidden" name="revision" value=summary.revision.to_string() />
            <label class="field">
                <span class="field-label">"Name"</span>
                <input
                    r#type="text"
                    id="name"
                    name="name"
                    required
                    autocomplete="off"
                    maxlength=NAME_MAX.to_string()
                    value=summary.name.clone()
                />
            </label>
            <label class="field">
                <span class="field-label">"Description"</span>
                <textarea name="description" rows="3" maxlength=DESCRIPTION_MAX.to_string()>
                    {summary.description.clone()}
                </textarea>
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
