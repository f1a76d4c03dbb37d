//! Simulation and replay: the draft with one profile on a fast clock, and with the events of the
//! last days.

use leptos::{prelude::*, task::spawn_local};

use super::simulation_inputs::{
    EventInput, LaterEventList, PropertyInput, PropertyInputList, properties,
};
use crate::{
    api::editor::{replay, simulate},
    ui::editor::{
        browser,
        context::{Announcer, CanvasView, GraphState, Overlay, RunOverlay},
    },
};
use wayfare_domain::{
    stats::{format_count, pluralize},
    versions::{ReplayEvents, ReplayResult, SimulateProfile, SimulationStep},
};
use wayfare_editor_model::field_values::value_of_text;

#[component]
pub fn SimulationPanel() -> impl IntoView {
    let overlay = Overlay::here();
    on_cleanup(move || overlay.run.set(RunOverlay::default()));
    view! {
        <p class="hint">"Nothing is sent, and no profile changes."</p>
        <SimulationForm />
        <ReplayForm />
    }
}

#[component]
fn SimulationForm() -> impl IntoView {
    let graph = GraphState::here();
    let overlay = Overlay::here();
    let announcer = Announcer::here();
    let identity = RwSignal::new(String::new());
    let entry_properties = RwSignal::new(Vec::<PropertyInput>::new());
    let later = RwSignal::new(Vec::<EventInput>::new());
    let steps = RwSignal::new(None::<Result<Vec<SimulationStep>, String>>);
    let is_running = RwSignal::new(false);
    let run = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_running.get_untracked() {
            return;
        }
        let event = properties(&entry_properties.get_untracked(), value_of_text);
        let later = later.get_untracked().into_iter().filter_map(EventInput::event).collect();
        let person = identity.get_untracked().trim().to_string();
        let request = graph.with_state(|state| SimulateProfile {
            graph: state.graph.clone(),
            settings: state.settings.clone(),
            person: (!person.is_empty()).then_some(person),
            event,
            later,
        });
        is_running.set(true);
        spawn_local(async move {
            let result = simulate(request).await.map_err(|error| error.sentence());
            // Nothing where the panel was closed: try_set gives the value back.
            if is_running.try_set(false).is_some() {
                return;
            }
            match &result {
                Ok(passed) => {
                    overlay.run.set(RunOverlay::of_simulation(passed));
                    announcer.say(format!(
                        "Simulated {}.",
                        pluralize(passed.len() as i64, "step", "steps")
                    ));
                }
                Err(sentence) => announcer.say(sentence.clone()),
            }
            steps.set(Some(result));
        });
    };
    view! {
        <form class="panel-group" on:submit=run>
            <h4 class="checks-title">"One profile"</h4>
            <label class="field">
                <span class="field-label">"Profile identity"</span>
                <input r#type="text" autocomplete="off" prop:value=identity on:input=move |event| identity.set(event_target_value(&event)) />
                <span class="hint">"Empty: an example profile."</span>
            </label>
            <PropertyInputList title="Properties of the entry event" inputs=entry_properties parse=value_of_text add="Add a property" />
            <LaterEventList later=later />
            <button class="button button-primary" r#type="submit" aria-disabled=move || is_running.get().to_string()>
                "Simulate"
            </button>
        </form>
        {move || match steps.get() {
            None => ().into_any(),
            Some(Err(sentence)) => view! { <p class="complaint">{sentence}</p> }.into_any(),
            Some(Ok(passed)) => view! { <StepLog steps=passed /> }.into_any(),
        }}
    }
}

#[component]
fn StepLog(steps: Vec<SimulationStep>) -> impl IntoView {
    let graph = GraphState::here();
    let canvas = CanvasView::here();
    let zone = graph.settings.read_untracked().time_zone.clone();
    if steps.is_empty() {
        return view! { <p class="hint">"Nothing happens."</p> }.into_any();
    }
    view! {
        <ol class="trial-steps" aria-label="Steps of the simulation">
            {steps
                .into_iter()
                .map(|step| {
                    let (node, title) = (step.node.clone(), graph.title(&step.node));
                    view! {
                        <li>
                            <span class="trial-time">{browser::local_time(step.at, &zone)}</span>
                            <button class="link-button" r#type="button" on:click=move |_| canvas.reveal(&node)>
                                {title}
                            </button>
                            " "
                            {describe(graph, &step)}
                            {(!step.reason.is_empty()).then(|| view! { <span class="hint">{step.reason.clone()}</span> })}
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
    .into_any()
}

/// What happened at a step, in words.
fn describe(graph: GraphState, step: &SimulationStep) -> String {
    match step.what.split_once(':') {
        Some(("left", outlet)) => format!("path {}", graph.outlet_title(&step.node, outlet)),
        Some(("ended", how)) => format!("ends: {}", how.replace('_', " ")),
        _ => step.what.clone(),
    }
}

#[component]
fn ReplayForm() -> impl IntoView {
    let graph = GraphState::here();
    let overlay = Overlay::here();
    let announcer = Announcer::here();
    let days = RwSignal::new("7".to_string());
    let outcome = RwSignal::new(None::<Result<ReplayResult, String>>);
    let is_running = RwSignal::new(false);
    let run = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_running.get_untracked() {
            return;
        }
        let days = days.get_untracked().trim().parse().unwrap_or(7);
        let request = graph.with_state(|state| ReplayEvents {
            graph: state.graph.clone(),
            settings: state.settings.clone(),
            days,
        });
        is_running.set(true);
        spawn_local(async move {
            let result = replay(request).await.map_err(|error| error.sentence());
            // Nothing where the panel was closed: try_set gives the value back.
            if is_running.try_set(false).is_some() {
                return;
            }
            match &result {
                Ok(counts) => {
                    overlay.run.set(graph.with_graph(|graph| RunOverlay::of_replay(counts, graph)));
                    announcer.say(format!(
                        "{} would have entered.",
                        pluralize(counts.entered, "person", "people")
                    ));
                }
                Err(sentence) => announcer.say(sentence.clone()),
            }
            outcome.set(Some(result));
        });
    };
    view! {
        <form class="panel-group" on:submit=run>
            <h4 class="checks-title">"Past events"</h4>
            <label class="field">
                <span class="field-label">"Days of real events"</span>
                <input
                    class="number"
                    r#type="number"
                    min="1"
                    max="90"
                    prop:value=days
                    on:input=move |event| days.set(event_target_value(&event))
                />
            </label>
            <button class="button" r#type="submit" aria-disabled=move || is_running.get().to_string()>
                "Replay"
            </button>
        </form>
        {move || match outcome.get() {
            None => ().into_any(),
            Some(Err(sentence)) => view! { <p class="complaint">{sentence}</p> }.into_any(),
            Some(Ok(counts)) => view! { <ReplayCounts counts=counts /> }.into_any(),
        }}
    }
}

#[component]
fn ReplayCounts(counts: ReplayResult) -> impl IntoView {
    let graph = GraphState::here();
    let line = |name: String, count: i64| view! { <dt>{name}</dt><dd>{format_count(count)}</dd> };
    view! {
        <dl class="facts" aria-label="What would have happened">
            {line("Events checked".to_string(), counts.events)}
            {line("Would have entered".to_string(), counts.entered)}
            {counts.refused.into_iter().map(|(why, count)| line(format!("Did not enter: {why}"), count)).collect_view()}
            {counts.messages.into_iter().map(|(node, count)| line(format!("Messages: {}", graph.title(&node)), count)).collect_view()}
        </dl>
        {counts.cut.then(|| view! { <p class="hint">"Only field of the events was checked. Choose \
            fewer days to check all."</p> })}
    }
}
