//! The whole graph, small, with the part that the window shows.

use std::fmt::Write;

use leptos::prelude::*;

use super::{bench::Bench, browser};
use crate::domain::{editor::geometry::Frame, graph::Position};

const WIDTH: f64 = 150.0;
const HEIGHT: f64 = 100.0;

#[component]
pub fn Minimap() -> impl IntoView {
    let bench = Bench::here();
    // Follows finished changes, not every pixel of a drag.
    let frames = Memo::new(move |_| {
        let _ = (bench.generation.get(), bench.direction.get());
        bench.with_frames(|_, frames| frames.to_vec())
    });
    let whole = Memo::new(move |_| Frame::around(frames.read().iter().copied()).unwrap_or_default().grown(80.0));
    let boxes = Memo::new(move |_| {
        frames.read().iter().fold(String::new(), |mut path, frame| {
            let _ = write!(path, "M{:.0} {:.0}h{:.0}v{:.0}h-{:.0}z", frame.x, frame.y, frame.width, frame.height, frame.width);
            path
        })
    });
    let window = move || {
        let (width, height) = bench.window.get();
        bench.view.get().window(width, height)
    };
    let go = move |event: &leptos::ev::PointerEvent| {
        let Some(map) = browser::closest(event.target(), ".minimap").map(|map| browser::frame_of(&map)) else { return };
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
        let (width, height) = bench.window.get_untracked();
        bench.view.update(|view| {
            view.x = width / 2.0 - to.x * view.zoom;
            view.y = height / 2.0 - to.y * view.zoom;
        });
    };
    view! {
        <svg
            class="canvas-tool minimap"
            width=WIDTH
            height=HEIGHT
            viewBox=move || {
                let all = whole.get();
                format!("{:.0} {:.0} {:.0} {:.0}", all.x, all.y, all.width, all.height)
            }
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
            <path class="minimap-nodes" d=boxes />
            <rect
                class="minimap-window"
                x=move || format!("{:.0}", window().x)
                y=move || format!("{:.0}", window().y)
                width=move || format!("{:.0}", window().width)
                height=move || format!("{:.0}", window().height)
            />
        </svg>
    }
}
