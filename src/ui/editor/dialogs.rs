//! Windows over the page: publishing, people at a step, and the keys.

use leptos::{html, prelude::*, task::spawn_local};

use super::{
    autosave::Autosave,
    bench::{Bench, SaveState},
    browser,
    node_profiles::PeopleList,
    panel::CheckList,
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
pub fn Window<C, V>(
    id: &'static str,
    title: &'static str,
    open: Signal<bool>,
    closed: C,
    body: V,
    #[prop(default = "dialog")] class: &'static str,
) -> impl IntoView
where
    C: Fn() + Send + Sync + 'static,
    V: Fn() -> AnyView + Send + Sync + 'static,
{
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
        <dialog id=id class=class node_ref=dialog aria-labelledby=title_id on:close=move |_| closed()>
            <h2 id=title_id.clone()>{title}</h2>
            {move || open.get().then(&body)}
        </dialog>
    }
}

#[component]
pub fn Help(open: RwSignal<bool>) -> impl IntoView {
    let body = move || {
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
    };
    view! {
        <Window
            id="help-window"
            title="Keyboard shortcuts"
            open=open.into()
            closed=move || open.set(false)
            body=body
            class="dialog dialog-wide"
        />
    }
}

/// Who is at a node.
#[component]
pub fn PeopleWindow() -> impl IntoView {
    let bench = Bench::here();
    let open = Signal::derive(move || bench.people.read().is_some());
    let body = move || {
        let node = bench.people.get().unwrap_or_default();
        view! {
            <PeopleList node=node />
            <div class="dialog-actions">
                <button class="button" r#type="button" on:click=move |_| bench.people.set(None)>
                    "Close"
                </button>
            </div>
        }
        .into_any()
    };
    view! { <Window id="people-window" title="People at this step" open=open closed=move || bench.people.set(None) body=body /> }
}

/// Asks for name and description, and what becomes of the people in the older version. While
/// something is wrong it shows what, and does not publish.
#[component]
pub fn PublishWindow(open: RwSignal<bool>, saver: Autosave) -> impl IntoView {
    let body = move || view! { <PublishForm open=open saver=saver /> }.into_any();
    view! { <Window id="publish-window" title="Publish this version" open=open.into() closed=move || open.set(false) body=body /> }
}

#[component]
fn PublishForm(open: RwSignal<bool>, saver: Autosave) -> impl IntoView {
    let bench = Bench::here();
    let document = bench.document.get_value();
    let name = RwSignal::new(bench.name.get_untracked());
    let description =
        RwSignal::new(document.description.chars().take(DESCRIPTION_MAX).collect::<String>());
    let leave = RwSignal::new(false);
    let problem = RwSignal::new(String::new());
    let wants = RwSignal::new(false);
    let older = document.versions.iter().find(|line| has_people(line, document.version)).cloned();
    bench.look_over();
    let wrong = Memo::new(move |_| {
        bench.checks.read().iter().any(|check| check.severity == Severity::Error)
    });
    let publish = move || {
        let document = bench.document.get_value();
        let asked = PublishRequest {
            journey: document.journey,
            version: document.version,
            revision: bench.revision.get_value(),
            name: name.get_untracked(),
            description: description.get_untracked(),
            predecessor: if leave.get_untracked() {
                PreviousVersionPolicy::ExitEnrolments
            } else {
                PreviousVersionPolicy::KeepEnrolments
            },
        };
        spawn_local(async move {
            match publish_version(asked).await {
                Ok(published) => browser::go_to(&format!("/journeys/{}", published.journey)),
                Err(error) => {
                    problem.try_set(error.sentence());
                    wants.try_set(false);
                }
            }
        });
    };
    // What is not saved yet is saved first.
    Effect::new(move |_| {
        if !wants.get() {
            return;
        }
        match bench.saving.get() {
            SaveState::Saved => publish(),
            SaveState::Unsaved | SaveState::Saving => {}
            SaveState::Offline | SaveState::Held(_) | SaveState::Conflict(_) => {
                problem.set(
                    "Save the last changes before you publish. Wayfare saves them when the \
                        connection is back."
                        .to_string(),
                );
                wants.set(false);
            }
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if wants.get_untracked() {
            return;
        }
        problem.set(String::new());
        saver.flush();
        wants.set(true);
    };
    let length = move || description.read().chars().count();
    view! {
        {move || {
            if wrong.get() {
                view! {
                    <p class="dialog-text">"Fix these errors before you publish."</p>
                    <div on:click=move |_| open.set(false)>
                        <CheckList errors_only=true />
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
                        {older.map(|older| view! { <OlderVersion older=older leave=leave /> })}
                        <p class="complaint" role="alert">
                            {problem}
                        </p>
                        <div class="dialog-actions">
                            <button class="button" r#type="button" on:click=move |_| open.set(false)>
                                "Cancel"
                            </button>
                            <button class="button button-primary" r#type="submit" aria-disabled=move || wants.get().to_string()>
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

/// An older version that takes people in, or has people inside.
fn has_people(line: &VersionOption, version: i64) -> bool {
    line.number != version
        && matches!(
            line.status,
            Status::Running | Status::Paused | Status::Scheduled | Status::Completed
        )
}

#[component]
fn OlderVersion(older: VersionOption, leave: RwSignal<bool>) -> impl IntoView {
    let inside = wayfare_domain::stats::pluralize(older.figures.inside, "person is", "people are");
    view! {
        <fieldset class="choices choices-long">
            <legend>{format!("{inside} inside of version {}", older.number)}</legend>
            <label class="choice">
                <input r#type="radio" name="predecessor" prop:checked=move || !leave.get() on:change=move |_| leave.set(false) />
                <span>"They continue in it; no one else enters it."</span>
            </label>
            <label class="choice">
                <input r#type="radio" name="predecessor" prop:checked=leave on:change=move |_| leave.set(true) />
                <span>"They exit now."</span>
            </label>
        </fieldset>
    }
}
