//! Results and errors, shown at the edge of the page and announced to screen readers.

use leptos::{prelude::*, task::spawn_local};

use super::components::{
    for_project::ForProject,
    icon::{Icon, Symbol},
};
use crate::api::{AppError, operations::undo_operation};
use wayfare_domain::{
    ids::OperationId,
    operations::{ItemResult, OperationItem, OperationResult},
};

/// How many toasts are shown; older ones make room.
const TOASTS_MAX: usize = 3;

#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    id: u32,
    text: String,
    is_error: bool,
    undo: Option<OperationId>,
    /// Journeys that were skipped, and the operation whose page lists all journeys.
    skipped: Vec<OperationItem>,
    account: Option<OperationId>,
}

/// Hands out toasts. One for the whole application, so that they outlive the page that caused them.
#[derive(Clone, Copy)]
pub struct Toaster {
    toasts: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
    /// Rises when an undo changed something that a page may show.
    pub undone: RwSignal<u32>,
}

impl Toaster {
    #[expect(clippy::new_without_default, reason = "it belongs to the owner that makes it")]
    pub fn new() -> Self {
        Self {
            toasts: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            undone: RwSignal::new(0),
        }
    }

    pub fn outcome(&self, answer: &OperationResult) {
        self.push(of_answer(answer));
    }

    pub fn error(&self, error: &AppError) {
        self.push(Toast {
            id: 0,
            text: error.sentence(),
            is_error: true,
            undo: None,
            skipped: Vec::new(),
            account: None,
        });
    }

    pub fn say(&self, text: impl Into<String>) {
        self.push(Toast {
            id: 0,
            text: text.into(),
            is_error: false,
            undo: None,
            skipped: Vec::new(),
            account: None,
        });
    }

    fn push(&self, toast: Toast) {
        let id = self.next.try_update_value(|next| {
            *next += 1;
            *next
        });
        self.toasts.update(|toasts| {
            toasts.push(Toast { id: id.unwrap_or_default(), ..toast });
            if toasts.len() > TOASTS_MAX {
                toasts.remove(0);
            }
        });
    }

    fn dismiss(&self, id: u32) {
        self.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    }

    fn undo(self, toast: u32, operation: OperationId) {
        self.dismiss(toast);
        spawn_local(async move {
            match undo_operation(operation.to_string(), String::new()).await {
                Ok(answer) => self.outcome(&answer),
                Err(error) => self.error(&error),
            }
            self.undone.update(|count| *count += 1);
        });
    }
}

/// The toast of an operation, also shown on a page after a plain form.
pub fn of_answer(answer: &OperationResult) -> Toast {
    let report = &answer.report;
    let skipped: Vec<OperationItem> = answer
        .items
        .iter()
        .filter(|item| matches!(item.outcome, ItemResult::Skipped(_)))
        .take(20)
        .cloned()
        .collect();
    let many = report.changed + report.skipped_count() > 1;
    Toast {
        id: 0,
        text: report.sentence(),
        is_error: false,
        undo: report.undoable.then_some(report.id),
        skipped: if report.skipped_count() > 1 { skipped } else { Vec::new() },
        account: many.then_some(report.id),
    }
}

#[component]
pub fn ToastRegion() -> impl IntoView {
    let toaster = expect_context::<Toaster>();
    view! {
        <div class="toasts" id="toasts" role="status" aria-live="polite" tabindex="-1">
            <For each=move || toaster.toasts.get().into_iter().filter(|toast| !toast.is_error) key=|toast| toast.id let:toast>
                <ToastBox toast=toast back=String::new() />
            </For>
        </div>
        <div class="toasts toasts-errors" role="alert">
            <For each=move || toaster.toasts.get().into_iter().filter(|toast| toast.is_error) key=|toast| toast.id let:toast>
                <ToastBox toast=toast back=String::new() />
            </For>
        </div>
    }
}

/// One toast. Its Undo is a form, so that it works without scripts too.
#[component]
pub fn ToastBox(
    toast: Toast,
    /// Where a plain form goes back to.
    back: String,
) -> impl IntoView {
    let toaster = expect_context::<Toaster>();
    let id = toast.id;
    let skipped = (!toast.skipped.is_empty()).then(|| {
        view! {
            <details class="toast-details">
                <summary>"Why some were skipped"</summary>
                <ul>
                    {toast
                        .skipped
                        .iter()
                        .map(|item| {
                            let reason = match item.outcome {
                                ItemResult::Skipped(refusal) => refusal.phrase(),
                                ItemResult::Changed { .. } => "was changed",
                            };
                            view! { <li><a rel="external" href=format!("/journeys/{}", item.journey)>{item.name.clone()}</a>" "{reason}</li> }
                        })
                        .collect_view()}
                </ul>
            </details>
        }
    });
    view! {
        <div class="toast" class:toast-error=toast.is_error>
            <Icon symbol=if toast.is_error { Symbol::Alert } else { Symbol::Check } />
            <div class="toast-body">
                <p>{toast.text.clone()}</p>
                {skipped}
            </div>
            <div class="toast-actions">
                {toast
                    .undo
                    .map(|operation| {
                        view! {
                            <form
                                method="post"
                                action="/api/ui/operations/undo"
                                on:submit=move |event| {
                                    event.prevent_default();
                                    toaster.undo(id, operation);
                                }
                            >
                                <ForProject />
                                <input r#type="hidden" name="operation" value=operation.to_string() />
                                <input r#type="hidden" name="back" value=back.clone() />
                                <button class="button button-small" r#type="submit">
                                    "Undo"
                                </button>
                            </form>
                        }
                    })}
                {toast.account.map(|operation| view! { <a class="button button-small button-quiet" rel="external" href=format!("/operations/{operation}")>"Details"</a> })}
                <button
                    class="icon-button needs-script"
                    r#type="button"
                    aria-label="Dismiss"
                    on:click=move |_| toaster.dismiss(id)
                >
                    <Icon symbol=Symbol::Close />
                </button>
            </div>
        </div>
    }
}
