//! The kinds of steps that can be added: beside the canvas, and as a list at an outlet.

use leptos::prelude::*;

use super::{
    actions::Actions,
    browser,
    context::{CanvasView, GraphState, OpenVersion, Panels, Selection},
    navigation::{Navigation, step_id},
    pointer::PointerTool,
    step_box::GroupIcon,
};
use wayfare_domain::graph::{NodeKind, node::NodeGroup};
use wayfare_editor_model::palette::{GROUPS, PaletteItem, items};

fn items_of(group: NodeGroup) -> Vec<PaletteItem> {
    items().into_iter().filter(|item| item.step.group() == group).collect()
}

#[component]
pub fn Palette(pointer: PointerTool) -> impl IntoView {
    view! {
        <section class="palette" aria-label="Palette">
            {GROUPS
                .into_iter()
                .map(|(group, title)| {
                    view! {
                        <div class="palette-group" role="group" aria-label=title>
                            <p class="palette-title" aria-hidden="true">{title}</p>
                            {items_of(group).into_iter().map(|item| view! { <PaletteItem item=item pointer=pointer /> }).collect_view()}
                        </div>
                    }
                })
                .collect_view()}
        </section>
    }
}

/// A step that is dragged out of the palette.
#[derive(Debug, Clone, Copy, PartialEq)]
struct PaletteDrag {
    start: (i32, i32),
    at: (i32, i32),
    /// Whether it went far enough to be no click.
    is_moved: bool,
}

#[component]
fn PaletteItem(item: PaletteItem, pointer: PointerTool) -> impl IntoView {
    let open_version = OpenVersion::here();
    let actions = Actions::here();
    let drag = RwSignal::new(None::<PaletteDrag>);
    // A drag ends with a click, which must not add a second step.
    let was_dropped = StoredValue::new(false);
    let (key, step) = (item.key, item.step);
    let title = step.title();
    let group = step.group();
    let down = move |event: leptos::ev::PointerEvent| {
        was_dropped.set_value(false);
        if event.button() == 0 && open_version.can_edit_graph() {
            let at = (event.client_x(), event.client_y());
            drag.set(Some(PaletteDrag { start: at, at, is_moved: false }));
            // A fast pointer is outside of the button with its first move.
            if let Some(button) = browser::closest(event.target(), "button") {
                let _ = button.set_pointer_capture(event.pointer_id());
            }
        }
    };
    let moved = move |event: leptos::ev::PointerEvent| {
        let Some(mut current) = drag.get_untracked() else { return };
        let (start, at) = (current.start, (event.client_x(), event.client_y()));
        current.at = at;
        current.is_moved |= (at.0 - start.0).abs() + (at.1 - start.1).abs() > 6;
        drag.set(Some(current));
    };
    let up = move |event: leptos::ev::PointerEvent| {
        let current = drag.get_untracked();
        drag.set(None);
        if current.is_some_and(|drag| drag.is_moved) {
            was_dropped.set_value(true);
            pointer.drop_step(key, event.client_x(), event.client_y());
        }
    };
    let ghost = move || {
        drag.get().filter(|drag| drag.is_moved).map(|drag| {
            view! {
                <span class="ghost" aria-hidden="true" style:transform=format!("translate({}px, {}px)", drag.at.0 + 8, drag.at.1 + 8)>
                    {title}
                </span>
            }
        })
    };
    view! {
        <button
            class=format!("palette-item group-{}", group.key())
            r#type="button"
            disabled=!open_version.can_edit_graph()
            title=format!("Add {title} after the selected step, or drag it onto the canvas")
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=move |_| drag.set(None)
            on:click=move |_| {
                if !was_dropped.get_value() {
                    actions.add(step.clone(), None);
                }
            }
        >
            <GroupIcon group=group />
            {title}
        </button>
        {ghost}
    }
}

/// The list of steps at an outlet, or of further outlets.
#[component]
pub fn StepPicker() -> impl IntoView {
    let graph = GraphState::here();
    let canvas = CanvasView::here();
    let panels = Panels::here();
    let close = move || {
        let from = panels.step_picker.get_untracked().map(|picker| picker.from);
        panels.step_picker.set(None);
        if let Some(from) = from {
            browser::focus_quietly(&step_id(&from));
        }
    };
    move || {
        let picker = panels.step_picker.get()?;
        let (width, height) = canvas.size.get_untracked();
        let (x, y) = (picker.x.min(width - 260.0).max(8.0), picker.y.min(height - 200.0).max(8.0));
        let title = graph.title(&picker.from);
        let label = if picker.lists_outlets {
            format!("Paths of {title}")
        } else {
            let path = graph.outlet_title(&picker.from, &picker.outlet);
            format!("Add a step after {title}, {path}")
        };
        let body = if picker.lists_outlets {
            view! { <HiddenOutlets from=picker.from.clone() /> }.into_any()
        } else {
            view! { <StepList from=picker.from.clone() outlet=picker.outlet.clone() /> }.into_any()
        };
        Some(view! {
            <div
                id="step-picker"
                class="canvas-tool picker"
                role="dialog"
                aria-label=label
                style:left=format!("{x:.0}px")
                style:top=format!("{y:.0}px")
                style:max-height=format!("{:.0}px", (height - y - 8.0).max(160.0))
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        event.stop_propagation();
                        close();
                    }
                }
                on:wheel=|event| event.stop_propagation()
            >
                {body}
            </div>
        })
    }
}

#[component]
fn StepList(from: String, outlet: String) -> impl IntoView {
    let selection = Selection::here();
    let panels = Panels::here();
    let actions = Actions::here();
    let navigation = Navigation::here();
    let after = StoredValue::new((from, outlet));
    let add = Callback::new(move |step: NodeKind| {
        panels.step_picker.set(None);
        actions.add(step, Some(after.get_value()));
        if let Some(id) = selection.only_node_untracked() {
            navigation.go_to(&id);
        }
    });
    GROUPS
        .into_iter()
        .map(|(group, title)| {
            view! {
                <div class="picker-group" role="group" aria-label=title>
                    <p class="palette-title" aria-hidden="true">{title}</p>
                    {items_of(group)
                        .into_iter()
                        .map(|item| {
                            let step = item.step.clone();
                            view! {
                                <button class=format!("palette-item group-{}", group.key()) r#type="button" on:click=move |_| add.run(step.clone())>
                                    <GroupIcon group=group />
                                    {item.step.title()}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
            }
        })
        .collect_view()
}

/// The outlets that are not drawn on the rim; picking one leads on to the steps behind it.
#[component]
fn HiddenOutlets(from: String) -> impl IntoView {
    let graph = GraphState::here();
    let panels = Panels::here();
    let shown: Vec<String> = graph
        .node_view(&from)
        .map(|view| {
            view.outlets.read_untracked().iter().map(|outlet| outlet.name.clone()).collect()
        })
        .unwrap_or_default();
    let hidden: Vec<String> = graph
        .node(&from)
        .map(|node| node.outlets())
        .unwrap_or_default()
        .into_iter()
        .filter(|name| !shown.contains(name))
        .collect();
    hidden
        .into_iter()
        .map(|outlet| {
            let press = {
                let outlet = outlet.clone();
                move |_| {
                    panels.step_picker.update(|picker| {
                        if let Some(picker) = picker {
                            picker.lists_outlets = false;
                            picker.outlet = outlet.clone();
                        }
                    });
                    browser::after_paint(|| browser::focus_first_field("step-picker"));
                }
            };
            let path = graph.outlet_title(&from, &outlet);
            view! { <button class="palette-item" r#type="button" on:click=press>{path}</button> }
        })
        .collect_view()
}
