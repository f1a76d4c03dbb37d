//! The canvas: steps over connectors, moved as one layer.

use leptos::{html, prelude::*};

use super::{
    connectors::{ConnectorLine, ConnectorTools},
    context::{CanvasView, GraphState, OpenVersion, Selection},
    icons::{EditorIcon, MarkIcon},
    minimap::Minimap,
    palette::StepPicker,
    pointer::PointerTool,
    step_box::StepBox,
};
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::graph::Connector;
use wayfare_editor_model::{geometry::Rect, routing::direct_path};

/// More nodes than this are drawn only where the canvas shows them.
const ALL_DRAWN_MAX: usize = 400;
/// The most that are drawn then: where thousands lie in one place, no one sees all of them.
const DRAWN_MAX: usize = 900;
/// What is shown is rounded up to tiles of this size, so that a move by a pixel changes nothing.
const TILE_SIZE: f64 = 400.0;
/// Between two dots of the background.
const DOT_DISTANCE: f64 = 20.0;
/// Below this zoom, buttons on connectors are drawn larger than the rest.
const SMALL_ZOOM: f64 = 0.7;

#[component]
pub fn Canvas(element: NodeRef<html::Div>, pointer: PointerTool) -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let selection = Selection::here();
    let canvas = CanvasView::here();
    let layer = move || {
        let view = canvas.viewport.get();
        format!("translate({:.2}px, {:.2}px) scale({:.4})", view.x, view.y, view.zoom)
    };
    let dots = move || {
        let view = canvas.viewport.get();
        format!(
            "translate({:.2}px, {:.2}px)",
            view.x.rem_euclid(DOT_DISTANCE),
            view.y.rem_euclid(DOT_DISTANCE)
        )
    };
    let is_small = Memo::new(move |_| canvas.viewport.get().zoom < SMALL_ZOOM);
    let drawn_area = drawn_area(graph, canvas);
    let drawn_nodes = Memo::new(move |_| {
        let area = drawn_area.get()?;
        let _ = (graph.generation.get(), graph.node_ids.track());
        let mut nodes = canvas.nodes_in(area, DRAWN_MAX);
        // The one that has the keyboard must stay.
        nodes.extend(selection.focused_node.get());
        Some(nodes)
    });
    let nodes = move || match drawn_nodes.get() {
        None => graph.node_ids.get(),
        Some(nodes) => nodes.into_iter().collect(),
    };
    let connectors = Memo::new(move |_| {
        let connectors = graph.connectors.get();
        match drawn_nodes.get() {
            None => connectors,
            Some(nodes) => connectors
                .into_iter()
                .filter(|line| nodes.contains(&line.from) || nodes.contains(&line.to))
                .take(DRAWN_MAX)
                .collect(),
        }
    });
    request_animation_frame(move || {
        pointer.measure();
        canvas.show_beginning();
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| pointer.measure());
    on_cleanup(move || resized.remove());
    view! {
        <div
            class="canvas"
            class:canvas-panning=pointer.is_panning
            class:canvas-small=is_small
            class:canvas-wiring=move || pointer.new_connector.read().is_some()
            node_ref=element
            role="group"
            aria-label="Canvas"
            tabindex="-1"
            on:pointerdown=move |event| pointer.down(&event)
            on:pointermove=move |event| pointer.moved(&event)
            on:pointerup=move |event| pointer.up(&event)
            on:pointercancel=move |event| pointer.cancelled(&event)
            on:wheel=move |event| pointer.wheel(&event)
            on:scroll=move |_| follow_scroll(canvas, element)
        >
            <div class="canvas-dots" style:transform=dots></div>
            <div class="canvas-layer" style:transform=layer>
                <svg class="wires" width="1" height="1" aria-hidden="true">
                    <For each=move || connectors.get() key=Connector::clone let:connector>
                        <ConnectorLine connector=connector />
                    </For>
                    {move || pointer.new_connector.get().and_then(|drawn| {
                        let from = canvas.outlet_position(&drawn.from, &drawn.outlet)?;
                        let direction = graph.direction.get();
                        let d = direct_path(from, drawn.to, direction).path(direction);
                        Some(view! { <path class="wire-new" class:wire-fits=drawn.over.is_some() d=d /> })
                    })}
                </svg>
                <For each=nodes key=|id| id.clone() let:id>
                    <StepBox id=id pointer=pointer />
                </For>
                {open_version.can_edit_graph()
                    .then(|| {
                        view! {
                            <For each=move || connectors.get() key=Connector::clone let:connector>
                                <ConnectorTools connector=connector />
                            </For>
                        }
                    })}
                {move || pointer.selection_rect.get().map(|rect| {
                    view! {
                        <div
                            class="band"
                            style:left=format!("{:.1}px", rect.x)
                            style:top=format!("{:.1}px", rect.y)
                            style:width=format!("{:.1}px", rect.width)
                            style:height=format!("{:.1}px", rect.height)
                        ></div>
                    }
                })}
            </div>
            <ZoomTools />
            <Minimap />
            <StepPicker />
        </div>
    }
}

/// The part of the graph in which nodes are drawn; `None` where all are.
fn drawn_area(graph: GraphState, canvas: CanvasView) -> Memo<Option<Rect>> {
    Memo::new(move |_| {
        if graph.node_ids.read().len() <= ALL_DRAWN_MAX {
            return None;
        }
        let (width, height) = canvas.size.get();
        let shown = canvas.viewport.get().window(width, height).inflate(TILE_SIZE);
        let (left, top) =
            ((shown.x / TILE_SIZE).floor() * TILE_SIZE, (shown.y / TILE_SIZE).floor() * TILE_SIZE);
        let up = |value: f64| (value / TILE_SIZE).ceil() * TILE_SIZE + TILE_SIZE;
        Some(Rect { x: left, y: top, width: up(shown.width), height: up(shown.height) })
    })
}

/// The browser scrolls to a box that lies outside when it gets the keyboard. Only the viewport says
/// what is shown, so the scroll becomes a move of it.
fn follow_scroll(canvas: CanvasView, element: NodeRef<html::Div>) {
    let Some(element) = element.get_untracked() else { return };
    let (dx, dy) = (f64::from(element.scroll_left()), f64::from(element.scroll_top()));
    if (dx, dy) != (0.0, 0.0) {
        element.set_scroll_top(0);
        element.set_scroll_left(0);
        canvas.viewport.update(|view| *view = view.panned(-dx, -dy));
    }
}

#[component]
fn ZoomTools() -> impl IntoView {
    let canvas = CanvasView::here();
    let percent = move || format!("{:.0}%", canvas.viewport.get().zoom * 100.0);
    view! {
        <div class="canvas-tool zoom" role="group" aria-label="Zoom">
            <button class="icon-button" r#type="button" aria-label="Zoom out" title="Zoom out (−)" on:click=move |_| canvas.zoom(0.8)>
                <MarkIcon mark=EditorIcon::Minus />
            </button>
            <span class="zoom-value">{percent}</span>
            <button class="icon-button" r#type="button" aria-label="Zoom in" title="Zoom in (+)" on:click=move |_| canvas.zoom(1.25)>
                <Icon symbol=Symbol::Plus />
            </button>
            <button class="icon-button" r#type="button" aria-label="Show all steps" title="Show all steps (0)" on:click=move |_| canvas.fit()>
                <MarkIcon mark=EditorIcon::Fit />
            </button>
        </div>
    }
}
