//! The graph as a tree that is read and worked with by keyboard alone. Under it stands what can be done with the chosen step.

use leptos::{ev::KeyboardEvent, prelude::*};

use super::{
    bench::{Bench, row_id},
    browser,
    people::PeopleButton,
    step_box::GroupIcon,
};
use crate::{
    domain::{
        editor::{
            Severity,
            outline::Row,
            palette::{self, GROUPS, items},
        },
        graph::NodeKind,
    },
    ui::components::icon::{Icon, Symbol},
};

#[component]
pub fn Outline() -> impl IntoView {
    let bench = Bench::here();
    let rows = Memo::new(move |_| {
        let _ = (bench.wires.track(), bench.order.track(), bench.generation.track());
        bench.rows()
    });
    view! {
        <section class="outline-panel" aria-label="Outline">
            <ul class="tree" role="tree" aria-label="Steps" aria-multiselectable="true">
                <For each=move || rows.get() key=|row| row.clone() let:row>
                    <TreeRow row=row rows=rows />
                </For>
            </ul>
            <StepTools />
        </section>
    }
}

#[component]
fn TreeRow(row: Row, rows: Memo<Vec<Row>>) -> impl IntoView {
    let bench = Bench::here();
    let key = row.key();
    let Some(cell) = bench.cell(&row.node) else { return ().into_any() };
    let id = StoredValue::new(row.node.clone());
    let here = StoredValue::new(key.clone());
    let group = cell.node.with_untracked(|node| node.step.group());
    let chosen = Memo::new(move |_| bench.chosen.read().contains(&id.get_value()));
    let reached = move || {
        let current = bench.row.get();
        let known = current.as_ref().is_some_and(|current| rows.read().iter().any(|row| row.key() == *current));
        let mine =
            if known { current == Some(here.get_value()) } else { rows.read().first().map(Row::key) == Some(here.get_value()) };
        if mine { "0" } else { "-1" }
    };
    let found = Memo::new(move |_| {
        let checks = bench.checks.read();
        let mine = checks.iter().filter(|check| check.node == Some(id.get_value()));
        mine.fold((0, false), |(count, error), check| (count + 1, error || check.severity == Severity::Error))
    });
    let by = row.by.as_ref().map(|(_, outlet)| outlet.clone()).filter(|outlet| outlet != "next");
    let node = cell.node;
    let (kind, text) = {
        let (a, b) = (node.clone(), node);
        (move || a.read().step.title(), move || b.with(|node| node.name.clone().unwrap_or_else(|| node.step.describe())))
    };
    let again = row.again;
    let focused = move |_| {
        bench.row.set(Some(here.get_value()));
        if !bench.chosen.read_untracked().contains(&id.get_value()) {
            bench.choose_one(&id.get_value());
            bench.row.set(Some(here.get_value()));
            bench.reveal(&id.get_value());
        }
    };
    view! {
        <li
            id=row_id(&key)
            class=format!("tree-row group-{}", group.key())
            class:tree-again=again
            role="treeitem"
            attr:aria-level=row.depth.to_string()
            aria-posinset=row.place.0.to_string()
            aria-setsize=row.place.1.to_string()
            aria-selected=move || chosen.get().to_string()
            tabindex=reached
            style:padding-inline-start=format!("{}rem", 0.5 + 1.1 * (row.depth.min(12) - 1) as f64)
            on:focus=focused
            on:click=move |_| browser::focus(&row_id(&here.get_value()))
            on:keydown=move |event| key_on_row(bench, rows, &here.get_value(), again, &event)
        >
            {by.map(|by| view! { <span class="tree-by">{by}</span> })}
            <GroupIcon group=group />
            <span class="tree-kind">{kind}</span>
            <span class="tree-text">
                {if again { view! { "as above: " }.into_any() } else { ().into_any() }}
                {text}
            </span>
            {move || {
                let (count, error) = found.get();
                let label = if count == 1 { "1 finding".to_string() } else { format!("{count} findings") };
                (count > 0)
                    .then(|| {
                        view! {
                            <span class="tree-found" class:tree-found-error=error role="img" aria-label=label>
                                {count}
                            </span>
                        }
                    })
            }}
        </li>
    }
    .into_any()
}

fn key_on_row(bench: Bench, rows: Memo<Vec<Row>>, key: &str, again: bool, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let rows = rows.get_untracked();
    let Some(at) = rows.iter().position(|row| row.key() == key) else { return };
    let depth = rows[at].depth;
    let to = match event.key().as_str() {
        "ArrowDown" => Some(at + 1),
        "ArrowUp" => at.checked_sub(1),
        "ArrowRight" => Some(at + 1).filter(|next| rows.get(*next).is_some_and(|row| row.depth > depth)),
        "ArrowLeft" => rows[..at].iter().rposition(|row| row.depth < depth),
        "Home" => Some(0),
        "End" => rows.len().checked_sub(1),
        "Enter" if again => rows.iter().position(|row| row.node == rows[at].node && !row.again),
        "Enter" => {
            bench.open_form();
            None
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(row) = to.and_then(|to| rows.get(to)) {
        bench.choose_one(&row.node);
        bench.row.set(Some(row.key()));
        browser::focus(&row_id(&row.key()));
    }
}

/// What can be done with the chosen step, as fields and buttons.
#[component]
fn StepTools() -> impl IntoView {
    let bench = Bench::here();
    let id = Memo::new(move |_| bench.only());
    move || match id.get() {
        None => {
            let text = match bench.chosen.read().len() {
                0 => "Choose a step to add another after it, to connect, change or delete it.".to_string(),
                many => format!("{many} steps are chosen. Copy, duplicate, move or delete them together."),
            };
            view! { <p class="hint step-tools">{text}</p> }.into_any()
        }
        Some(id) => view! { <ToolsOf id=id /> }.into_any(),
    }
}

#[component]
fn ToolsOf(id: String) -> impl IntoView {
    let bench = Bench::here();
    let Some(cell) = bench.cell(&id) else { return ().into_any() };
    let node = cell.node;
    let is_entry = node.with_untracked(|node| node.step == NodeKind::Entry {});
    let id = StoredValue::new(id);
    let title = {
        let node = node.clone();
        move || format!("With “{}”", node.read().title())
    };
    let outlets = Memo::new(move |_| node.read().outlets());
    view! {
        <div class="step-tools" role="group" aria-label="With the chosen step">
            <div class="step-tools-head">
                <p class="step-tools-title">{title}</p>
                <ToolButton label="Edit step" symbol=Symbol::Edit press=move || bench.open_form() />
                {(bench.can_draw() && !is_entry)
                    .then(|| {
                        view! {
                            <ToolButton label="Duplicate step" symbol=Symbol::Copy press=move || bench.duplicate_chosen() />
                            <ToolButton label="Delete step" symbol=Symbol::Trash press=move || bench.delete_chosen() />
                        }
                    })}
            </div>
            <PeopleButton id=id.get_value() />
            {move || (bench.can_draw() && !outlets.read().is_empty()).then(|| view! { <WayTools id=id.get_value() outlets=outlets /> })}
        </div>
    }
    .into_any()
}

#[component]
fn ToolButton<F>(label: &'static str, symbol: Symbol, press: F) -> impl IntoView
where
    F: Fn() + Send + Sync + 'static,
{
    view! {
        <button class="icon-button" r#type="button" aria-label=label title=label on:click=move |_| press()>
            <Icon symbol=symbol />
        </button>
    }
}

/// Adding and connecting at one of the ways out.
#[component]
fn WayTools(id: String, outlets: Memo<Vec<String>>) -> impl IntoView {
    let bench = Bench::here();
    let id = StoredValue::new(id);
    let target = move |outlet: &str| {
        let from = id.get_value();
        bench.wires.track();
        bench.graph(|graph| graph.target(&from, outlet).map(|node| (node.id.clone(), node.title())))
    };
    let first_open = outlets.get_untracked().into_iter().find(|outlet| untrack(|| target(outlet)).is_none());
    let chosen = RwSignal::new(first_open.or_else(|| outlets.get_untracked().into_iter().next()).unwrap_or_default());
    // A branch that was renamed is not there any more.
    let outlet = Memo::new(move |_| {
        let chosen = chosen.get();
        let outlets = outlets.get();
        if outlets.contains(&chosen) { chosen } else { outlets.into_iter().next().unwrap_or_default() }
    });
    let kind = RwSignal::new("email".to_string());
    let other = RwSignal::new(String::new());
    let others = Memo::new(move |_| {
        bench.order.track();
        bench.generation.track();
        let from = id.get_value();
        bench.graph(|graph| {
            let others = graph.nodes.iter().filter(|node| node.id != from && node.step != NodeKind::Entry {});
            others
                .map(|node| {
                    (
                        node.id.clone(),
                        format!("{}: {}", node.step.title(), node.name.clone().unwrap_or_else(|| node.step.describe())),
                    )
                })
                .collect::<Vec<_>>()
        })
    });
    let add = move || {
        if let Some(item) = palette::item(&kind.get_untracked()) {
            bench.add(item.step, Some((id.get_value(), outlet.get_untracked())));
            bench.focus_row();
        }
    };
    let connect = move || {
        let to = other.get_untracked();
        let to = if to.is_empty() { others.get_untracked().into_iter().next().map(|(id, _)| id) } else { Some(to) };
        if let Some(to) = to {
            bench.connect(&id.get_value(), &outlet.get_untracked(), &to);
        }
    };
    let way_text = move |name: &str| match target(name) {
        Some((_, title)) => format!("{name}: leads to {title}"),
        None => format!("{name}: people stop here"),
    };
    let disconnect = move || {
        bench.disconnect(&id.get_value(), &outlet.get_untracked());
        // The button goes with the connector.
        bench.focus_row();
    };
    view! {
        <div class="step-tools-row">
            <label class="step-tools-field">
                <span class="field-label">"Way out"</span>
                <select prop:value=outlet on:change=move |event| chosen.set(event_target_value(&event))>
                    {move || {
                        outlets
                            .get()
                            .into_iter()
                            .map(|name| {
                                let selected = outlet.get_untracked() == name;
                                view! { <option value=name.clone() selected=selected>{way_text(&name)}</option> }
                            })
                            .collect_view()
                    }}
                </select>
            </label>
            {move || {
                target(&outlet.get()).map(|_| view! { <ToolButton label="Disconnect" symbol=Symbol::Close press=disconnect /> })
            }}
        </div>
        <div class="step-tools-row">
            <label class="step-tools-field">
                <span class="field-label">"New step"</span>
                <select name="new-step" on:change=move |event| kind.set(event_target_value(&event))>
                    {GROUPS
                        .into_iter()
                        .map(|(group, title)| {
                            let options = items().into_iter().filter(|item| item.step.group() == group);
                            view! {
                                <optgroup label=title>
                                    {options
                                        .map(|item| {
                                            let selected = kind.get_untracked() == item.key;
                                            view! { <option value=item.key selected=selected>{item.step.title()}</option> }
                                        })
                                        .collect_view()}
                                </optgroup>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <ToolButton label="Add step" symbol=Symbol::Plus press=add />
        </div>
        {move || {
            (!others.read().is_empty())
                .then(|| {
                    view! {
                        <div class="step-tools-row">
                            <label class="step-tools-field">
                                <span class="field-label">"Existing step"</span>
                                <select on:change=move |event| other.set(event_target_value(&event))>
                                    {others
                                        .get()
                                        .into_iter()
                                        .map(|(id, text)| view! { <option value=id>{text}</option> })
                                        .collect_view()}
                                </select>
                            </label>
                            <ToolButton label="Connect" symbol=Symbol::Right press=connect />
                        </div>
                    }
                })
        }}
    }
}
