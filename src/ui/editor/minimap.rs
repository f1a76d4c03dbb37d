//! The whole graph, small, with the part that the canvas shows.

use std::fmt::Write;

use leptos::prelude::*;

use super::{
    browser,
    context::{CanvasView, GraphState},
};
use wayfare_domain::graph::Position;
use wayfare_editor_model::geometry::Rect;

const WIDTH: f64 = 150.0;
const HEIGHT: f64 = 100.0;

#[component]
pub fn Minimap() -> impl IntoView {
    let graph = GraphState::here();
    let canvas = CanvasView::here();
    // Follows finished changes, not every pixel of a drag.
    let rects = Memo::new(move |_| {
        let _ = (graph.generation.get(), graph.direction.get());
        canvas.with_rects(|_, rects| rects.to_vec())
    });
    let whole = Memo::new(move |_| {
        Rect::around(rects.read().iter().copied()).unwrap_or_default().inflate(80.0)
    });
    let boxes = Memo::new(move |_| {
        rects.read().iter().fold(String::new(), |mut path, rect| {
            let _ = write!(
                path,
                "M{:.0} {:.0}h{:.0}v{:.0}h-{:.0}z",
                rect.x, rect.y, rect.width, rect.height, rect.width
            );
            path
        })
    });
    // An element of its own over the picture: moving it repaints nothing.
    let shown = Memo::new(move |_| {
        let (width, height) = canvas.size.get();
        let (view, all) = (canvas.viewport.get().window(width, height), whole.get());
        let scale = (WIDTH / all.width).min(HEIGHT / all.height);
        let start = |from: f64, origin: f64, extent: f64, available: f64| {
            (from - origin) * scale + (available - extent * scale) / 2.0
        };
        Rect {
            x: start(view.x, all.x, all.width, WIDTH),
            y: start(view.y, all.y, all.height, HEIGHT),
            width: view.width * scale,
            height: view.height * scale,
        }
    });
    // Where everything is in sight, it would only cover something.
    let is_needed = Memo::new(move |_| {
        let (width, height) = canvas.size.get();
        let (view, all) = (canvas.viewport.get().window(width, height), whole.get().inflate(-80.0));
        !(view.contains(Position { x: all.x, y: all.y })
            && view.contains(Position { x: all.right(), y: all.bottom() }))
    });
    let size = Memo::new(move |_| (shown.read().width.round(), shown.read().height.round()));
    let go = move |event: &leptos::ev::PointerEvent| {
        let Some(map) =
            browser::closest(event.target(), ".minimap").map(|map| browser::rect_of(&map))
        else {
            return;
        };
        let all = whole.get_untracked();
        // The picture keeps its proportions inside of its box.
        let scale = (map.width / all.width).min(map.height / all.height);
        let share = |at: i32, start: f64, length: f64, from: f64, extent: f64| {
            from + (f64::from(at) - start - (length - extent * scale) / 2.0) / scale
        };
        let to = Position {
            x: share(event.client_x(), map.x, map.width, all.x, all.width),
            y: share(event.client_y(), map.y, map.height, all.y, all.height),
        };
        let (width, height) = canvas.size.get_untracked();
        canvas.viewport.update(|view| {
            view.x = width / 2.0 - to.x * view.zoom;
            view.y = height / 2.0 - to.y * view.zoom;
        });
    };
    view! {
        <div
            class="canvas-tool minimap"
            class:minimap-needed=is_needed
            aria-hidden="true"
            on:pointerdown=move |event| {
                event.stop_propagation();
                go(&event);
            }
            on:pointermove=move |event| {
                if event.buttons() == 1 {
                    go(&event);
                }
            }
        >
            <svg
                width=WIDTH
                height=HEIGHT
                viewBox=move || {
                    let all = whole.get();
                    format!("{:.0} {:.0} {:.0} {:.0}", all.x, all.y, all.width, all.height)
                }
            >
                <path class="minimap-nodes" d=boxes />
            </svg>
            <span
                class="minimap-window"
                style:transform=move || format!("translate({:.0}px, {:.0}px)", shown.read().x, shown.read().y)
                style:width=move || format!("{}px", size.get().0)
                style:height=move || format!("{}px", size.get().1)
            ></span>
        </div>
    }
}
