//! Windows over the page: publishing, what somebody else saved, and the keys.

use leptos::{html, prelude::*, task::spawn_local};

use super::{
    bench::{Bench, SaveState, Theirs},
    browser,
    keys::SHORTCUTS,
    panel::CheckList,
    people::PeopleList,
    saver::{Saver, shelf},
};
use crate::{
    api::editor::publish_version,
    domain::{
        editor::{PUBLISHED_DESCRIPTION_MAX as DESCRIPTION_MAX, Predecessor, Publish, Severity, VersionLine},
        status::Status,
        text::NAME_MAX,
    },
};

/// A `<dialog>` that is open while `open` says so.
#[component]
fn Window<C, V>(id: &'static str, title: &'static str, open: Signal<bool>, closed: C, body: V) -> impl IntoView
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
        <dialog id=id class="dialog" node_ref=dialog aria-labelledby=title_id on:close=move |_| closed()>
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
                            <dt>
                                <kbd>{keys}</kbd>
                            </dt>
                            <dd>{what}</dd>
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
    view! { <Window id="help-window" title="Keyboard shortcuts" open=open.into() closed=move || open.set(false) body=body /> }
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

/// Asks for name and description, and what becomes of the people in the older version. While something is wrong it shows what,
/// and does not publish.
#[component]
pub fn PublishWindow(open: RwSignal<bool>, saver: Saver) -> impl IntoView {
    let body = move || view! { <PublishForm open=open saver=saver /> }.into_any();
    view! { <Window id="publish-window" title="Publish this version" open=open.into() closed=move || open.set(false) body=body /> }
}

#[component]
fn PublishForm(open: RwSignal<bool>, saver: Saver) -> impl IntoView {
    let bench = Bench::here();
    let document = bench.document.get_value();
    let name = RwSignal::new(bench.name.get_untracked());
    let description = RwSignal::new(document.description.chars().take(DESCRIPTION_MAX).collect::<String>());
    let leave = RwSignal::new(false);
    let problem = RwSignal::new(String::new());
    let wants = RwSignal::new(false);
    let older = document.versions.iter().find(|line| has_people(line, document.version)).cloned();
    bench.look_over();
    let wrong = Memo::new(move |_| bench.checks.read().iter().any(|check| check.severity == Severity::Error));
    let publish = move || {
        let document = bench.document.get_value();
        let asked = Publish {
            journey: document.journey,
            version: document.version,
            revision: bench.revision.get_value(),
            name: name.get_untracked(),
            description: description.get_untracked(),
            predecessor: if leave.get_untracked() { Predecessor::Leave } else { Predecessor::CarryOn },
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
                problem.set("It cannot be published while the last changes are not saved.".to_string());
                wants.set(false);
            }
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        problem.set(String::new());
        saver.hurry();
        wants.set(true);
    };
    let length = move || description.read().chars().count();
    view! {
        {move || {
            if wrong.get() {
                view! {
                    <p class="dialog-text">"It cannot be published yet."</p>
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
                            <textarea
                                id="publish-description"
                                rows="3"
                                maxlength=DESCRIPTION_MAX.to_string()
                                aria-describedby="publish-length"
                                prop:value=description
                                on:input=move |event| description.set(event_target_value(&event))
                            ></textarea>
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
                            <button class="button button-primary" r#type="submit" disabled=wants>
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
fn has_people(line: &VersionLine, version: i64) -> bool {
    line.number != version && matches!(line.status, Status::Running | Status::Paused | Status::Scheduled | Status::Completed)
}

#[component]
fn OlderVersion(older: VersionLine, leave: RwSignal<bool>) -> impl IntoView {
    let inside = crate::domain::figures::counted(older.figures.inside, "person is", "people are");
    view! {
        <fieldset class="choices choices-long">
            <legend>{format!("{inside} inside of version {}", older.number)}</legend>
            <label class="choice">
                <input r#type="radio" name="predecessor" prop:checked=move || !leave.get() on:change=move |_| leave.set(false) />
                <span>"They carry on in it; nobody else enters it."</span>
            </label>
            <label class="choice">
                <input r#type="radio" name="predecessor" prop:checked=leave on:change=move |_| leave.set(true) />
                <span>"They leave it now."</span>
            </label>
        </fieldset>
    }
}

/// Somebody else saved: both are shown, and one is chosen.
#[component]
pub fn ConflictWindow(saver: Saver) -> impl IntoView {
    let bench = Bench::here();
    let theirs = Memo::new(move |_| match bench.saving.get() {
        SaveState::Conflict(theirs) => Some(*theirs),
        _ => None,
    });
    let open = Signal::derive(move || theirs.read().is_some());
    // There is no third way: closed with Escape it comes back with the next change.
    let closed = move || {
        if bench.saving.with_untracked(|state| matches!(state, SaveState::Conflict(_))) {
            bench.saving.set(SaveState::Held("somebody else saved. Change something to be asked again.".to_string()));
        }
    };
    let body = move || match theirs.get() {
        Some(theirs) => view! { <Conflict theirs=theirs saver=saver /> }.into_any(),
        None => ().into_any(),
    };
    view! { <Window id="conflict-window" title="Somebody else saved" open=open closed=closed body=body /> }
}

#[component]
fn Conflict(theirs: Theirs, saver: Saver) -> impl IntoView {
    let bench = Bench::here();
    let hers = bench.graph(|graph| graph.nodes.len());
    let Theirs { document, by, at } = theirs;
    let when = if at.is_empty() { String::new() } else { format!(" on {at}") };
    let revision = document.revision;
    let take = move |_| {
        browser::forget(&shelf(&bench.document.get_value()));
        bench.saving.set(SaveState::Saved);
        reopen();
    };
    view! {
        <div class="dialog-text">
            <p>{format!("{by} saved this version{when} while you were working on it. Nothing of yours is lost; choose what is to stay.")}</p>
            <div class="both">
                <section aria-label="Yours">
                    <h3>{format!("Yours: {hers} steps")}</h3>
                    <StepNames names=bench.graph(|graph| graph.nodes.iter().map(|node| node.title()).collect()) />
                </section>
                <section aria-label="Theirs">
                    <h3>{format!("Theirs: {} steps", document.graph.nodes.len())}</h3>
                    <StepNames names=document.graph.nodes.iter().map(|node| node.title()).collect() />
                </section>
            </div>
        </div>
        <div class="dialog-actions">
            <button class="button" r#type="button" on:click=take>
                "Take theirs"
            </button>
            <button class="button button-primary" r#type="button" on:click=move |_| saver.overwrite(revision)>
                "Keep mine over theirs"
            </button>
        </div>
    }
}

#[component]
fn StepNames(names: Vec<String>) -> impl IntoView {
    view! { <ul class="step-names">{names.into_iter().take(30).map(|name| view! { <li>{name}</li> }).collect_view()}</ul> }
}

fn reopen() {
    let _ = window().location().reload();
}
