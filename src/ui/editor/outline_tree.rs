//! The rows of the outline. Of a large journey only those in sight are drawn, and the one that has
//! the keyboard; each says which of how many it is, so that screen readers know the whole tree.

use std::sync::Arc;

use leptos::{ev::KeyboardEvent, html, prelude::*};

use super::{
    browser,
    context::{CanvasView, GraphState, Problems, Selection},
    navigation::{Navigation, row_id},
    step_box::GroupIcon,
};
use wayfare_domain::versions::Severity;
use wayfare_editor_model::outline::OutlineItem;

/// Up to this many rows, all are drawn.
const ALL_DRAWN_MAX: usize = 400;
/// How many rows are drawn out of sight on each side.
const MARGIN_ROWS: usize = 20;
/// The height of a row where rows are placed by their number.
const ROW_HEIGHT_REM: usize = 2;

type Rows = Arc<Vec<OutlineItem>>;

/// A row as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DrawnRow {
    row: OutlineItem,
    /// Its number, where rows are placed by it.
    number: Option<usize>,
}

#[component]
pub fn Tree() -> impl IntoView {
    let graph = GraphState::here();
    let selection = Selection::here();
    let rows = Memo::new(move |_| {
        let _ = (graph.connectors.track(), graph.node_ids.track(), graph.generation.track());
        graph.outline()
    });
    // The row that Tab leads to: the one it was in last, else the first.
    let current = Memo::new(move |_| {
        let rows = rows.get();
        let focused = selection.focused_row.get();
        let index = focused
            .and_then(|focused| rows.iter().position(|row| row.key() == focused))
            .unwrap_or(0);
        rows.get(index).map(|row| (index, row.key()))
    });
    let tree = NodeRef::<html::Ul>::new();
    let visible = RwSignal::new((0, 3 * MARGIN_ROWS));
    let is_large = Memo::new(move |_| rows.read().len() > ALL_DRAWN_MAX);
    let update_visible = move || {
        if let (true, Some(tree)) = (is_large.get_untracked(), tree.get_untracked()) {
            let height =
                f64::from(tree.scroll_height()) / rows.read_untracked().len().max(1) as f64;
            let first = (f64::from(tree.scroll_top()) / height.max(1.0)) as usize;
            let count = (f64::from(tree.client_height()) / height.max(1.0)) as usize;
            // In steps of ten, so that a scroll by a pixel changes nothing.
            let first = first.saturating_sub(MARGIN_ROWS) / 10 * 10;
            let range = (first, first + count + 3 * MARGIN_ROWS);
            if visible.get_untracked() != range {
                visible.set(range);
            }
        }
    };
    request_animation_frame(update_visible);
    let drawn = move || {
        let rows = rows.get();
        if rows.len() <= ALL_DRAWN_MAX {
            return rows.iter().map(|row| DrawnRow { row: row.clone(), number: None }).collect();
        }
        let (first, end) = visible.get();
        let current = current.get().map(|(index, _)| index);
        let shown = rows
            .iter()
            .enumerate()
            .filter(|(index, _)| (first..end).contains(index) || current == Some(*index));
        shown
            .map(|(index, row)| DrawnRow { row: row.clone(), number: Some(index) })
            .collect::<Vec<_>>()
    };
    view! {
        <ul
            class="tree"
            class:tree-large=is_large
            role="tree"
            aria-label="Steps"
            aria-multiselectable="true"
            node_ref=tree
            on:scroll=move |_| update_visible()
        >
            <For each=drawn key=DrawnRow::clone let:row>
                <TreeRow row=row rows=rows current=current />
            </For>
            {move || {
                is_large
                    .get()
                    .then(|| view! { <li class="tree-end" role="presentation" style:height=format!("{}rem", rows.read().len() * ROW_HEIGHT_REM)></li> })
            }}
        </ul>
    }
}

#[component]
fn TreeRow(
    row: DrawnRow,
    rows: Memo<Rows>,
    current: Memo<Option<(usize, String)>>,
) -> impl IntoView {
    let graph = GraphState::here();
    let selection = Selection::here();
    let navigation = Navigation::here();
    let canvas = CanvasView::here();
    let problems = Problems::here();
    let DrawnRow { row, number } = row;
    let key = row.key();
    let Some(view) = graph.node_view(&row.node) else { return ().into_any() };
    let id = StoredValue::new(row.node.clone());
    let row_key = StoredValue::new(key.clone());
    let group = view.node.with_untracked(|node| node.step.group());
    let is_selected = Memo::new(move |_| id.with_value(|id| selection.nodes.read().contains(id)));
    let is_focused = Memo::new(move |_| {
        row_key.with_value(|key| current.read().as_ref().is_some_and(|(_, current)| current == key))
    });
    let counts = Memo::new(move |_| {
        let all = problems.found.read();
        let own =
            all.iter().filter(|problem| id.with_value(|id| problem.node.as_ref() == Some(id)));
        own.fold((0, false), |(count, has_error), problem| {
            (count + 1, has_error || problem.severity == Severity::Error)
        })
    });
    let by = row
        .by
        .as_ref()
        .filter(|(_, outlet)| outlet != "next")
        .map(|(from, outlet)| graph.outlet_title(from, outlet));
    let node = view.node;
    let (kind, text) = {
        let (a, b) = (node.clone(), node);
        (
            move || a.read().step.title(),
            move || b.with(|node| node.name.clone().unwrap_or_else(|| node.step.describe())),
        )
    };
    let is_repeated = row.again;
    let on_focus = move |_| {
        selection.focused_row.set(Some(row_key.get_value()));
        if !id.with_value(|id| selection.contains_untracked(id)) {
            selection.select_one(&id.get_value());
            selection.focused_row.set(Some(row_key.get_value()));
            canvas.reveal(&id.get_value());
        }
    };
    let on_key = move |event: KeyboardEvent| {
        move_by_key(selection, navigation, &rows.get_untracked(), &row_key.get_value(), &event);
    };
    view! {
        <li
            id=row_id(&key)
            class=format!("tree-row group-{}", group.key())
            class:tree-again=is_repeated
            role="treeitem"
            attr:aria-level=row.depth.to_string()
            aria-posinset=row.place.0.to_string()
            aria-setsize=row.place.1.to_string()
            aria-selected=move || is_selected.get().to_string()
            tabindex=move || if is_focused.get() { "0" } else { "-1" }
            style:padding-inline-start=format!("{}rem", 0.5 + 1.1 * (row.depth.min(12) - 1) as f64)
            style:top=number.map(|number| format!("{}rem", number * ROW_HEIGHT_REM))
            on:focus=on_focus
            on:click=move |_| browser::focus(&row_id(&row_key.get_value()))
            on:keydown=on_key
        >
            {by.map(|by| view! { <span class="tree-by">{by}</span> })}
            <GroupIcon group=group />
            <span class="tree-kind">{kind}</span>
            <span class="tree-text">
                {if is_repeated { view! { "as above: " }.into_any() } else { ().into_any() }}
                {text}
            </span>
            {move || {
                let (count, error) = counts.get();
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

/// What a key does on a row.
fn move_by_key(
    selection: Selection,
    navigation: Navigation,
    rows: &[OutlineItem],
    key: &str,
    event: &KeyboardEvent,
) {
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
        "Enter" if rows[at].again => {
            rows.iter().position(|row| row.node == rows[at].node && !row.again)
        }
        "Enter" => {
            navigation.open_form();
            None
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(row) = to.and_then(|to| rows.get(to)) {
        selection.select_one(&row.node);
        selection.focused_row.set(Some(row.key()));
        let id = row_id(&row.key());
        // A row far away is not drawn yet.
        if !browser::try_focus(&id) {
            browser::after_paint(move || browser::focus(&id));
        }
    }
}
