//! The result of a plain form, on the page that it came from.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api::operations::get_outcome,
    ui::toaster::{ToastBox, of_answer},
};

/// The result of an operation from a plain form. The address has its id.
#[component]
pub fn PlainOutcome(
    /// Where Undo comes back to.
    back: Signal<String>,
) -> impl IntoView {
    let query = use_query_map();
    let done = Memo::new(move |_| query.read().get("done"));
    let outcome = Resource::new(
        move || done.get(),
        async |done| match done {
            Some(done) => Some(get_outcome(done).await),
            None => None,
        },
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match outcome.await {
                    Some(Ok(answer)) => {
                        view! {
                            <div class="plain-outcome" role="status">
                                <ToastBox toast=of_answer(&answer) back=back.get_untracked() />
                            </div>
                        }
                            .into_any()
                    }
                    // An old or damaged id in the address is ignored.
                    Some(Err(_)) | None => ().into_any(),
                }
            })}
        </Transition>
    }
}
