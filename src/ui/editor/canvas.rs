//! The canvas: boxes over lines, moved as one layer.

use leptos::{html, prelude::*};

use super::{
    bench::Bench,
    connectors::{ConnectorLine, ConnectorTools},
    icons::{EditorIcon, MarkIcon},
    minimap::Minimap,
    palette::StepPicker,
    pointer::PointerTool,
    step_box::StepBox,
};
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::graph::Connector;
use wayfare_editor_model::{geometry::Rect, routing::direct_path};

/// More nodes than this are only drawn where the window shows them.
const ALL_DRAWN: usize = 400;
/// And never more than so many: where thousands lie in one place, no one sees all of them.
const MOST_DRAWN: usize = 900;
/// The window counts in steps of this size there, so that not every pixel of a move asks anew.
const TILE: f64 = 400.0;
/// Between two dots of the ground.
const DOTS: f64 = 20.0;
/// Smaller than this, buttons on lines are drawn larger than the rest.
const SMALL: f64 = 0.7;

#[component]
pub fn Canvas(ground: NodeRef<html::Div>, hand: PointerTool) -> impl IntoView {
    let bench = Bench::here();
    let layer = move || {
        let view = bench.view.get();
        format!("translate({:.2}px, {:.2}px) scale({:.4})", view.x, view.y, view.zoom)
    };
    let dots = move || {
        let view = bench.view.get();
        format!("translate({:.2}px, {:.2}px)", view.x.rem_euclid(DOTS), view.y.rem_euclid(DOTS))
    };
    let is_small = Memo::new(move |_| bench.view.get().zoom < SMALL);
    let seen = seen(bench);
    let in_sight = Memo::new(move |_| {
        let area = seen.get()?;
        let _ = (bench.generation.get(), bench.order.track());
        let mut shown = bench.hits(area, MOST_DRAWN);
        // The one that has the keyboard must not vanish from under it.
        shown.extend(bench.keyboard.get());
        Some(shown)
    });
    let nodes = move || match in_sight.get() {
        None => bench.order.get(),
        Some(shown) => shown.into_iter().collect(),
    };
    let wires = move || match in_sight.get() {
        None => bench.wires.get(),
        Some(shown) => {
            let ways = bench.wires.get();
            ways.into_iter()
                .filter(|way| shown.contains(&way.from) || shown.contains(&way.to))
                .take(MOST_DRAWN)
                .collect()
        }
    };
    let wires = Memo::new(move |_| wires());
    let key = |way: &Connector| way.clone();
    request_animation_frame(move || {
        hand.measure();
        bench.open_view();
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| hand.measure());
    on_cleanup(move || resized.remove());
    view! {
        <div
            class="canvas"
            class:canvas-panning=hand.panning
            class:canvas-small=is_small
            class:canvas-wiring=move || hand.wiring.read().is_some()
            node_ref=ground
            role="group"
            aria-label="Canvas"
            tabindex="-1"
            on:pointerdown=move |event| hand.down(&event)
            on:pointermove=move |event| hand.moved(&event)
            on:pointerup=move |event| hand.up(&event)
            on:pointercancel=move |event| hand.cancelled(&event)
            on:wheel=move |event| hand.wheel(&event)
            on:scroll=move |_| follow_scroll(bench, ground)
        >
            <div class="canvas-dots" style:transform=dots></div>
            <div class="canvas-layer" style:transform=layer>
                <svg class="wires" width="1" height="1" aria-hidden="true">
                    <For each=move || wires.get() key=key let:way>
                        <ConnectorLine way=way />
                    </For>
                    {move || hand.wiring.get().and_then(|wiring| {
                        let from = bench.outlet_at(&wiring.from, &wiring.outlet)?;
                        let direction = bench.direction.get();
                        let d = direct_path(from, wiring.to, direction).path(direction);
                        Some(view! { <path class="wire-new" class:wire-fits=wiring.over.is_some() d=d /> })
                    })}
                </svg>
                <For each=nodes key=|id| id.clone() let:id>
                    <StepBox id=id hand=hand />
                </For>
                {(bench.can_draw())
                    .then(|| {
                        view! {
                            <For each=move || wires.get() key=key let:way>
                                <ConnectorTools way=way />
                            </For>
                        }
                    })}
                {move || hand.band.get().map(|band| {
                    view! {
                        <div
                            class="band"
                            style:left=format!("{:.1}px", band.x)
                            style:top=format!("{:.1}px", band.y)
                            style:width=format!("{:.1}px", band.width)
                            style:height=format!("{:.1}px", band.height)
                        ></div>
                    }
                })}
            </div>
            <Zoom />
            <Minimap />
            <StepPicker />
        </div>
    }
}

/// The part of the canvas in which nodes are drawn; `None` where all are.
fn seen(bench: Bench) -> Memo<Option<Rect>> {
    Memo::new(move |_| {
        if bench.order.read().len() <= ALL_DRAWN {
            return None;
        }
        let (width, height) = bench.window.get();
        let window = bench.view.get().window(width, height).inflate(TILE);
        let (left, top) = ((window.x / TILE).floor() * TILE, (window.y / TILE).floor() * TILE);
        let up = |value: f64| (value / TILE).ceil() * TILE + TILE;
        Some(Rect { x: left, y: top, width: up(window.width), height: up(window.height) })
    })
}

/// The browser scrolls to a box that lies outside when it gets the keyboard. What is seen is the
/// layer's to say, so the scroll becomes a move of the layer.
fn follow_scroll(bench: Bench, ground: NodeRef<html::Div>) {
    let Some(ground) = ground.get_untracked() else { return };
    let (dx, dy) = (f64::from(ground.scroll_left()), f64::from(ground.scroll_top()));
    if (dx, dy) != (0.0, 0.0) {
        ground.set_scroll_top(0);
        ground.set_scroll_left(0);
        bench.view.update(|view| *view = view.panned(-dx, -dy));
    }
}

#[component]
fn Zoom() -> impl IntoView {
    let bench = Bench::here();
    let percent = move || format!("{:.0}%", bench.view.get().zoom * 100.0);
    view! {
        <div class="canvas-tool zoom" role="group" aria-label="Zoom">
            <button class="icon-button" r#type="button" aria-label="Zoom out" title="Zoom out (−)" on:click=move |_| bench.zoom(0.8)>
                <MarkIcon mark=EditorIcon::Minus />
            </button>
            <span class="zoom-value">{percent}</span>
            <button class="icon-button" r#type="button" aria-label="Zoom in" title="Zoom in (+)" on:click=move |_| bench.zoom(1.25)>
                <Icon symbol=Symbol::Plus />
            </button>
            <button class="icon-button" r#type="button" aria-label="Show all steps" title="Show all steps (0)" on:click=move |_| bench.fit()>
                <MarkIcon mark=EditorIcon::Fit />
            </button>
        </div>
    }
}
