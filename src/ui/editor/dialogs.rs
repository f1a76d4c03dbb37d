//! Dialogs over the page: publishing, the profiles at a step, and the keyboard shortcuts.

use leptos::{html, prelude::*, task::spawn_local};

use super::{
    autosave::Autosave,
    browser,
    context::{OpenVersion, Panels, Problems, SaveState, SaveStatus},
    node_profiles::ProfileList,
    panel::ProblemList,
    shortcuts::SHORTCUTS,
};
use crate::{api::editor::publish_version, ui::components::typed_text::LiveTextArea};
use wayfare_domain::{
    journeys::status::Status,
    names::NAME_MAX,
    versions::{
        PUBLISHED_DESCRIPTION_MAX as DESCRIPTION_MAX, PreviousVersionPolicy, PublishRequest,
        Severity, VersionOption,
    },
};

/// A `<dialog>` that is open while `open` says so.
#[component]
pub fn Dialog(
    id: &'static str,
    title: &'static str,
    open: Signal<bool>,
    closed: Callback<()>,
    body: Callback<(), AnyView>,
    #[prop(default = "dialog")] class: &'static str,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let (Some(dialog), open) = (dialog.get(), open.get()) else { return };
        match (open, dialog.open()) {
            (true, false) => {
                let _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let title_id = format!("{id}-title");
    view! {
        <dialog id=id class=class node_ref=dialog aria-labelledby=title_id on:close=move |_| closed.run(())>
            <h2 id=title_id.clone()>{title}</h2>
            {move || open.get().then(|| body.run(()))}
        </dialog>
    }
}

#[component]
pub fn ShortcutsDialog(open: RwSignal<bool>) -> impl IntoView {
    let body = Callback::new(move |()| {
        view! {
            <dl class="shortcuts">
                {SHORTCUTS
                    .into_iter()
                    .map(|(keys, what)| {
                        view! {
                            <div class="shortcut">
                                <dt>
                                    <kbd>{keys}</kbd>
                                </dt>
                                <dd>{what}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
            <div class="dialog-actions">
                <button class="button" r#type="button" on:click=move |_| open.set(false)>
                    "Close"
                </button>
            </div>
        }
        .into_any()
    });
    view! {
        <Dialog
            id="help-window"
            title="Keyboard shortcuts"
            open=open.into()
            closed=Callback::new(move |()| open.set(false))
            body=body
            class="dialog dialog-wide"
        />
    }
}

/// The profiles at a node.
#[component]
pub fn ProfilesDialog() -> impl IntoView {
    let panels = Panels::here();
    let open = Signal::derive(move || panels.profiles_at.read().is_some());
    let close = Callback::new(move |()| panels.profiles_at.set(None));
    let body = Callback::new(move |()| {
        let node = panels.profiles_at.get().unwrap_or_default();
        view! {
            <ProfileList node=node />
            <div class="dialog-actions">
                <button class="button" r#type="button" on:click=move |_| close.run(())>
                    "Close"
                </button>
            </div>
        }
        .into_any()
    });
    view! { <Dialog id="people-window" title="People at this step" open=open closed=close body=body /> }
}

/// Asks for name and description, and what happens to the people in the older version. While there
/// are errors it lists them, and does not publish.
#[component]
pub fn PublishDialog(open: RwSignal<bool>, autosave: Autosave) -> impl IntoView {
    let close = Callback::new(move |()| open.set(false));
    let body =
        Callback::new(move |()| view! { <PublishForm open=open autosave=autosave /> }.into_any());
    view! { <Dialog id="publish-window" title="Publish this version" open=open.into() closed=close body=body /> }
}

#[component]
fn PublishForm(open: RwSignal<bool>, autosave: Autosave) -> impl IntoView {
    let open_version = OpenVersion::here();
    let problems = Problems::here();
    let save_status = SaveStatus::here();
    let document = open_version.document();
    let name = RwSignal::new(document.name.clone());
    let description =
        RwSignal::new(document.description.chars().take(DESCRIPTION_MAX).collect::<String>());
    let exits_people = RwSignal::new(false);
    let error = RwSignal::new(String::new());
    let is_publishing = RwSignal::new(false);
    let older =
        document.versions.iter().find(|option| has_people(option, document.version)).cloned();
    problems.find();
    let has_errors = Memo::new(move |_| {
        problems.found.read().iter().any(|problem| problem.severity == Severity::Error)
    });
    let publish = move || {
        let document = open_version.document();
        let request = PublishRequest {
            journey: document.journey,
            version: document.version,
            revision: save_status.revision.get_value(),
            name: name.get_untracked(),
            description: description.get_untracked(),
            predecessor: if exits_people.get_untracked() {
                PreviousVersionPolicy::ExitEnrolments
            } else {
                PreviousVersionPolicy::KeepEnrolments
            },
        };
        spawn_local(async move {
            match publish_version(request).await {
                Ok(published) => browser::open_address(&format!("/journeys/{}", published.journey)),
                Err(refusal) => {
                    error.try_set(refusal.sentence());
                    is_publishing.try_set(false);
                }
            }
        });
    };
    // What is not saved yet is saved first.
    Effect::new(move |_| {
        if !is_publishing.get() {
            return;
        }
        match save_status.state.get() {
            SaveState::Saved => publish(),
            SaveState::Unsaved | SaveState::Saving => {}
            SaveState::Offline | SaveState::Blocked(_) | SaveState::Conflict(_) => {
                error.set(
                    "Save the last changes before you publish. Wayfare saves them when the \
                        connection is back."
                        .to_string(),
                );
                is_publishing.set(false);
            }
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_publishing.get_untracked() {
            return;
        }
        error.set(String::new());
        autosave.flush();
        is_publishing.set(true);
    };
    let length = move || description.read().chars().count();
    view! {
        {move || {
            if has_errors.get() {
                view! {
                    <p class="dialog-text">"Fix these errors before you publish."</p>
                    <div on:click=move |_| open.set(false)>
                        <ProblemList errors_only=true />
                    </div>
                    <div class="dialog-actions">
                        <button class="button" r#type="button" on:click=move |_| open.set(false)>
                            "Close"
                        </button>
                    </div>
                }
                    .into_any()
            } else {
                let older = older.clone();
                view! {
                    <form class="dialog-form" on:submit=submit>
                        <label class="field">
                            <span class="field-label">"Name of the journey"</span>
                            <input
                                r#type="text"
                                required
                                autocomplete="off"
                                maxlength=NAME_MAX.to_string()
                                prop:value=name
                                on:input=move |event| name.set(event_target_value(&event))
                            />
                        </label>
                        <div class="field">
                            <label class="field-label" for="publish-description">
                                "Description"
                            </label>
                            <LiveTextArea
                                id="publish-description"
                                rows=3
                                max=DESCRIPTION_MAX
                                described_by="publish-length"
                                value=description
                                typed=move |text: String| description.set(text)
                            />
                            <span class="hint" id="publish-length">
                                {move || format!("{} of {DESCRIPTION_MAX} characters", length())}
                            </span>
                        </div>
                        {older.map(|older| view! { <OlderVersion older=older exits_people=exits_people /> })}
                        <p class="complaint" role="alert">
                            {error}
                        </p>
                        <div class="dialog-actions">
                            <button class="button" r#type="button" on:click=move |_| open.set(false)>
                                "Cancel"
                            </button>
                            <button class="button button-primary" r#type="submit" aria-disabled=move || is_publishing.get().to_string()>
                                "Publish"
                            </button>
                        </div>
                    </form>
                }
                    .into_any()
            }
        }}
    }
}

/// Whether people may be inside of another version, or still enter it.
fn has_people(option: &VersionOption, version: i64) -> bool {
    option.number != version
        && matches!(
            option.status,
            Status::Running | Status::Paused | Status::Scheduled | Status::Completed
        )
}

#[component]
fn OlderVersion(older: VersionOption, exits_people: RwSignal<bool>) -> impl IntoView {
    let inside = wayfare_domain::stats::pluralize(older.figures.inside, "person is", "people are");
    view! {
        <fieldset class="choices choices-long">
            <legend>{format!("{inside} inside of version {}", older.number)}</legend>
            <label class="choice">
                <input r#type="radio" name="predecessor" prop:checked=move || !exits_people.get() on:change=move |_| exits_people.set(false) />
                <span>"They continue in it; no one else enters it."</span>
            </label>
            <label class="choice">
                <input r#type="radio" name="predecessor" prop:checked=exits_people on:change=move |_| exits_people.set(true) />
                <span>"They exit now."</span>
            </label>
        </fieldset>
    }
}
