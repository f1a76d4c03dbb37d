//! The graph as a tree that is read and edited by keyboard alone. Below it are the tools for the
//! selected step.

use leptos::prelude::*;

use super::{
    actions::Actions,
    context::{GraphState, OpenVersion, Selection},
    navigation::Navigation,
    node_profiles::OutlineStats,
    outline_tree::Tree,
};
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

/// The tools for the selected step, as fields and buttons.
#[component]
fn StepTools() -> impl IntoView {
    let selection = Selection::here();
    let id = Memo::new(move |_| selection.only_node());
    move || match id.get() {
        None => {
            let text = match selection.nodes.read().len() {
                0 => "Select a step to add another after it, or to connect, edit or delete it."
                    .to_string(),
                many => {
                    format!("{many} steps selected. Copy, duplicate, move or delete them together.")
                }
            };
            view! { <p class="hint step-tools">{text}</p> }.into_any()
        }
        Some(id) => view! { <SelectedStepTools id=id /> }.into_any(),
    }
}

#[component]
fn SelectedStepTools(id: String) -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let actions = Actions::here();
    let navigation = Navigation::here();
    let Some(view) = graph.node_view(&id) else { return ().into_any() };
    let node = view.node;
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
                <ToolButton label="Edit step" symbol=Symbol::Edit press=Callback::new(move |()| navigation.open_form()) />
                {(open_version.can_edit_graph() && !is_entry)
                    .then(|| {
                        view! {
                            <ToolButton label="Duplicate step" symbol=Symbol::Copy press=Callback::new(move |()| actions.duplicate_selected()) />
                            <ToolButton label="Delete step" symbol=Symbol::Trash press=Callback::new(move |()| actions.delete_selected()) />
                        }
                    })}
            </div>
            <OutlineStats id=id.get_value() />
            {move || (open_version.can_edit_graph() && !outlets.read().is_empty()).then(|| view! { <OutletTools id=id.get_value() outlets=outlets /> })}
        </div>
    }
    .into_any()
}

#[component]
fn ToolButton(label: &'static str, symbol: Symbol, press: Callback<()>) -> impl IntoView {
    view! {
        <button class="icon-button" r#type="button" aria-label=label title=label on:click=move |_| press.run(())>
            <Icon symbol=symbol />
        </button>
    }
}

/// Of a larger journey, the steps to connect to are listed only when the list is opened.
const ALL_LISTED_MAX: usize = 400;

/// Adding and connecting at one of the outlets.
#[component]
fn OutletTools(id: String, outlets: Memo<Vec<String>>) -> impl IntoView {
    let graph = GraphState::here();
    let actions = Actions::here();
    let navigation = Navigation::here();
    let id = StoredValue::new(id);
    let target = move |outlet: &str| {
        let from = id.get_value();
        graph.connectors.track();
        graph.with_graph(|graph| {
            graph.target_of(&from, outlet).map(|node| (node.id.clone(), node.title()))
        })
    };
    let first_open =
        outlets.get_untracked().into_iter().find(|outlet| untrack(|| target(outlet)).is_none());
    let picked = RwSignal::new(
        first_open.or_else(|| outlets.get_untracked().into_iter().next()).unwrap_or_default(),
    );
    // A branch that was renamed is gone.
    let outlet = Memo::new(move |_| {
        let picked = picked.get();
        let outlets = outlets.get();
        if outlets.contains(&picked) {
            picked
        } else {
            outlets.into_iter().next().unwrap_or_default()
        }
    });
    let kind = RwSignal::new("email".to_string());
    let other = RwSignal::new(String::new());
    let is_opened = RwSignal::new(graph.node_ids.read_untracked().len() <= ALL_LISTED_MAX);
    let others = Memo::new(move |_| {
        graph.node_ids.track();
        graph.generation.track();
        let from = id.get_value();
        let max = if is_opened.get() { usize::MAX } else { 1 };
        graph.with_graph(|graph| {
            let others = graph
                .nodes
                .iter()
                .filter(|node| node.id != from && node.step != NodeKind::Entry {});
            others
                .take(max)
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
    let add = Callback::new(move |()| {
        if let Some(item) = palette::item(&kind.get_untracked()) {
            actions.add(item.step, Some((id.get_value(), outlet.get_untracked())));
            navigation.focus_row();
        }
    });
    let connect = Callback::new(move |()| {
        let to = other.get_untracked();
        let to = if to.is_empty() {
            others.get_untracked().into_iter().next().map(|(id, _)| id)
        } else {
            Some(to)
        };
        if let Some(to) = to {
            actions.connect(&id.get_value(), &outlet.get_untracked(), &to);
        }
    });
    let outlet_text = move |outlet: &str| {
        let name = graph.outlet_title(&id.get_value(), outlet);
        match target(outlet) {
            Some((_, title)) => format!("{name}: leads to {title}"),
            None => format!("{name}: ends here"),
        }
    };
    let disconnect = Callback::new(move |()| {
        actions.disconnect(&id.get_value(), &outlet.get_untracked());
        // The button is removed with the connector.
        navigation.focus_row();
    });
    view! {
        <div class="step-tools-row">
            <label class="step-tools-field">
                <span class="field-label">"Path"</span>
                <select prop:value=outlet on:change=move |event| picked.set(event_target_value(&event))>
                    {move || {
                        outlets
                            .get()
                            .into_iter()
                            .map(|name| {
                                let selected = outlet.get_untracked() == name;
                                view! { <option value=name.clone() selected=selected>{outlet_text(&name)}</option> }
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
                                <select on:focus=move |_| is_opened.set(true) on:change=move |event| other.set(event_target_value(&event))>
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
