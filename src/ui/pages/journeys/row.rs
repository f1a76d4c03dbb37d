//! One row. It stays in place while its stats change, and each cell follows only its own value.

use leptos::{ev::MouseEvent, prelude::*};

use super::state::{ActionTarget, Dialog, ListState};
use crate::{
    api::operations::operate,
    ui::{
        components::{
            icon::{Icon, Symbol},
            label_chip::LabelChip,
            menu::MenuButton,
            status_badge::StatusBadge,
            time::ShortDate,
        },
        dom,
    },
};
use wayfare_domain::{
    access::permissions::{Permission, Role},
    ids::JourneyId,
    journeys::{
        edit::permission_to_rename,
        list::columns::Column,
        read_model::JourneySummary,
        transition::{Action, TransitionResult, transition},
    },
    stats::{format_count, format_percent},
};

/// Hidden from lower roles (`style/base.css`).
const CREATOR: &str = "needs-creator";
const PUBLISHER: &str = "needs-publisher";

fn class_of(permission: Permission) -> &'static str {
    if permission.least_role() <= Role::Creator { CREATOR } else { PUBLISHER }
}

#[component]
pub fn JourneyRow(id: JourneyId, columns: Memo<Vec<Column>>) -> impl IntoView {
    let state = expect_context::<ListState>();
    // The row may have left the page a moment before it is taken down: then it keeps what it
    // showed.
    let Some(first) = untrack(|| find(state, id)) else { return ().into_any() };
    let row = Memo::new(move |earlier: Option<&JourneySummary>| {
        find(state, id).unwrap_or_else(|| earlier.unwrap_or(&first).clone())
    });
    let ticked = Memo::new(move |_| {
        state.ticked.with(|ticked| ticked.contains(&id)) || state.all_matching.get()
    });
    let name = Memo::new(move |_| row.read().name.clone());
    let labels = Memo::new(move |_| row.read().labels.clone());
    let on_click =
        move |event: MouseEvent| state.tick(id, event_target_checked(&event), event.shift_key());
    view! {
        <tr role="row" class:is-ticked=move || ticked.get()>
            <td role="cell" class="cell-tick">
                <input
                    class="tick"
                    r#type="checkbox"
                    name="ids[]"
                    form="bulk"
                    value=id.to_string()
                    aria-label=move || format!("Select {}", name.get())
                    prop:checked=move || ticked.get()
                    on:click=on_click
                />
            </td>
            <th scope="row" role="rowheader" class="cell-name">
                <a class="journey-name" rel="external" href=format!("/journeys/{id}")>
                    {move || name.get()}
                </a>
                <span class="journey-meta">
                    <span class="journey-id" title=id.to_string()>
                        {id.short()}
                    </span>
                    <For each=move || labels.get() key=|label| label.clone() let:label>
                        <LabelChip label=label />
                    </For>
                </span>
            </th>
            <For each=move || columns.get() key=|column| *column let:column>
                <Cell row=row column=column />
            </For>
            <td role="cell" class="cell-menu">
                <RowMenu row=row name=name />
            </td>
        </tr>
    }
    .into_any()
}

fn find(state: ListState, id: JourneyId) -> Option<JourneySummary> {
    state.page.with(|page| page.rows.iter().find(|row| row.id == id).cloned())
}

#[component]
fn Cell(row: Memo<JourneySummary>, column: Column) -> impl IntoView {
    let class = if column.is_number() { "cell-number" } else { "cell-text" };
    let content = move || match column {
        Column::Status => {
            let status = row.read().status;
            view! { <StatusBadge status=status /> }.into_any()
        }
        Column::EntryType => row.read().entry_type.title().into_any(),
        Column::Start => row.read().start.map(|at| view! { <ShortDate at=at /> }).into_any(),
        Column::Entered => format_count(row.read().figures.entered).into_any(),
        Column::Inside => format_count(row.read().figures.inside).into_any(),
        Column::GoalsMet => format_count(row.read().figures.converted).into_any(),
        Column::Rate => row
            .read()
            .figures
            .rate()
            .map(format_percent)
            .unwrap_or_else(|| "–".to_string())
            .into_any(),
        Column::Versions => row.read().versions.to_string().into_any(),
        Column::Created => {
            let row = row.read();
            view! { <ActorAndDate name=row.created_by.name.clone() at=row.created_at /> }.into_any()
        }
        Column::Published => {
            let row = row.read();
            let published = row.published_by.clone().zip(row.published_at);
            published.map(|(by, at)| view! { <ActorAndDate name=by.name at=at /> }).into_any()
        }
    };
    view! { <td role="cell" class=class data-label=column.title()>{content}</td> }
}

/// Who did it and when, one under the other.
#[component]
fn ActorAndDate(name: String, at: wayfare_domain::time::Timestamp) -> impl IntoView {
    view! {
        <span class="who">
            <ShortDate at=at />
            <span class="who-name">{name}</span>
        </span>
    }
}

#[component]
fn RowMenu(row: Memo<JourneySummary>, name: Memo<String>) -> impl IntoView {
    let state = expect_context::<ListState>();
    let id = row.read_untracked().id;
    let menu = format!("row-{}", id.short());
    let popover = format!("{menu}-menu");
    let close = {
        let popover = popover.clone();
        move || dom::hide_popover(&popover)
    };
    let archived = Memo::new(move |_| row.read().archived);
    let elsewhere = state.seat.is_some_and(|seat| seat.elsewhere);
    let deletable = Memo::new(move |_| {
        let situation = row.read().state(state.page.read().now);
        matches!(transition(situation, Action::Delete), TransitionResult::Apply(_))
    });
    let renames = Memo::new(move |_| class_of(permission_to_rename(row.read().ever_published)));
    let on_clone = {
        let close = close.clone();
        move |event: MouseEvent| {
            // Where there is another project to clone into, a page asks which.
            if !elsewhere {
                event.prevent_default();
                close();
                state.clone_and_open(id);
            }
        }
    };
    let on_rename = opens(state, close.clone(), move || Dialog::Rename {
        journey: id,
        name: name.get_untracked(),
    });
    let on_description = opens(state, close.clone(), move || Dialog::Description {
        journey: id,
        name: name.get_untracked(),
        description: row.read_untracked().description.clone(),
    });
    view! {
        <MenuButton id=menu label=Signal::derive(move || format!("More actions for {}", name.get()))>
            <button
                role="menuitem"
                class=CREATOR
                r#type="submit"
                form="row-action"
                formaction=elsewhere.then(|| format!("/journeys/{id}/clone"))
                formmethod=elsewhere.then_some("get")
                name="id"
                value=id.to_string()
                on:click=on_clone
            >
                <Icon symbol=Symbol::Copy />
                "Clone"
            </button>
            <a role="menuitem" class=CREATOR rel="external" href=format!("/journeys/{id}/edit")>
                <Icon symbol=Symbol::Edit />
                "Edit"
            </a>
            <a
                role="menuitem"
                class=move || renames.get()
                rel="external"
                href=format!("/journeys/{id}/edit#name")
                on:click=on_rename
            >
                <Icon symbol=Symbol::Draft />
                "Rename"
            </a>
            {
                let close = close.clone();
                move || {
                    if archived.get() {
                        view! { <ActionItem id=id action=Action::Unarchive symbol=Symbol::Unarchive text="Unarchive" close=close.clone() /> }
                    } else {
                        view! { <ActionItem id=id action=Action::Archive symbol=Symbol::Archive text="Archive" close=close.clone() /> }
                    }
                }
            }
            <a role="menuitem" rel="external" href=format!("/journeys/{id}#description") on:click=on_description>
                <Icon symbol=Symbol::Text />
                "View description"
            </a>
            {move || {
                let close = close.clone();
                deletable
                    .get()
                    .then(|| view! { <ActionItem id=id action=Action::Delete symbol=Symbol::Trash text="Delete" close=close /> })
            }}
        </MenuButton>
    }
}

/// A click that opens a dialog instead of following the link that serves without scripts.
fn opens(
    state: ListState,
    close: impl Fn() + 'static,
    dialog: impl Fn() -> Dialog + 'static,
) -> impl Fn(MouseEvent) + 'static {
    move |event| {
        event.prevent_default();
        close();
        state.dialog.set(Some(dialog()));
    }
}

/// An item that carries out an action on this one journey.
#[component]
fn ActionItem(
    id: JourneyId,
    action: Action,
    symbol: Symbol,
    text: &'static str,
    close: impl Fn() + Clone + Send + 'static,
) -> impl IntoView {
    let state = expect_context::<ListState>();
    let on_click = move |event: MouseEvent| {
        event.prevent_default();
        close();
        let ActionTarget { ids, matching } = ActionTarget::one(id);
        state.run(async move {
            operate(action.key().to_string(), ids, matching, None, String::new()).await
        });
    };
    view! {
        <button
            role="menuitem"
            class=if action == Action::Delete { CREATOR } else { PUBLISHER }
            r#type="submit"
            form=format!("row-{action}")
            name="ids[]"
            value=id.to_string()
            on:click=on_click
        >
            <Icon symbol=symbol />
            {text}
        </button>
    }
}
