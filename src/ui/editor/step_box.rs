//! One node on the canvas.

use leptos::{ev::KeyboardEvent, prelude::*};

use super::{
    actions::Actions,
    browser,
    context::{
        CanvasView, GraphState, NodeView, OpenVersion, OutletView, Overlay, Panels, Problems,
        Selection, StepPickerState,
    },
    icons::{EditorIcon, MarkIcon},
    navigation::{Navigation, step_id},
    node_profiles::BoxStats,
    pointer::PointerTool,
};
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::{
    graph::{Node, node::NodeGroup},
    stats::format_count,
    versions::Severity,
};
use wayfare_editor_model::geometry::{GRID, LayoutDirection, size};

/// The icon of a group.
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
pub fn StepBox(id: String, pointer: PointerTool) -> impl IntoView {
    let graph = GraphState::here();
    let selection = Selection::here();
    let overlay = Overlay::here();
    let problems = Problems::here();
    let navigation = Navigation::here();
    let Some(NodeView { node, position, outlets }) = graph.node_view(&id) else {
        return ().into_any();
    };
    let (left, top) = (position.clone(), position);
    let box_size = {
        let outlets = outlets.clone();
        Memo::new(move |_| size(outlets.read().len(), graph.direction.get()))
    };
    let is_selected = {
        let id = id.clone();
        Memo::new(move |_| selection.nodes.read().contains(&id))
    };
    let is_in_run = {
        let id = id.clone();
        move || overlay.run.read().nodes.contains(&id)
    };
    let is_target = {
        let id = id.clone();
        move || {
            pointer
                .new_connector
                .with(|drawn| drawn.as_ref().is_some_and(|drawn| drawn.over.as_ref() == Some(&id)))
        }
    };
    let tab_index = {
        let id = id.clone();
        move || if selection.focused_node.read().as_ref() == Some(&id) { "0" } else { "-1" }
    };
    let group = node.with_untracked(|node| node.step.group());
    let kind = node.with_untracked(|node| node.step.title());
    let name = {
        let node = node.clone();
        move || node.with(box_text)
    };
    let label = {
        let (node, id) = (node.clone(), id.clone());
        move || node.with(|node| screen_reader_label(problems, &id, node))
    };
    let data_node = id.clone();
    let is_rightwards = move || graph.direction.get() == LayoutDirection::Right;
    let keys = StepKeys::here();
    view! {
        <div
            id=step_id(&data_node)
            class=format!("step group-{}", group.key())
            class:step-right=is_rightwards
            class:step-chosen=is_selected
            class:step-target=is_target
            class:step-trail=is_in_run
            data-node=data_node
            role="group"
            aria-roledescription="step"
            aria-label=label
            tabindex=tab_index
            style:left=move || format!("{:.0}px", left.get().x)
            style:top=move || format!("{:.0}px", top.get().y)
            style:width=move || format!("{}px", box_size.get().0)
            style:height=move || format!("{}px", box_size.get().1)
            on:focus={
                let id = id.clone();
                move |_| selection.focused_node.set(Some(id.clone()))
            }
            on:dblclick=move |_| navigation.open_form()
            on:keydown={
                let id = id.clone();
                move |event| keys.on_key(&id, &event)
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
            <StepStats id=id.clone() />
            <OutletButtons id=id.clone() outlets=outlets node=node />
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
fn screen_reader_label(problems: Problems, id: &str, node: &Node) -> String {
    let count =
        problems.found.read().iter().filter(|found| found.node.as_deref() == Some(id)).count();
    let suffix = match count {
        0 => String::new(),
        1 => ", 1 problem".to_string(),
        many => format!(", {many} problems"),
    };
    format!("{}: {}{suffix}", node.step.title(), box_text(node))
}

/// What keys do on a box that has the keyboard.
#[derive(Clone, Copy)]
struct StepKeys {
    actions: Actions,
    canvas: CanvasView,
    navigation: Navigation,
    selection: Selection,
}

impl StepKeys {
    fn here() -> Self {
        Self {
            actions: Actions::here(),
            canvas: CanvasView::here(),
            navigation: Navigation::here(),
            selection: Selection::here(),
        }
    }

    fn on_key(&self, id: &str, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() {
            return;
        }
        match event.key().as_str() {
            "ArrowRight" => self.on_arrow(id, 1.0, 0.0, event),
            "ArrowLeft" => self.on_arrow(id, -1.0, 0.0, event),
            "ArrowDown" => self.on_arrow(id, 0.0, 1.0, event),
            "ArrowUp" => self.on_arrow(id, 0.0, -1.0, event),
            "Enter" => {
                event.prevent_default();
                self.selection.select_one(id);
                self.navigation.open_form();
            }
            " " => {
                // While it is down it pans the canvas; pressed on a step it selects.
                event.prevent_default();
                self.selection.toggle(id);
            }
            _ => {}
        }
    }

    /// Goes to the next step; with Alt, moves the step itself.
    fn on_arrow(&self, id: &str, dx: f64, dy: f64, event: &KeyboardEvent) {
        event.prevent_default();
        if event.alt_key() {
            if !self.selection.contains_untracked(id) {
                self.selection.select_one(id);
            }
            self.actions.nudge(dx * GRID, dy * GRID);
        } else if let Some(next) = self.canvas.neighbour_of(id, dx, dy) {
            let mut nodes = self.selection.nodes.get_untracked();
            self.navigation.go_to(&next);
            if event.shift_key() {
                nodes.extend([id.to_string(), next]);
                self.selection.select(nodes);
            }
        }
    }
}

/// How many problems the step has.
#[component]
fn Badge(id: String) -> impl IntoView {
    let problems = Problems::here();
    let counts = Memo::new(move |_| {
        let all = problems.found.read();
        let own: Vec<Severity> = all
            .iter()
            .filter(|problem| problem.node.as_deref() == Some(&id))
            .map(|problem| problem.severity)
            .collect();
        (own.len(), own.contains(&Severity::Error))
    });
    move || {
        let (count, error) = counts.get();
        (count > 0).then(|| view! { <span class="step-badge" class:step-badge-error=error aria-hidden="true">{count}</span> })
    }
}

/// The stats of a step in a published version, or what a replay counted.
#[component]
fn StepStats(id: String) -> impl IntoView {
    let overlay = Overlay::here();
    move || {
        if let Some(entered) = overlay.run.read().entered.get(&id).copied() {
            return view! { <span class="step-figures">{format!("{} would enter", format_count(entered))}</span> }.into_any();
        }
        match overlay.stats.read().get(&id).cloned() {
            Some(stats) => view! { <BoxStats id=id.clone() stats=stats /> }.into_any(),
            None => ().into_any(),
        }
    }
}

#[component]
fn OutletButtons(
    id: String,
    outlets: ArcRwSignal<Vec<OutletView>>,
    node: ArcRwSignal<Node>,
) -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let panels = Panels::here();
    let (id, has_more) = (StoredValue::new(id), {
        let outlets = outlets.clone();
        Memo::new(move |_| node.read().outlets().len() > outlets.read().len())
    });
    view! {
        <div class="step-outlets">
            <For each=move || outlets.get() key=OutletView::clone let:outlet>
                <OutletButton id=id.get_value() outlet=outlet />
            </For>
        </div>
        {move || {
            (has_more.get() && open_version.can_edit_graph())
                .then(|| {
                    let press = move |event: leptos::ev::MouseEvent| {
                        event.stop_propagation();
                        open_step_picker(panels, &event, id.get_value(), String::new(), true);
                    };
                    view! {
                        <button
                            class="step-more"
                            r#type="button"
                            tabindex="-1"
                            aria-label=format!("More paths of {}", graph.title(&id.get_value()))
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
fn OutletButton(id: String, outlet: OutletView) -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let panels = Panels::here();
    let OutletView { name, is_connected } = outlet;
    let state = if is_connected { "leads on" } else { "ends here" };
    let path = graph.outlet_title(&id, &name);
    let label = format!("{path} of {}: {state}. Add a step", graph.title(&id));
    let hint = format!("{path}: drag to a step to connect, or press to add a step");
    let shown = if name == "next" { String::new() } else { path };
    let press = {
        let (id, name) = (id.clone(), name.clone());
        move |event: leptos::ev::MouseEvent| {
            event.stop_propagation();
            if open_version.can_edit_graph() {
                open_step_picker(panels, &event, id.clone(), name.clone(), false);
            }
        }
    };
    view! {
        <button
            class="outlet"
            class:outlet-open=!is_connected
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

/// Opens the list of steps below the button that was pressed.
pub fn open_step_picker(
    panels: Panels,
    event: &leptos::ev::MouseEvent,
    from: String,
    outlet: String,
    lists_outlets: bool,
) {
    let canvas =
        browser::closest(event.target(), ".canvas").map(|canvas| browser::rect_of(&canvas));
    let button = browser::closest(event.target(), "button").map(|button| browser::rect_of(&button));
    if let (Some(canvas), Some(button)) = (canvas, button) {
        let (x, y) = (button.middle().x - canvas.x, button.bottom() - canvas.y);
        panels.step_picker.set(Some(StepPickerState { from, outlet, x, y, lists_outlets }));
        browser::after_paint(|| browser::focus_first_field("step-picker"));
    }
}
