//! `/operations/:id`: the result of one operation, journey by journey.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::id_of_path;
use crate::{
    api::{journeys::get_operation, request::may},
    ui::components::{
        for_project::ForProject,
        state::{ErrorState, LoadingState},
        status_badge::StatusBadge,
        time::LongDate,
        typed_text::DocumentTitle,
    },
};
use wayfare_domain::{
    operations::{ItemResult, OperationDetail},
    stats::pluralize,
};

#[component]
pub fn OperationPage() -> impl IntoView {
    let id = id_of_path();
    let query = use_query_map();
    let number = Memo::new(move |_| {
        query.read().get("page").map_or(Some(1), |page| page.parse().ok()).unwrap_or(0)
    });
    let detail = Resource::new(
        move || (id.clone(), number.get()),
        async |(id, page)| get_operation(id, page).await,
    );
    view! {
        <DocumentTitle text="Operation" />
        <div class="page page-narrow">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/journeys">"Journeys"</a>
            </nav>
            <Transition fallback=|| {
                view! { <LoadingState rows=6 /> }
            }>
                {move || Suspend::new(async move {
                    match detail.await {
                        Ok(detail) => view! { <OperationResults detail=detail /> }.into_any(),
                        Err(error) => {
                            view! {
                                <h1 class="visually-hidden">"Operation"</h1>
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
fn OperationResults(detail: OperationDetail) -> impl IntoView {
    let needed = detail.permission_to_undo();
    let report = detail.report;
    let pages = (detail.total + 99) / 100;
    let id = report.id;
    view! {
        <h1>{report.sentence()}</h1>
        <p class="lead">"By " {report.by.name.clone()} ", " <LongDate at=report.at /> {(!report.note.is_empty()).then(|| format!(" · {}", report.note))}</p>
        {(report.undoable && needed.is_some_and(may))
            .then(|| {
                view! {
                    <form method="post" action="/api/ui/operations/undo" class="form-actions">
                        <ForProject />
                        <input r#type="hidden" name="operation" value=id.to_string() />
                        <input r#type="hidden" name="back" value="/journeys" />
                        <button class="button" r#type="submit">
                            "Undo"
                        </button>
                    </form>
                }
            })}
        <div class="table-scroll">
            <table class="plain-table" aria-label="Result for each journey">
                <thead>
                    <tr>
                        <th scope="col">"Journey"</th>
                        <th scope="col">"Result"</th>
                    </tr>
                </thead>
                <tbody>
                    {detail
                        .items
                        .into_iter()
                        .map(|item| {
                            let outcome = match item.outcome {
                                ItemResult::Changed { from, to } if from == to => report.done().into_any(),
                                ItemResult::Changed { from, to } => {
                                    view! {
                                        <span class="change">
                                            <StatusBadge status=from />
                                            " → "
                                            <StatusBadge status=to />
                                        </span>
                                    }
                                        .into_any()
                                }
                                ItemResult::Skipped(refusal) => format!("skipped: {}", refusal.phrase()).into_any(),
                            };
                            view! {
                                <tr>
                                    <th scope="row">
                                        <a href=format!("/journeys/{}", item.journey)>{item.name}</a>
                                    </th>
                                    <td>{outcome}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
        <nav class="pager" aria-label="Pages">
            <p>{pluralize(detail.total, "journey", "journeys")}</p>
            <p class="pager-steps">
                {(detail.page > 1)
                    .then(|| view! { <a class="page-link" href=format!("/operations/{id}?page={}", detail.page - 1)>"Previous"</a> })}
                {(detail.page < pages)
                    .then(|| view! { <a class="page-link" href=format!("/operations/{id}?page={}", detail.page + 1)>"Next"</a> })}
            </p>
        </nav>
    }
}
