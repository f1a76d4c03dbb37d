//! Dialogs over the list: native `<dialog>`, so that the keyboard stays inside and Escape closes.

use leptos::{ev::SubmitEvent, prelude::*};

use super::state::{ActionTarget, Dialog, ListState};
use crate::{
    api::operations::{label_journeys, rename_journey},
    ui::{
        dom,
        pages::{label_fields::LabelFields, stop_effect::StopEffect},
    },
};
use wayfare_domain::{
    ids::JourneyId, names::JourneyName, operations::StopPreview, query_string::pairs,
    stats::pluralize,
};

/// The one place where a dialog stands, whichever it is.
const DIALOG: &str = "list-dialog";

#[component]
pub fn Dialogs() -> impl IntoView {
    let state = expect_context::<ListState>();
    Effect::new(move |_| {
        let open = state.dialog.read().is_some();
        // After the contents were drawn, so that the keyboard finds its place in them.
        request_animation_frame(move || dom::show_modal(DIALOG, open));
    });
    let role = move || match &*state.dialog.read() {
        Some(Dialog::Stop { .. }) => "alertdialog",
        _ => "dialog",
    };
    let title = move || {
        state.dialog.with(|dialog| match dialog {
            Some(Dialog::Stop { preview, .. }) => {
                format!("Stop {}?", pluralize(preview.journeys, "journey", "journeys"))
            }
            Some(Dialog::Label { count, .. }) => {
                format!("Label {}", pluralize(*count, "journey", "journeys"))
            }
            Some(Dialog::Rename { name, .. }) => format!("Rename {name}"),
            Some(Dialog::Description { name, .. }) => format!("Description of {name}"),
            None => String::new(),
        })
    };
    view! {
        <dialog
            id=DIALOG
            class="dialog"
            role=role
            aria-labelledby="dialog-title"
            aria-describedby="dialog-text"
            on:close=move |_| state.dialog.set(None)
        >
            <h2 id="dialog-title">{title}</h2>
            {move || match state.dialog.get() {
                Some(Dialog::Stop { target, preview }) => view! { <StopDialog target=target preview=preview /> }.into_any(),
                Some(Dialog::Label { target, .. }) => view! { <LabelDialog target=target /> }.into_any(),
                Some(Dialog::Rename { journey, name }) => view! { <RenameDialog journey=journey name=name /> }.into_any(),
                Some(Dialog::Description { journey, description, .. }) => {
                    view! { <DescriptionDialog journey=journey description=description /> }.into_any()
                }
                None => ().into_any(),
            }}
        </dialog>
    }
}

#[component]
fn Cancel(#[prop(default = "Cancel")] text: &'static str) -> impl IntoView {
    let state = expect_context::<ListState>();
    view! {
        <button class="button" r#type="button" autofocus on:click=move |_| state.dialog.set(None)>
            {text}
        </button>
    }
}

#[component]
fn StopDialog(target: ActionTarget, preview: StopPreview) -> impl IntoView {
    let state = expect_context::<ListState>();
    let nothing = preview.journeys == 0;
    let digest = preview.digest.clone();
    let text = format!("Stop {}", pluralize(preview.journeys, "journey", "journeys"));
    view! {
        <StopEffect preview=preview />
        <div class="dialog-actions">
            <Cancel />
            {(!nothing)
                .then(|| {
                    view! {
                        <button
                            class="button button-danger"
                            r#type="button"
                            disabled=move || state.busy.get()
                            on:click=move |_| state.confirm_stop(target.clone(), digest.clone())
                        >
                            {text}
                        </button>
                    }
                })}
        </div>
    }
}

#[component]
fn LabelDialog(target: ActionTarget) -> impl IntoView {
    let state = expect_context::<ListState>();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let fields: Vec<(String, String)> = pairs(&dom::form_query(&event)).collect();
        let all = |wanted: &str| {
            fields
                .iter()
                .filter(|(key, _)| key == wanted)
                .map(|(_, value)| value.clone())
                .collect::<Vec<_>>()
        };
        let (add, remove, create) = (all("add"), all("remove"), all("create").concat());
        let ActionTarget { ids, matching } = target.clone();
        let project = dom::shown_project().unwrap_or_default();
        state.dialog.set(None);
        state.run(async move {
            label_journeys(ids, matching, add, remove, create, String::new(), project).await
        });
    };
    view! {
        <form class="dialog-form" on:submit=on_submit>
            <LabelFields labels=state.page.with_untracked(|page| page.labels.clone()) />
            <div class="dialog-actions">
                <Cancel />
                <button class="button button-primary" r#type="submit">
                    "Save labels"
                </button>
            </div>
        </form>
    }
}

#[component]
fn RenameDialog(journey: JourneyId, name: String) -> impl IntoView {
    let state = expect_context::<ListState>();
    let typed = RwSignal::new(name);
    let complaint = RwSignal::new(None::<String>);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        match JourneyName::parse(&typed.get_untracked()) {
            Ok(name) => {
                state.dialog.set(None);
                state.run(async move {
                    rename_journey(journey.to_string(), name.to_string(), String::new()).await
                });
            }
            Err(error) => complaint.set(Some(error.sentence)),
        }
    };
    view! {
        <form class="dialog-form" on:submit=on_submit>
            <label class="field">
                <span class="field-label">"Name"</span>
                <input
                    r#type="text"
                    autofocus
                    autocomplete="off"
                    aria-invalid=move || complaint.read().is_some().to_string()
                    aria-describedby="rename-complaint"
                    prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event))
                />
            </label>
            <p class="complaint" id="rename-complaint" role="alert">
                {move || complaint.get()}
            </p>
            <div class="dialog-actions">
                <button class="button" r#type="button" on:click=move |_| state.dialog.set(None)>
                    "Cancel"
                </button>
                <button class="button button-primary" r#type="submit">
                    "Rename"
                </button>
            </div>
        </form>
    }
}

#[component]
fn DescriptionDialog(journey: JourneyId, description: String) -> impl IntoView {
    let text = if description.is_empty() {
        "This journey has no description yet.".to_string()
    } else {
        description
    };
    view! {
        <p class="dialog-text" id="dialog-text">{text}</p>
        <div class="dialog-actions">
            <Cancel text="Close" />
            <a class="button" rel="external" href=format!("/journeys/{journey}/edit")>
                "Edit description"
            </a>
        </div>
    }
}
