//! Which columns the list shows. The choice is kept in this browser.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::state::ListState;
use crate::{
    api::filters::choose_columns,
    ui::{
        components::icon::{Icon, Symbol},
        dom,
    },
};
use wayfare_domain::{journeys::list::columns::Column, query_string::pairs};

#[component]
pub fn ColumnsMenu() -> impl IntoView {
    let state = expect_context::<ListState>();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let columns = pairs(&dom::form_query(&event))
            .filter(|(key, _)| key == "columns")
            .map(|(_, value)| value)
            .collect();
        spawn_local(async move {
            match choose_columns(columns, String::new()).await {
                Ok(()) => {
                    dom::hide_popover("columns-panel");
                    state.refresh.update(|count| *count += 1);
                }
                Err(error) => state.toaster().error(&error),
            }
        });
    };
    view! {
        <button class="button" r#type="button" popovertarget="columns-panel" aria-haspopup="dialog">
            <Icon symbol=Symbol::Columns />
            "Columns"
        </button>
        <div id="columns-panel" class="menu menu-columns" role="dialog" aria-label="Choose columns" popover="auto">
            <form method="post" action="/api/ui/columns/choose" on:submit=on_submit>
                <input r#type="hidden" name="back" value=move || state.url.get() />
                <fieldset class="choices">
                    <legend>"Show these columns"</legend>
                    {Column::ALL
                        .into_iter()
                        .map(|column| {
                            let on = Memo::new(move |_| state.page.read().columns.shows(column));
                            view! {
                                <label class="choice">
                                    <input
                                        r#type="checkbox"
                                        name="columns[]"
                                        value=column.key()
                                        checked=on.get_untracked()
                                        prop:checked=move || on.get()
                                    />
                                    <span>{column.title()}</span>
                                </label>
                            }
                        })
                        .collect_view()}
                </fieldset>
                <button class="button button-primary" r#type="submit">
                    "Show"
                </button>
            </form>
        </div>
    }
}
