//! The graph as a tree that is read and worked with by keyboard alone. Under it stands what can be
//! done with the chosen step.

use leptos::prelude::*;

use super::{bench::Bench, node_profiles::PeopleButton, outline_tree::Tree};
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::graph::NodeKind;
use wayfare_editor_model::palette::{self, GROUPS, items};

#[component]
pub fn Outline() -> impl IntoView {
    view! {
        <section class="outline-panel" aria-label="Outline">
            <Tree />
            <StepTools />
        </section>
    }
}

/// What can be done with the chosen step, as fields and buttons.
#[component]
fn StepTools() -> impl IntoView {
    let bench = Bench::here();
    let id = Memo::new(move |_| bench.only());
    move || match id.get() {
        None => {
            let text = match bench.chosen.read().len() {
                0 => "Select a step to add another after it, or to connect, edit or delete it."
                    .to_string(),
                many => {
                    format!("{many} steps selected. Copy, duplicate, move or delete them together.")
                }
            };
            view! { <p class="hint step-tools">{text}</p> }.into_any()
        }
        Some(id) => view! { <ToolsOf id=id /> }.into_any(),
    }
}

#[component]
fn ToolsOf(id: String) -> impl IntoView {
    let bench = Bench::here();
    let Some(cell) = bench.cell(&id) else { return ().into_any() };
    let node = cell.node;
    let is_entry = node.with_untracked(|node| node.step == NodeKind::Entry {});
    let id = StoredValue::new(id);
    let title = {
        let node = node.clone();
        move || format!("Step “{}”", node.read().title())
    };
    let outlets = Memo::new(move |_| node.read().outlets());
    view! {
        <div class="step-tools" role="group" aria-label="Selected step">
            <div class="step-tools-head">
                <p class="step-tools-title">{title}</p>
                <ToolButton label="Edit step" symbol=Symbol::Edit press=move || bench.open_form() />
                {(bench.can_draw() && !is_entry)
                    .then(|| {
                        view! {
                            <ToolButton label="Duplicate step" symbol=Symbol::Copy press=move || bench.duplicate_chosen() />
                            <ToolButton label="Delete step" symbol=Symbol::Trash press=move || bench.delete_chosen() />
                        }
                    })}
            </div>
            <PeopleButton id=id.get_value() />
            {move || (bench.can_draw() && !outlets.read().is_empty()).then(|| view! { <WayTools id=id.get_value() outlets=outlets /> })}
        </div>
    }
    .into_any()
}

/// Of a larger journey the steps to connect to are listed when the list is opened.
const ALL_NAMED: usize = 400;
#[component]
fn ToolButton<F>(label: &'static str, symbol: Symbol, press: F) -> impl IntoView
where
    F: Fn() + Send + Sync + 'static,
{
    view! {
        <button class="icon-button" r#type="button" aria-label=label title=label on:click=move |_| press()>
            <Icon symbol=symbol />
        </button>
    }
}

/// Adding and connecting at one of the ways out.
#[component]
fn WayTools(id: String, outlets: Memo<Vec<String>>) -> impl IntoView {
    let bench = Bench::here();
    let id = StoredValue::new(id);
    let target = move |outlet: &str| {
        let from = id.get_value();
        bench.wires.track();
        bench.graph(|graph| {
            graph.target_of(&from, outlet).map(|node| (node.id.clone(), node.title()))
        })
    };
    let first_open =
        outlets.get_untracked().into_iter().find(|outlet| untrack(|| target(outlet)).is_none());
    let chosen = RwSignal::new(
        first_open.or_else(|| outlets.get_untracked().into_iter().next()).unwrap_or_default(),
    );
    // A branch that was renamed is not there any more.
    let outlet = Memo::new(move |_| {
        let chosen = chosen.get();
        let outlets = outlets.get();
        if outlets.contains(&chosen) {
            chosen
        } else {
            outlets.into_iter().next().unwrap_or_default()
        }
    });
    let kind = RwSignal::new("email".to_string());
    let other = RwSignal::new(String::new());
    // Thousands of names are written when someone wants to see them.
    let wanted = RwSignal::new(bench.order.read_untracked().len() <= ALL_NAMED);
    let others = Memo::new(move |_| {
        bench.order.track();
        bench.generation.track();
        let from = id.get_value();
        let most = if wanted.get() { usize::MAX } else { 1 };
        bench.graph(|graph| {
            let others = graph
                .nodes
                .iter()
                .filter(|node| node.id != from && node.step != NodeKind::Entry {});
            others
                .take(most)
                .map(|node| {
                    (
                        node.id.clone(),
                        format!(
                            "{}: {}",
                            node.step.title(),
                            node.name.clone().unwrap_or_else(|| node.step.describe())
                        ),
                    )
                })
                .collect::<Vec<_>>()
        })
    });
    let add = move || {
        if let Some(item) = palette::item(&kind.get_untracked()) {
            bench.add(item.step, Some((id.get_value(), outlet.get_untracked())));
            bench.focus_row();
        }
    };
    let connect = move || {
        let to = other.get_untracked();
        let to = if to.is_empty() {
            others.get_untracked().into_iter().next().map(|(id, _)| id)
        } else {
            Some(to)
        };
        if let Some(to) = to {
            bench.connect(&id.get_value(), &outlet.get_untracked(), &to);
        }
    };
    let way_text = move |outlet: &str| {
        let name = bench.outlet_title(&id.get_value(), outlet);
        match target(outlet) {
            Some((_, title)) => format!("{name}: leads to {title}"),
            None => format!("{name}: ends here"),
        }
    };
    let disconnect = move || {
        bench.disconnect(&id.get_value(), &outlet.get_untracked());
        // The button goes with the connector.
        bench.focus_row();
    };
    view! {
        <div class="step-tools-row">
            <label class="step-tools-field">
                <span class="field-label">"Path"</span>
                <select prop:value=outlet on:change=move |event| chosen.set(event_target_value(&event))>
                    {move || {
                        outlets
                            .get()
                            .into_iter()
                            .map(|name| {
                                let selected = outlet.get_untracked() == name;
                                view! { <option value=name.clone() selected=selected>{way_text(&name)}</option> }
                            })
                            .collect_view()
                    }}
                </select>
            </label>
            {move || {
                target(&outlet.get()).map(|_| view! { <ToolButton label="Disconnect" symbol=Symbol::Close press=disconnect /> })
            }}
        </div>
        <div class="step-tools-row">
            <label class="step-tools-field">
                <span class="field-label">"New step"</span>
                <select name="new-step" on:change=move |event| kind.set(event_target_value(&event))>
                    {GROUPS
                        .into_iter()
                        .map(|(group, title)| {
                            let options = items().into_iter().filter(|item| item.step.group() == group);
                            view! {
                                <optgroup label=title>
                                    {options
                                        .map(|item| {
                                            let selected = kind.get_untracked() == item.key;
                                            view! { <option value=item.key selected=selected>{item.step.title()}</option> }
                                        })
                                        .collect_view()}
                                </optgroup>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <ToolButton label="Add step" symbol=Symbol::Plus press=add />
        </div>
        {move || {
            (!others.read().is_empty())
                .then(|| {
                    view! {
                        <div class="step-tools-row">
                            <label class="step-tools-field">
                                <span class="field-label">"Existing step"</span>
                                <select on:focus=move |_| wanted.set(true) on:change=move |event| other.set(event_target_value(&event))>
                                    {others
                                        .get()
                                        .into_iter()
                                        .map(|(id, text)| view! { <option value=id>{text}</option> })
                                        .collect_view()}
                                </select>
                            </label>
                            <ToolButton label="Connect" symbol=Symbol::Right press=connect />
                        </div>
                    }
                })
        }}
    }
}
