//! One node on the canvas.

use leptos::{ev::KeyboardEvent, prelude::*};

use super::{
    bench::{Bench, Cell, Outlet, StepPickerState, step_id},
    browser,
    icons::{EditorIcon, MarkIcon},
    node_profiles::PeopleHere,
    pointer::PointerTool,
};
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::{
    graph::{Node, node::NodeGroup},
    stats::format_count,
    versions::Severity,
};
use wayfare_editor_model::geometry::size;

/// The picture of a group.
#[component]
pub fn GroupIcon(group: NodeGroup) -> impl IntoView {
    let symbol = match group {
        NodeGroup::Entry => Symbol::Play,
        NodeGroup::Message => Symbol::Text,
        NodeGroup::Wait => Symbol::Clock,
        NodeGroup::Split => return view! { <MarkIcon mark=EditorIcon::Split /> }.into_any(),
        NodeGroup::Change => Symbol::Edit,
        NodeGroup::End => Symbol::Flag,
    };
    view! { <Icon symbol=symbol /> }.into_any()
}

#[component]
pub fn StepBox(id: String, hand: PointerTool) -> impl IntoView {
    let bench = Bench::here();
    let Some(Cell { node, at, outlets }) = bench.cell(&id) else { return ().into_any() };
    let left = at.clone();
    let measure = {
        let outlets = outlets.clone();
        Memo::new(move |_| size(outlets.read().len(), bench.direction.get()))
    };
    let chosen = {
        let id = id.clone();
        Memo::new(move |_| bench.chosen.read().contains(&id))
    };
    let on_trail = {
        let id = id.clone();
        move || bench.trail.read().nodes.contains(&id)
    };
    let target = {
        let id = id.clone();
        move || hand.wiring.read().as_ref().is_some_and(|wiring| wiring.over.as_ref() == Some(&id))
    };
    let reached = {
        let id = id.clone();
        move || if bench.keyboard.read().as_ref() == Some(&id) { "0" } else { "-1" }
    };
    let group = node.with_untracked(|node| node.step.group());
    let kind = node.with_untracked(|node| node.step.title());
    let name = {
        let node = node.clone();
        move || node.with(box_text)
    };
    let label = {
        let (node, id) = (node.clone(), id.clone());
        move || spoken(bench, &id, &node.get())
    };
    let data_node = id.clone();
    let direction = bench.direction;
    let rightwards =
        move || direction.get() == wayfare_editor_model::geometry::LayoutDirection::Right;
    view! {
        <div
            id=step_id(&data_node)
            class=format!("step group-{}", group.key())
            class:step-right=rightwards
            class:step-chosen=chosen
            class:step-target=target
            class:step-trail=on_trail
            data-node=data_node
            role="group"
            aria-roledescription="step"
            aria-label=label
            tabindex=reached
            style:left=move || format!("{:.0}px", left.get().x)
            style:top=move || format!("{:.0}px", at.get().y)
            style:width=move || format!("{}px", measure.get().0)
            style:height=move || format!("{}px", measure.get().1)
            on:focus={
                let id = id.clone();
                move |_| bench.keyboard.set(Some(id.clone()))
            }
            on:dblclick=move |_| bench.open_form()
            on:keydown={
                let id = id.clone();
                move |event| key(bench, &id, &event)
            }
        >
            <div class="step-head">
                <span class="step-kind">
                    <GroupIcon group=group />
                    {kind}
                </span>
                <span class="step-name">{name}</span>
            </div>
            <Badge id=id.clone() />
            <VersionStats id=id.clone() />
            <OutletCounts id=id.clone() outlets=outlets node=node />
        </div>
    }
    .into_any()
}

/// The second line of a box: its name, or what it does.
fn box_text(node: &Node) -> String {
    let text = node.name.clone().unwrap_or_else(|| node.step.describe());
    if text.trim().is_empty() { "Not filled in yet".to_string() } else { text }
}

/// What a screen reader says of a box.
fn spoken(bench: Bench, id: &str, node: &Node) -> String {
    let wrong =
        bench.checks.read().iter().filter(|check| check.node.as_deref() == Some(id)).count();
    let found = match wrong {
        0 => String::new(),
        1 => ", 1 problem".to_string(),
        many => format!(", {many} problems"),
    };
    format!("{}: {}{found}", node.step.title(), box_text(node))
}

/// Keys on a box that has the keyboard.
fn key(bench: Bench, id: &str, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() {
        return;
    }
    let (dx, dy) = match event.key().as_str() {
        "ArrowRight" => (1.0, 0.0),
        "ArrowLeft" => (-1.0, 0.0),
        "ArrowDown" => (0.0, 1.0),
        "ArrowUp" => (0.0, -1.0),
        "Enter" => {
            event.prevent_default();
            bench.choose_one(id);
            bench.open_form();
            return;
        }
        " " => {
            // Held, it moves the canvas; pressed on a step it chooses.
            event.prevent_default();
            bench.toggle(id);
            return;
        }
        _ => return,
    };
    event.prevent_default();
    if event.alt_key() {
        if !bench.chosen.read_untracked().contains(id) {
            bench.choose_one(id);
        }
        bench.nudge(
            dx * wayfare_editor_model::geometry::GRID,
            dy * wayfare_editor_model::geometry::GRID,
        );
    } else if let Some(next) = bench.next_to(id, dx, dy) {
        if event.shift_key() {
            let mut chosen = bench.chosen.get_untracked();
            chosen.extend([id.to_string(), next.clone()]);
            bench.go_to(&next);
            bench.choose(chosen);
        } else {
            bench.go_to(&next);
        }
    }
}

/// How many findings there are.
#[component]
fn Badge(id: String) -> impl IntoView {
    let bench = Bench::here();
    let found = Memo::new(move |_| {
        let checks = bench.checks.read();
        let mine: Vec<Severity> = checks
            .iter()
            .filter(|check| check.node.as_deref() == Some(&id))
            .map(|check| check.severity)
            .collect();
        (mine.len(), mine.contains(&Severity::Error))
    });
    move || {
        let (count, error) = found.get();
        (count > 0).then(|| view! { <span class="step-badge" class:step-badge-error=error aria-hidden="true">{count}</span> })
    }
}

/// Who came and who waits, of a published version; or who would come, of a replay.
#[component]
fn VersionStats(id: String) -> impl IntoView {
    let bench = Bench::here();
    move || {
        if let Some(came) = bench.trail.read().came.get(&id).copied() {
            return view! { <span class="step-figures">{format!("{} would enter", format_count(came))}</span> }.into_any();
        }
        match bench.figures.read().get(&id).cloned() {
            Some(figures) => view! { <PeopleHere id=id.clone() figures=figures /> }.into_any(),
            None => ().into_any(),
        }
    }
}

#[component]
fn OutletCounts(
    id: String,
    outlets: ArcRwSignal<Vec<Outlet>>,
    node: ArcRwSignal<Node>,
) -> impl IntoView {
    let bench = Bench::here();
    let (id, has_more) = (StoredValue::new(id), {
        let outlets = outlets.clone();
        Memo::new(move |_| node.read().outlets().len() > outlets.read().len())
    });
    let each = move || outlets.get();
    view! {
        <div class="step-outlets">
            <For each=each key=|outlet| (outlet.name.clone(), outlet.drawn) let:outlet>
                <OutletButton id=id.get_value() outlet=outlet />
            </For>
        </div>
        {move || {
            (has_more.get() && bench.can_draw())
                .then(|| {
                    let press = move |event: leptos::ev::MouseEvent| {
                        event.stop_propagation();
                        open_picker(bench, &event, id.get_value(), String::new(), true);
                    };
                    view! {
                        <button
                            class="step-more"
                            r#type="button"
                            tabindex="-1"
                            aria-label=format!("More paths of {}", bench.title(&id.get_value()))
                            title="More paths"
                            on:click=press
                        >
                            <Icon symbol=Symbol::More />
                        </button>
                    }
                })
        }}
    }
}

#[component]
fn OutletButton(id: String, outlet: Outlet) -> impl IntoView {
    let bench = Bench::here();
    let Outlet { name, drawn } = outlet;
    let says = if drawn { "leads on" } else { "ends here" };
    let path = bench.outlet_title(&id, &name);
    let label = format!("{path} of {}: {says}. Add a step", bench.title(&id));
    let hint = format!("{path}: drag to a step to connect, or press to add a step");
    let shown = if name == "next" { String::new() } else { path };
    let press = {
        let (id, name) = (id.clone(), name.clone());
        move |event: leptos::ev::MouseEvent| {
            event.stop_propagation();
            if bench.can_draw() {
                open_picker(bench, &event, id.clone(), name.clone(), false);
            }
        }
    };
    view! {
        <button
            class="outlet"
            class:outlet-open=!drawn
            r#type="button"
            tabindex="-1"
            data-outlet=name.clone()
            aria-label=label
            title=hint
            on:click=press
        >
            <span class="outlet-name">{shown}</span>
            <span class="outlet-dot"></span>
        </button>
    }
}

/// Opens the list of steps where the button is.
pub fn open_picker(
    bench: Bench,
    event: &leptos::ev::MouseEvent,
    from: String,
    outlet: String,
    more: bool,
) {
    let canvas =
        browser::closest(event.target(), ".canvas").map(|canvas| browser::frame_of(&canvas));
    let button =
        browser::closest(event.target(), "button").map(|button| browser::frame_of(&button));
    if let (Some(canvas), Some(button)) = (canvas, button) {
        let (x, y) = (button.middle().x - canvas.x, button.bottom() - canvas.y);
        bench.picker.set(Some(StepPickerState { from, outlet, x, y, more }));
        browser::later(|| browser::focus_first_field("step-picker"));
    }
}
