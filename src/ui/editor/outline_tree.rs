//! The rows of the outline. Of a large journey only those are there that can be seen, and the one
//! that has the keyboard; each says which of how many it is, so that no one hears less of the tree
//! than is in it.

use std::sync::Arc;

use leptos::{ev::KeyboardEvent, html, prelude::*};

use super::{
    bench::{Bench, row_id},
    browser,
    step_box::GroupIcon,
};
use wayfare_domain::versions::Severity;
use wayfare_editor_model::outline::OutlineItem;

/// Up to so many rows all are there.
const ALL_DRAWN: usize = 400;
/// So many more than can be seen are there on each side.
const MARGIN: usize = 20;
/// The height of a row where they are placed by their number, in rem.
const HEIGHT: usize = 2;

type Rows = Arc<Vec<OutlineItem>>;

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct TreeRow {
    row: OutlineItem,
    /// Its number, where rows are placed by it.
    number: Option<usize>,
}

#[component]
pub fn Tree() -> impl IntoView {
    let bench = Bench::here();
    let rows = Memo::new(move |_| {
        let _ = (bench.wires.track(), bench.order.track(), bench.generation.track());
        bench.rows()
    });
    // Where the keyboard gets in: the row it was in last, else the first.
    let current = Memo::new(move |_| {
        let rows = rows.get();
        let wanted = bench.row.get();
        let at =
            wanted.and_then(|wanted| rows.iter().position(|row| row.key() == wanted)).unwrap_or(0);
        rows.get(at).map(|row| (at, row.key()))
    });
    let tree = NodeRef::<html::Ul>::new();
    let seen = RwSignal::new((0, 3 * MARGIN));
    let is_large = Memo::new(move |_| rows.read().len() > ALL_DRAWN);
    let look = move || {
        if let (true, Some(tree)) = (is_large.get_untracked(), tree.get_untracked()) {
            let height =
                f64::from(tree.scroll_height()) / rows.read_untracked().len().max(1) as f64;
            let first = (f64::from(tree.scroll_top()) / height.max(1.0)) as usize;
            let count = (f64::from(tree.client_height()) / height.max(1.0)) as usize;
            // In steps, so that not every pixel of a scroll asks anew.
            let first = first.saturating_sub(MARGIN) / 10 * 10;
            let now = (first, first + count + 3 * MARGIN);
            if seen.get_untracked() != now {
                seen.set(now);
            }
        }
    };
    request_animation_frame(look);
    let lines = move || {
        let rows = rows.get();
        if rows.len() <= ALL_DRAWN {
            return rows.iter().map(|row| TreeRow { row: row.clone(), number: None }).collect();
        }
        let (first, end) = seen.get();
        let current = current.get().map(|(at, _)| at);
        let shown = rows
            .iter()
            .enumerate()
            .filter(|(at, _)| (first..end).contains(at) || current == Some(*at));
        shown.map(|(at, row)| TreeRow { row: row.clone(), number: Some(at) }).collect::<Vec<_>>()
    };
    view! {
        <ul
            class="tree"
            class:tree-large=is_large
            role="tree"
            aria-label="Steps"
            aria-multiselectable="true"
            node_ref=tree
            on:scroll=move |_| look()
        >
            <For each=lines key=|line| line.clone() let:line>
                <TreeRow line=line rows=rows current=current />
            </For>
            {move || {
                is_large
                    .get()
                    .then(|| view! { <li class="tree-end" role="presentation" style:height=format!("{}rem", rows.read().len() * HEIGHT)></li> })
            }}
        </ul>
    }
}

#[component]
fn TreeRow(
    line: TreeRow,
    rows: Memo<Rows>,
    current: Memo<Option<(usize, String)>>,
) -> impl IntoView {
    let bench = Bench::here();
    let TreeRow { row, number } = line;
    let key = row.key();
    let Some(cell) = bench.cell(&row.node) else { return ().into_any() };
    let id = StoredValue::new(row.node.clone());
    let here = StoredValue::new(key.clone());
    let group = cell.node.with_untracked(|node| node.step.group());
    let chosen = Memo::new(move |_| id.with_value(|id| bench.chosen.read().contains(id)));
    let reached = Memo::new(move |_| {
        here.with_value(|here| current.read().as_ref().is_some_and(|(_, current)| current == here))
    });
    let found = Memo::new(move |_| {
        let checks = bench.checks.read();
        let mine =
            checks.iter().filter(|check| id.with_value(|id| check.node.as_ref() == Some(id)));
        mine.fold((0, false), |(count, error), check| {
            (count + 1, error || check.severity == Severity::Error)
        })
    });
    let by = row
        .by
        .as_ref()
        .filter(|(_, outlet)| outlet != "next")
        .map(|(from, outlet)| bench.outlet_title(from, outlet));
    let node = cell.node;
    let (kind, text) = {
        let (a, b) = (node.clone(), node);
        (
            move || a.read().step.title(),
            move || b.with(|node| node.name.clone().unwrap_or_else(|| node.step.describe())),
        )
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
            tabindex=move || if reached.get() { "0" } else { "-1" }
            style:padding-inline-start=format!("{}rem", 0.5 + 1.1 * (row.depth.min(12) - 1) as f64)
            style:top=number.map(|number| format!("{}rem", number * HEIGHT))
            on:focus=focused
            on:click=move |_| browser::focus(&row_id(&here.get_value()))
            on:keydown=move |event| key_on_row(bench, &rows.get_untracked(), &here.get_value(), again, &event)
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
                let label = if count == 1 { "1 problem".to_string() } else { format!("{count} \
                    problems") };
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

fn key_on_row(bench: Bench, rows: &[OutlineItem], key: &str, again: bool, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let Some(at) = rows.iter().position(|row| row.key() == key) else { return };
    let depth = rows[at].depth;
    let to = match event.key().as_str() {
        "ArrowDown" => Some(at + 1),
        "ArrowUp" => at.checked_sub(1),
        "ArrowRight" => {
            Some(at + 1).filter(|next| rows.get(*next).is_some_and(|row| row.depth > depth))
        }
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
        let id = row_id(&row.key());
        // A row far away is not there yet.
        if !browser::try_focus(&id) {
            browser::later(move || browser::focus(&id));
        }
    }
}
