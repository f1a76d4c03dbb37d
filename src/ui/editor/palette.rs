//! The steps to choose from: beside the canvas, and as a list at an outlet.

use leptos::prelude::*;

use super::{bench::Bench, browser, pointer::PointerTool, step_box::GroupIcon};
use wayfare_domain::graph::{NodeKind, node::NodeGroup};
use wayfare_editor_model::palette::{GROUPS, PaletteItem, items};

fn of_group(group: NodeGroup) -> Vec<PaletteItem> {
    items().into_iter().filter(|item| item.step.group() == group).collect()
}

#[component]
pub fn Palette(hand: PointerTool) -> impl IntoView {
    view! {
        <section class="palette" aria-label="Palette">
            {GROUPS
                .into_iter()
                .map(|(group, title)| {
                    view! {
                        <div class="palette-group" role="group" aria-label=title>
                            <p class="palette-title" aria-hidden="true">{title}</p>
                            {of_group(group).into_iter().map(|item| view! { <PaletteItem item=item hand=hand /> }).collect_view()}
                        </div>
                    }
                })
                .collect_view()}
        </section>
    }
}

/// A step that is dragged out of the palette: where it is, and whether it has moved yet.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Dragged {
    start: (i32, i32),
    at: (i32, i32),
    moved: bool,
}

#[component]
fn PaletteItem(item: PaletteItem, hand: PointerTool) -> impl IntoView {
    let bench = Bench::here();
    let dragged = RwSignal::new(None::<Dragged>);
    // A drag ends with a click, which must not add a second step.
    let dropped = StoredValue::new(false);
    let (key, step) = (item.key, item.step);
    let title = step.title();
    let group = step.group();
    let down = move |event: leptos::ev::PointerEvent| {
        dropped.set_value(false);
        if event.button() == 0 && bench.can_draw() {
            let at = (event.client_x(), event.client_y());
            dragged.set(Some(Dragged { start: at, at, moved: false }));
            // A fast hand is outside of the button with its first move.
            if let Some(button) = browser::closest(event.target(), "button") {
                let _ = button.set_pointer_capture(event.pointer_id());
            }
        }
    };
    let moved = move |event: leptos::ev::PointerEvent| {
        let Some(mut drag) = dragged.get_untracked() else { return };
        drag.at = (event.client_x(), event.client_y());
        drag.moved |= (drag.at.0 - drag.start.0).abs() + (drag.at.1 - drag.start.1).abs() > 6;
        dragged.set(Some(drag));
    };
    let up = move |event: leptos::ev::PointerEvent| {
        let drag = dragged.get_untracked();
        dragged.set(None);
        if drag.is_some_and(|drag| drag.moved) {
            dropped.set_value(true);
            hand.drop_step(key, event.client_x(), event.client_y());
        }
    };
    let ghost = move || {
        dragged.get().filter(|drag| drag.moved).map(|drag| {
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
            disabled=!bench.can_draw()
            title=format!("Add {title} after the selected step, or drag it onto the canvas")
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=move |_| dragged.set(None)
            on:click=move |_| {
                if !dropped.get_value() {
                    bench.add(step.clone(), None);
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
    let bench = Bench::here();
    let close = move || {
        let back = bench.picker.get_untracked().map(|picker| picker.from);
        bench.picker.set(None);
        if let Some(back) = back {
            browser::focus_quietly(&super::bench::step_id(&back));
        }
    };
    move || {
        let picker = bench.picker.get()?;
        let (width, height) = bench.window.get_untracked();
        let (x, y) = (picker.x.min(width - 260.0).max(8.0), picker.y.min(height - 200.0).max(8.0));
        let title = bench.title(&picker.from);
        let label = if picker.more {
            format!("Paths of {title}")
        } else {
            let path = bench.outlet_title(&picker.from, &picker.outlet);
            format!("Add a step after {title}, {path}")
        };
        let body = if picker.more {
            view! { <MoreOutlets from=picker.from.clone() /> }.into_any()
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
    let bench = Bench::here();
    let at = StoredValue::new((from, outlet));
    let add = move |step: NodeKind| {
        bench.picker.set(None);
        bench.add(step, Some(at.get_value()));
        if let Some(id) = bench.only_untracked() {
            bench.go_to(&id);
        }
    };
    GROUPS
        .into_iter()
        .map(|(group, title)| {
            view! {
                <div class="picker-group" role="group" aria-label=title>
                    <p class="palette-title" aria-hidden="true">{title}</p>
                    {of_group(group)
                        .into_iter()
                        .map(|item| {
                            let step = item.step.clone();
                            view! {
                                <button class=format!("palette-item group-{}", group.key()) r#type="button" on:click=move |_| add(step.clone())>
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

/// Outlets that have no place on the rim; choosing one goes on to what comes behind it.
#[component]
fn MoreOutlets(from: String) -> impl IntoView {
    let bench = Bench::here();
    let shown: Vec<String> = bench
        .cell(&from)
        .map(|cell| {
            cell.outlets.read_untracked().iter().map(|outlet| outlet.name.clone()).collect()
        })
        .unwrap_or_default();
    let hidden: Vec<String> = bench
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
                    bench.picker.update(|picker| {
                        if let Some(picker) = picker {
                            picker.more = false;
                            picker.outlet = outlet.clone();
                        }
                    });
                    browser::later(|| browser::focus_first_field("step-picker"));
                }
            };
            let path = bench.outlet_title(&from, &outlet);
            view! { <button class="palette-item" r#type="button" on:click=press>{path}</button> }
        })
        .collect_view()
}
