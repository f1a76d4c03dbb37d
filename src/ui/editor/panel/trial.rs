//! Trying the journey: on one person with a clock that runs ahead, and on what happened in the last days.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::editor::{try_events, try_person},
    domain::{
        editor::{Replay, ReplayFigures, Trial, TrialStep, typed::value_of_text},
        figures::{counted, grouped},
        graph::criteria::EventMatch,
        people::Properties,
    },
    ui::editor::{bench::Bench, browser, trail::Trail},
};

/// One line of names and values that are typed in.
#[derive(Debug, Clone, PartialEq, Default)]
struct Pair {
    name: String,
    value: String,
}

#[component]
pub fn TrialPanel() -> impl IntoView {
    let bench = Bench::here();
    on_cleanup(move || bench.trail.set(Trail::default()));
    view! {
        <p class="hint">"Nothing is sent, and nobody is changed."</p>
        <PersonTrial />
        <EventsTrial />
    }
}

#[component]
fn PersonTrial() -> impl IntoView {
    let bench = Bench::here();
    let person = RwSignal::new(String::new());
    let pairs = RwSignal::new(Vec::<Pair>::new());
    let later = RwSignal::new(Vec::<Pair>::new());
    let steps = RwSignal::new(None::<Result<Vec<TrialStep>, String>>);
    let busy = RwSignal::new(false);
    let run = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let named = |pair: &Pair| !pair.name.trim().is_empty();
        let event: Properties = pairs
            .get_untracked()
            .iter()
            .filter(|pair| named(pair))
            .map(|pair| (pair.name.clone(), value_of_text(&pair.value)))
            .collect();
        let later = later
            .get_untracked()
            .iter()
            .filter(|pair| named(pair))
            .map(|pair| (pair.value.trim().parse().unwrap_or(0), EventMatch { name: pair.name.clone(), filters: Vec::new() }))
            .collect();
        let identity = person.get_untracked().trim().to_string();
        let trial = bench.sketch(|sketch| Trial {
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
                    bench.trail.set(Trail::of_person(found));
                    bench.say(format!("The trial took {}.", counted(found.len() as i64, "step", "steps")));
                }
                Err(sentence) => bench.say(sentence.clone()),
            }
            steps.set(Some(answer));
        });
    };
    view! {
        <form class="panel-group" on:submit=run>
            <h4 class="checks-title">"One person"</h4>
            <label class="field">
                <span class="field-label">"Identity of the person"</span>
                <input r#type="text" autocomplete="off" prop:value=person on:input=move |event| person.set(event_target_value(&event)) />
                <span class="hint">"Empty: an example person."</span>
            </label>
            <Pairs title="Properties of the event that lets her in" name="Property" value="Value" pairs=pairs list="known-event-properties" />
            <Pairs title="What she does later" name="Event" value="Minutes after she came in" pairs=later list="known-events" />
            <button class="button button-primary" r#type="submit" disabled=busy>
                "Run"
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
fn StepLog(steps: Vec<TrialStep>) -> impl IntoView {
    let bench = Bench::here();
    let zone = bench.settings.read_untracked().time_zone.clone();
    if steps.is_empty() {
        return view! { <p class="hint">"Nothing would happen."</p> }.into_any();
    }
    view! {
        <ol class="trial-steps" aria-label="Steps of the trial">
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
                            {words(&step.what)}
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
fn words(what: &str) -> String {
    match what.split_once(':') {
        Some(("left", outlet)) => format!("leaves by {outlet}"),
        Some(("ended", how)) => format!("ends: {}", how.replace('_', " ")),
        _ => what.to_string(),
    }
}

#[component]
fn Pairs(
    title: &'static str,
    name: &'static str,
    value: &'static str,
    pairs: RwSignal<Vec<Pair>>,
    list: &'static str,
) -> impl IntoView {
    use super::lists::{AddButton, RemoveButton};
    let count = Memo::new(move |_| pairs.read().len());
    let put = move |index: usize, work: &dyn Fn(&mut Pair)| {
        pairs.update(|all| {
            if let Some(pair) = all.get_mut(index) {
                work(pair);
            }
        });
    };
    let read = move |index: usize| pairs.read().get(index).cloned().unwrap_or_default();
    view! {
        <fieldset class="panel-group">
            <legend>{title}</legend>
            <For each=move || 0..count.get() key=|index| *index let:index>
                <div class="list-line">
                    <div class="filter-fields">
                        <label class="field">
                            <span class="field-label">{name}</span>
                            <input
                                r#type="text"
                                autocomplete="off"
                                list=list
                                prop:value=move || read(index).name
                                on:input=move |event| put(index, &|pair| pair.name = event_target_value(&event))
                            />
                        </label>
                        <label class="field">
                            <span class="field-label">{value}</span>
                            <input
                                r#type="text"
                                autocomplete="off"
                                prop:value=move || read(index).value
                                on:input=move |event| put(index, &|pair| pair.value = event_target_value(&event))
                            />
                        </label>
                    </div>
                    <RemoveButton
                        label="Remove this line"
                        press=move || {
                            pairs
                                .update(|all| {
                                    if index < all.len() {
                                        all.remove(index);
                                    }
                                });
                        }
                    />
                </div>
            </For>
            <AddButton label="Add a line" press=move || pairs.update(|all| all.push(Pair::default())) />
        </fieldset>
    }
}

#[component]
fn EventsTrial() -> impl IntoView {
    let bench = Bench::here();
    let days = RwSignal::new("7".to_string());
    let found = RwSignal::new(None::<Result<ReplayFigures, String>>);
    let busy = RwSignal::new(false);
    let run = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let days = days.get_untracked().trim().parse().unwrap_or(7);
        let replay = bench.sketch(|sketch| Replay { graph: sketch.graph.clone(), settings: sketch.settings.clone(), days });
        busy.set(true);
        spawn_local(async move {
            let answer = try_events(replay).await.map_err(|error| error.sentence());
            let Some(()) = busy.try_set(false).map_or(Some(()), |_| None) else { return };
            match &answer {
                Ok(figures) => {
                    bench.trail.set(bench.graph(|graph| Trail::of_replay(figures, graph)));
                    bench.say(format!("{} would have entered.", counted(figures.entered, "person", "people")));
                }
                Err(sentence) => bench.say(sentence.clone()),
            }
            found.set(Some(answer));
        });
    };
    view! {
        <form class="panel-group" on:submit=run>
            <h4 class="checks-title">"The last days"</h4>
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
            <button class="button" r#type="submit" disabled=busy>
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
fn ReplayAnswer(figures: ReplayFigures) -> impl IntoView {
    let bench = Bench::here();
    let line = |name: String, count: i64| view! { <dt>{name}</dt><dd>{grouped(count)}</dd> };
    view! {
        <dl class="facts" aria-label="What would have happened">
            {line("Events looked at".to_string(), figures.events)}
            {line("Would have entered".to_string(), figures.entered)}
            {figures.refused.into_iter().map(|(why, count)| line(format!("Kept out: {why}"), count)).collect_view()}
            {figures.messages.into_iter().map(|(node, count)| line(format!("Messages: {}", bench.title(&node)), count)).collect_view()}
        </dl>
        {figures.cut.then(|| view! { <p class="hint">"There were more events than were looked at."</p> })}
    }
}
