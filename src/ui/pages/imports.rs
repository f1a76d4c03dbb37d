//! `/imports`: files of profiles or events: a new import, and the results of earlier ones.

use leptos::prelude::*;

use super::id_of_path;
use crate::{
    api::imports::{read_import, read_imports},
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::{
    profiles::import::{ImportState, ImportView, REJECTED_ROWS_MAX, RejectedRow},
    stats::{format_count, pluralize},
};

/// Rejected rows that the page shows. The CSV file has all of them.
const SHOWN: usize = 100;

#[component]
pub fn ImportsPage() -> impl IntoView {
    view! {
        <Page title="Imports" crumbs=vec![("/profiles".to_string(), "Profiles".to_string())]>
            <UploadForm />
            <Loaded load=read_imports view=|imports| view! { <Earlier imports=imports /> }.into_any() />
        </Page>
    }
}

#[component]
fn UploadForm() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="upload-title">
            <h2 id="upload-title">"Import profiles or events"</h2>
            <form class="form" method="post" action="/imports/upload" enctype="multipart/form-data">
                <ForProject />
                <label class="field">
                    <span class="field-label">"File (.csv or .jsonl)"</span>
                    <input r#type="file" name="file" accept=".csv,.tsv,.txt,.jsonl,.ndjson" required />
                </label>
                <label class="field">
                    <span class="field-label">"Add everyone to a list (optional)"</span>
                    <input r#type="text" name="list" maxlength="120" placeholder="Spring fair 2027" />
                </label>
                <label class="field">
                    <span class="field-label">"Identity column (optional)"</span>
                    <input r#type="text" name="identity" maxlength="120" placeholder="identity" />
                </label>
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Import"
                    </button>
                </div>
                <p class="hint">
                    "The first row names the columns: " <code>"identity"</code>
                    " holds the identity, every other column is a property. Properties are text \
                        unless the column name sets a type: "
                    <code>"age:number"</code>", " <code>"vip:boolean"</code>", " <code>"born:date"</code>
                    ". A file with the column " <code>"event"</code>
                    " holds events. Empty cells change nothing."
                </p>
            </form>
        </section>
    }
}

#[component]
fn Earlier(imports: Vec<ImportView>) -> impl IntoView {
    (!imports.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="earlier-title">
                <h2 id="earlier-title">"Earlier imports"</h2>
                <ul class="rows" aria-label="Imports">
                    {imports
                        .into_iter()
                        .map(|import| {
                            view! {
                                <li class="row">
                                    <span class="row-main">
                                        <a href=format!("/imports/{}", import.id)>
                                            <strong>{import.file_name.clone()}</strong>
                                        </a>
                                        <span class="badge">{title_of(&import.state)}</span>
                                        <span class="hint">
                                            {outcome(&import)} " · by " {import.started_by.clone()} ", " <LongDate at=import.started_at />
                                        </span>
                                    </span>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </section>
        }
    })
}

fn title_of(state: &ImportState) -> &'static str {
    match state {
        ImportState::Running => "In progress",
        ImportState::Done => "Done",
        ImportState::Failed(_) => "Interrupted",
    }
}

fn outcome(import: &ImportView) -> String {
    let imported = pluralize(import.progress.taken as i64, "row", "rows");
    format!("{imported} imported, {} rejected", format_count(import.progress.refused as i64))
}

#[component]
pub fn ImportPage() -> impl IntoView {
    let id = id_of_path();
    let above = [("/profiles", "Profiles"), ("/imports", "Imports")];
    view! {
        <Page title="Import" crumbs=above.map(|(address, name)| (address.to_string(), name.to_string())).to_vec() wide=true>
            <Loaded
                load=move || {
                    let id = id.clone();
                    async move { read_import(&id).await }
                }
                view=|(import, refused)| view! { <Import import=import refused=refused /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn Import(import: ImportView, refused: Vec<RejectedRow>) -> impl IntoView {
    let under_way = import.state == ImportState::Running;
    let problem = match &import.state {
        ImportState::Failed(problem) => Some(problem.clone()),
        _ => None,
    };
    let percent =
        (import.progress.bytes_read * 100).checked_div(import.bytes).unwrap_or(100).min(100);
    let address = format!("/imports/{}/refused.csv", import.id);
    view! {
        <section class="card" aria-labelledby="import-title" data-live="import">
            <h2 id="import-title">{import.file_name.clone()}</h2>
            <p role="status">{format!("{}: {}.", title_of(&import.state), outcome(&import))}</p>
            {under_way
                .then(|| view! { <progress max="100" value=percent.to_string() aria-label="Progress of the import" /> })}
            {problem.map(|problem| view! { <p class="form-problem">{problem}</p> })}
            <p class="hint">
                "by " {import.started_by.clone()} ", " <LongDate at=import.started_at />
                {import.list.clone().map(|list| format!(" · adds everyone to the list “{list}”"))}
            </p>
            {(!refused.is_empty())
                .then(|| view! { <RefusedRows refused=refused address=address all=import.progress.refused /> })}
        </section>
    }
}

#[component]
fn RefusedRows(refused: Vec<RejectedRow>, address: String, all: u64) -> impl IntoView {
    let kept = refused.len();
    let note = if all as usize > kept {
        format!(" Only the first {} are kept.", format_count(REJECTED_ROWS_MAX as i64))
    } else {
        String::new()
    };
    view! {
        <h3>"Rejected rows"</h3>
        <p>
            "All other rows were imported. Correct these rows and import them again: existing \
                profiles are updated."
            {note} " " <a href=address download="">"Download as CSV"</a>
        </p>
        <div class="table-scroll" tabindex="0" role="region" aria-label="Rejected rows">
            <table class="plain-table" aria-label="Rejected rows">
                <thead>
                    <tr>
                        <th scope="col">"Line"</th>
                        <th scope="col">"Column"</th>
                        <th scope="col">"Reason"</th>
                    </tr>
                </thead>
                <tbody>
                    {refused
                        .into_iter()
                        .take(SHOWN)
                        .map(|refused| {
                            view! {
                                <tr>
                                    <th scope="row">{format_count(refused.line as i64)}</th>
                                    <td>{refused.error.path}</td>
                                    <td>{refused.error.sentence}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}
