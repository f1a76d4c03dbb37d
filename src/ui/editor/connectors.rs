//! Connectors: a line, wide enough to be hit, and a button in its middle that puts a step into it.

use leptos::prelude::*;

use super::{bench::Bench, step_box::open_picker};
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::{graph::Connector, stats::format_count};

#[component]
pub fn ConnectorLine(way: Connector) -> impl IntoView {
    let bench = Bench::here();
    let route = bench.line(&way);
    let way = StoredValue::new(way);
    let line = {
        let route = route.clone();
        Memo::new(move |_| route.read().path(bench.direction.get_untracked()))
    };
    let key = move || way.with_value(|way| (way.from.clone(), way.outlet.clone()));
    let chosen = Memo::new(move |_| bench.wire.read().as_ref() == Some(&key()));
    let on_trail = Memo::new(move |_| bench.trail.read().wires.contains(&key()));
    let choose = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        bench.choose(std::collections::BTreeSet::new());
        bench.wire.set(Some(key()));
    };
    let passed = move || {
        let (from, outlet) = key();
        let figures = bench.figures.read();
        figures
            .get(&from)
            .and_then(|node| node.left.iter().find(|(name, _)| *name == outlet))
            .map(|(_, count)| *count)
    };
    view! {
        <g data-wire="true" class="wire" class:wire-chosen=chosen class:wire-trail=on_trail on:click=choose>
            <path class="wire-grip" d=line />
            <path class="wire-line" d=line />
            {move || {
                passed()
                    .filter(|count| *count > 0)
                    .map(|count| {
                        let at = route.read().button;
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
pub fn ConnectorTools(way: Connector) -> impl IntoView {
    let bench = Bench::here();
    let route = bench.line(&way);
    let way = StoredValue::new(way);
    let (left, top) = (route.clone(), route);
    let key = move || way.with_value(|way| (way.from.clone(), way.outlet.clone()));
    let chosen = Memo::new(move |_| bench.wire.read().as_ref() == Some(&key()));
    let words = way.with_value(|way| {
        let path = bench.outlet_title(&way.from, &way.outlet);
        format!("between {}, {path}, and {}", bench.title(&way.from), bench.title(&way.to))
    });
    let remove_words = format!("Remove the connector {words}");
    view! {
        <div class="wire-tools" class:wire-tools-chosen=chosen style:left=move || format!("{:.1}px", left.read().button.x) style:top=move || format!("{:.1}px", top.read().button.y)>
            <button
                class="wire-button"
                r#type="button"
                tabindex="-1"
                aria-label=format!("Add a step {words}")
                title="Add a step here"
                on:click=move |event| {
                    event.stop_propagation();
                    let (from, outlet) = key();
                    open_picker(bench, &event, from, outlet, false);
                }
            >
                <Icon symbol=Symbol::Plus />
            </button>
            {move || {
                let label = remove_words.clone();
                chosen
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
                                    let (from, outlet) = key();
                                    bench.disconnect(&from, &outlet);
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
