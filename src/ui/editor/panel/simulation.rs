//! Simulation and replay: the journey on one person with a clock that runs ahead, and on what
//! happened in the last days.

use leptos::{prelude::*, task::spawn_local};

use super::simulation_inputs::{EventInput, LaterFields, Pairs, PropertyInput, properties};
use crate::{
    api::editor::{try_events, try_person},
    ui::editor::{bench::Bench, browser, run_overlay::RunOverlay},
};
use wayfare_domain::{
    stats::{format_count, pluralize},
    versions::{ReplayEvents, ReplayResult, SimulateProfile, SimulationStep},
};
use wayfare_editor_model::field_values::value_of_text;

#[component]
pub fn SimulationPanel() -> impl IntoView {
    let bench = Bench::here();
    on_cleanup(move || bench.trail.set(RunOverlay::default()));
    view! {
        <p class="hint">"Nothing is sent, and no profile changes."</p>
        <PersonTrial />
        <EventsTrial />
    }
}

#[component]
fn PersonTrial() -> impl IntoView {
    let bench = Bench::here();
    let person = RwSignal::new(String::new());
    let pairs = RwSignal::new(Vec::<PropertyInput>::new());
    let later = RwSignal::new(Vec::<EventInput>::new());
    let steps = RwSignal::new(None::<Result<Vec<SimulationStep>, String>>);
    let busy = RwSignal::new(false);
    let run = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let event = properties(&pairs.get_untracked(), value_of_text);
        let later = later.get_untracked().into_iter().filter_map(EventInput::event).collect();
        let identity = person.get_untracked().trim().to_string();
        let trial = bench.editor_state(|sketch| SimulateProfile {
            graph: sketch.graph.clone(),
            settings: sketch.settings.clone(),
            person: (!identity.is_empty()).then_some(identity),
            event,
            later,
        });
        busy.set(true);
        spawn_local(async move {
            let answer = try_person(trial).await.map_err(|error| error.sentence());
            let Some(()) = busy.try_set(false).map_or(Some(()), |_| None) else { return };
            match &answer {
                Ok(found) => {
                    bench.trail.set(RunOverlay::of_person(found));
                    bench.say(format!(
                        "Simulated {}.",
                        pluralize(found.len() as i64, "step", "steps")
                    ));
                }
                Err(sentence) => bench.say(sentence.clone()),
            }
            steps.set(Some(answer));
        });
    };
    view! {
        <form class="panel-group" on:submit=run>
            <h4 class="checks-title">"One profile"</h4>
            <label class="field">
                <span class="field-label">"Profile identity"</span>
                <input r#type="text" autocomplete="off" prop:value=person on:input=move |event| person.set(event_target_value(&event)) />
                <span class="hint">"Empty: an example profile."</span>
            </label>
            <Pairs title="Properties of the entry event" pairs=pairs read=value_of_text add="Add a property" />
            <LaterFields later=later />
            <button class="button button-primary" r#type="submit" aria-disabled=move || busy.get().to_string()>
                "Simulate"
            </button>
        </form>
        {move || match steps.get() {
            None => ().into_any(),
            Some(Err(sentence)) => view! { <p class="complaint">{sentence}</p> }.into_any(),
            Some(Ok(found)) => view! { <StepLog steps=found /> }.into_any(),
        }}
    }
}

#[component]
fn StepLog(steps: Vec<SimulationStep>) -> impl IntoView {
    let bench = Bench::here();
    let zone = bench.settings.read_untracked().time_zone.clone();
    if steps.is_empty() {
        return view! { <p class="hint">"Nothing happens."</p> }.into_any();
    }
    view! {
        <ol class="trial-steps" aria-label="Steps of the simulation">
            {steps
                .into_iter()
                .map(|step| {
                    let (node, title) = (step.node.clone(), bench.title(&step.node));
                    view! {
                        <li>
                            <span class="trial-time">{browser::local_time(step.at, &zone)}</span>
                            <button class="link-button" r#type="button" on:click=move |_| bench.reveal(&node)>
                                {title}
                            </button>
                            " "
                            {words(bench, &step)}
                            {(!step.reason.is_empty()).then(|| view! { <span class="hint">{step.reason.clone()}</span> })}
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
    .into_any()
}

/// The step log's keys, for people.
fn words(bench: Bench, step: &SimulationStep) -> String {
    match step.what.split_once(':') {
        Some(("left", outlet)) => format!("path {}", bench.outlet_title(&step.node, outlet)),
        Some(("ended", how)) => format!("ends: {}", how.replace('_', " ")),
        _ => step.what.clone(),
    }
}

#[component]
fn EventsTrial() -> impl IntoView {
    let bench = Bench::here();
    let days = RwSignal::new("7".to_string());
    let found = RwSignal::new(None::<Result<ReplayResult, String>>);
    let busy = RwSignal::new(false);
    let run = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let days = days.get_untracked().trim().parse().unwrap_or(7);
        let replay = bench.editor_state(|sketch| ReplayEvents {
            graph: sketch.graph.clone(),
            settings: sketch.settings.clone(),
            days,
        });
        busy.set(true);
        spawn_local(async move {
            let answer = try_events(replay).await.map_err(|error| error.sentence());
            let Some(()) = busy.try_set(false).map_or(Some(()), |_| None) else { return };
            match &answer {
                Ok(figures) => {
                    bench.trail.set(bench.graph(|graph| RunOverlay::of_replay(figures, graph)));
                    bench.say(format!(
                        "{} would have entered.",
                        pluralize(figures.entered, "person", "people")
                    ));
                }
                Err(sentence) => bench.say(sentence.clone()),
            }
            found.set(Some(answer));
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
            <button class="button" r#type="submit" aria-disabled=move || busy.get().to_string()>
                "Replay"
            </button>
        </form>
        {move || match found.get() {
            None => ().into_any(),
            Some(Err(sentence)) => view! { <p class="complaint">{sentence}</p> }.into_any(),
            Some(Ok(figures)) => view! { <ReplayAnswer figures=figures /> }.into_any(),
        }}
    }
}

#[component]
fn ReplayAnswer(figures: ReplayResult) -> impl IntoView {
    let bench = Bench::here();
    let line = |name: String, count: i64| view! { <dt>{name}</dt><dd>{format_count(count)}</dd> };
    view! {
        <dl class="facts" aria-label="What would have happened">
            {line("Events checked".to_string(), figures.events)}
            {line("Would have entered".to_string(), figures.entered)}
            {figures.refused.into_iter().map(|(why, count)| line(format!("Did not enter: {why}"), count)).collect_view()}
            {figures.messages.into_iter().map(|(node, count)| line(format!("Messages: {}", bench.title(&node)), count)).collect_view()}
        </dl>
        {figures.cut.then(|| view! { <p class="hint">"Only part of the events was checked. Choose \
            fewer days to check all."</p> })}
    }
}
