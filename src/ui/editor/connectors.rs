//! Connectors: a line, wide enough to be clicked, and a button in its middle that inserts a step.

use leptos::prelude::*;

use super::{
    actions::Actions,
    context::{CanvasView, GraphState, Overlay, Panels, Selection},
    step_box::open_step_picker,
};
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::{graph::Connector, stats::format_count};

#[component]
pub fn ConnectorLine(connector: Connector) -> impl IntoView {
    let graph = GraphState::here();
    let selection = Selection::here();
    let canvas = CanvasView::here();
    let overlay = Overlay::here();
    let path = canvas.connector_path(&connector);
    let key = StoredValue::new((connector.from, connector.outlet));
    let line = {
        let path = path.clone();
        Memo::new(move |_| path.read().path(graph.direction.get_untracked()))
    };
    let is_selected = is_selected(selection, key);
    let is_in_run =
        Memo::new(move |_| key.with_value(|key| overlay.run.read().connectors.contains(key)));
    let select = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        selection.select_connector(key.get_value());
    };
    let passed = move || {
        let (from, outlet) = key.get_value();
        let stats = overlay.stats.read();
        let left = &stats.get(&from)?.left;
        left.iter().find(|(name, _)| *name == outlet).map(|(_, count)| *count)
    };
    view! {
        <g data-wire="true" class="wire" class:wire-chosen=is_selected class:wire-trail=is_in_run on:click=select>
            <path class="wire-grip" d=line />
            <path class="wire-line" d=line />
            {move || {
                passed()
                    .filter(|count| *count > 0)
                    .map(|count| {
                        let at = path.read().button;
                        view! {
                            <text class="wire-count" x=format!("{:.1}", at.x + 16.0) y=format!("{:.1}", at.y + 4.0)>
                                {format_count(count)}
                            </text>
                        }
                    })
            }}
        </g>
    }
}

#[component]
pub fn ConnectorTools(connector: Connector) -> impl IntoView {
    let graph = GraphState::here();
    let selection = Selection::here();
    let canvas = CanvasView::here();
    let panels = Panels::here();
    let actions = Actions::here();
    let path = canvas.connector_path(&connector);
    let (left, top) = (path.clone(), path);
    let Connector { from, outlet, to } = connector;
    let outlet_title = graph.outlet_title(&from, &outlet);
    let ends = format!("between {}, {outlet_title}, and {}", graph.title(&from), graph.title(&to));
    let remove_label = format!("Remove the connector {ends}");
    let key = StoredValue::new((from, outlet));
    let is_selected = is_selected(selection, key);
    view! {
        <div class="wire-tools" class:wire-tools-chosen=is_selected style:left=move || format!("{:.1}px", left.read().button.x) style:top=move || format!("{:.1}px", top.read().button.y)>
            <button
                class="wire-button"
                r#type="button"
                tabindex="-1"
                aria-label=format!("Add a step {ends}")
                title="Add a step here"
                on:click=move |event| {
                    event.stop_propagation();
                    let (from, outlet) = key.get_value();
                    open_step_picker(panels, &event, from, outlet, false);
                }
            >
                <Icon symbol=Symbol::Plus />
            </button>
            {move || {
                let label = remove_label.clone();
                is_selected
                    .get()
                    .then(|| {
                        view! {
                            <button
                                class="wire-button wire-remove"
                                r#type="button"
                                tabindex="-1"
                                aria-label=label
                                title="Remove this connector (Delete)"
                                on:click=move |event| {
                                    event.stop_propagation();
                                    let (from, outlet) = key.get_value();
                                    actions.disconnect(&from, &outlet);
                                }
                            >
                                <Icon symbol=Symbol::Close />
                            </button>
                        }
                    })
            }}
        </div>
    }
}

fn is_selected(selection: Selection, key: StoredValue<(String, String)>) -> Memo<bool> {
    Memo::new(move |_| key.with_value(|key| selection.connector.read().as_ref() == Some(key)))
}
