//! Search, filters and columns, at the top right. Every form is a plain GET or POST and works
//! without scripts.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{columns_menu::ColumnsMenu, state::ListState};
use crate::{
    api::filters::save_filter,
    ui::{
        components::icon::{Icon, Symbol},
        dom,
    },
};
use wayfare_domain::{
    journeys::{
        list::query::{DateField, ListQuery},
        settings::EntryType,
        status::Status,
    },
    names::SAVED_FILTER_MAX,
    query_string::FOR_PROJECT,
};

/// Milliseconds of quiet in the search box before it searches.
const SEARCH_PAUSE_MS: u64 = 220;

#[component]
pub fn ListTools() -> impl IntoView {
    let state = expect_context::<ListState>();
    let conditions = Memo::new(move |_| state.page.read().query.filter.conditions());
    view! {
        <div class="tools">
            <SearchBox />
            <button class="button" r#type="button" popovertarget="filter-panel" aria-haspopup="dialog">
                <Icon symbol=Symbol::Filter />
                "Filters"
                {move || (conditions.get() > 0).then(|| view! { <span class="button-count" aria-hidden="true">{conditions.get()}</span> })}
            </button>
            <ColumnsMenu />
            <FilterPanel />
        </div>
    }
}

#[component]
fn SearchBox() -> impl IntoView {
    let state = expect_context::<ListState>();
    let navigate = use_navigate();
    let search = move |text: String| {
        let query = state.page.with_untracked(|page| page.query.clone());
        let target = query.with_filter(|filter| filter.search = text.trim().to_string());
        if target.filter.search != query.filter.search {
            navigate(
                &target.to_url(),
                NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() },
            );
        }
    };
    let typed = RwSignal::new(None::<String>);
    let pending = StoredValue::new(None::<TimeoutHandle>);
    let on_input = {
        let search = search.clone();
        move |event| {
            let text = event_target_value(&event);
            typed.set(Some(text.clone()));
            if let Some(handle) = pending.get_value() {
                handle.clear();
            }
            let search = search.clone();
            let pause = std::time::Duration::from_millis(SEARCH_PAUSE_MS);
            let handle = set_timeout_with_handle(
                move || {
                    pending.set_value(None);
                    search(text);
                },
                pause,
            );
            pending.set_value(handle.ok());
        }
    };
    // An answer to an earlier search never overwrites what is being typed; a link to another search
    // does.
    Effect::new(move |_| {
        let shown = state.page.with(|page| page.query.filter.search.clone());
        let differs =
            typed.with_untracked(|typed| typed.as_ref().is_some_and(|typed| typed.trim() != shown));
        if differs && pending.with_value(Option::is_none) {
            typed.set(None);
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(text) = typed.get_untracked() {
            search(text);
        }
    };
    view! {
        <form class="search" role="search" method="get" action="/journeys" on:submit=on_submit>
            <Icon symbol=Symbol::Search />
            <input
                r#type="search"
                name="q"
                aria-label="Search journeys"
                placeholder="Name or ID"
                autocomplete="off"
                maxlength="200"
                value=state.page.with_untracked(|page| page.query.filter.search.clone())
                prop:value=move || typed.get().unwrap_or_else(|| state.page.with(|page| page.query.filter.search.clone()))
                on:input=on_input
            />
            <KeptFields of=|query| query.with_filter(|filter| filter.search.clear()) />
        </form>
    }
}

/// The rest of the list's query as hidden fields, so that a plain form keeps it.
#[component]
pub fn KeptFields(of: impl Fn(&ListQuery) -> ListQuery + Send + Sync + 'static) -> impl IntoView {
    let state = expect_context::<ListState>();
    let pairs = Memo::new(move |_| {
        let query = of(&state.page.read().query).with_page(1).to_query();
        wayfare_domain::query_string::pairs(&query).collect::<Vec<_>>()
    });
    view! {
        <For each=move || pairs.get() key=|pair| pair.clone() let:pair>
            <input r#type="hidden" name=pair.0 value=pair.1 />
        </For>
    }
}

#[component]
fn FilterPanel() -> impl IntoView {
    let state = expect_context::<ListState>();
    let navigate = use_navigate();
    let on_reset = {
        let navigate = navigate.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            dom::hide_popover("filter-panel");
            let archived = state.page.with_untracked(|page| page.query.filter.archived);
            let everything = ListQuery::default().with_filter(|filter| filter.archived = archived);
            navigate(
                &everything.to_url(),
                NavigateOptions { scroll: false, ..NavigateOptions::default() },
            );
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let fields = dom::form_query(&event);
        let query = match ListQuery::parse(&fields) {
            Ok(query) => query,
            Err(errors) => return state.toaster().error(&crate::api::AppError::Invalid(errors)),
        };
        // The button that saves has the project; the one that applies has nothing.
        if !dom::submitter_value(&event).is_empty() {
            save(state, fields, query, navigate.clone());
        } else {
            dom::hide_popover("filter-panel");
            navigate(
                &query.to_url(),
                NavigateOptions { scroll: false, ..NavigateOptions::default() },
            );
        }
    };
    view! {
        <div id="filter-panel" class="panel" role="dialog" aria-label="Filter journeys" popover="auto">
            <form class="panel-form" method="get" action="/journeys" on:submit=on_submit>
                <div class="panel-head">
                    <h2>"Filter journeys"</h2>
                    <button class="icon-button" r#type="button" popovertarget="filter-panel" popovertargetaction="hide" aria-label="Close">
                        <Icon symbol=Symbol::Close />
                    </button>
                </div>
                <div class="panel-body">
                    <KeptFields of=|query| query.with_filter(|filter| {
                        let kept = (filter.search.clone(), filter.archived);
                        *filter = Default::default();
                        (filter.search, filter.archived) = kept;
                    }) />
                    <StatusChoice />
                    <EntryChoice />
                    <PeopleChoice />
                    <LabelChoice />
                    <DateChoice />
                </div>
                <div class="panel-foot">
                    <div class="panel-actions">
                        <button class="button button-primary" r#type="submit">
                            "Apply"
                        </button>
                        <button class="button" r#type="submit" form="filter-reset">
                            "Reset"
                        </button>
                    </div>
                    <div class="panel-save needs-creator">
                        <label class="field">
                            <span class="field-label">"Name for these filters"</span>
                            <input r#type="text" name="saved_filter_name" maxlength=SAVED_FILTER_MAX.to_string() autocomplete="off" />
                        </label>
                        <button
                            class="button"
                            r#type="submit"
                            formaction="/api/ui/filters/save"
                            formmethod="post"
                            name=FOR_PROJECT
                            value=dom::shown_project()
                        >
                            <Icon symbol=Symbol::Star />
                            "Save filter"
                        </button>
                    </div>
                </div>
            </form>
            <form id="filter-reset" method="get" action="/journeys" on:submit=on_reset>
                <KeptFields of=|query| ListQuery::default().with_filter(|filter| filter.archived = query.filter.archived) />
            </form>
        </div>
    }
}

fn save(
    state: ListState,
    fields: String,
    query: ListQuery,
    navigate: impl Fn(&str, NavigateOptions) + 'static,
) {
    let field = |wanted: &str| {
        wayfare_domain::query_string::pairs(&fields)
            .filter(|(key, _)| key == wanted)
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
    };
    let one = |wanted: &str| field(wanted).into_iter().next().unwrap_or_default();
    let call = save_filter(
        one("saved_filter_name"),
        one("q"),
        field("status"),
        field("entry"),
        field("by"),
        field("label"),
        one("date"),
        one("from"),
        one("to"),
        one("archived"),
        one("sort"),
        one("per"),
        dom::shown_project().unwrap_or_default(),
    );
    spawn_local(async move {
        match call.await {
            Ok(saved) => {
                dom::hide_popover("filter-panel");
                state.toaster().say(format!("Filter “{}” saved.", saved.name));
                state.refresh.update(|count| *count += 1);
                navigate(
                    &query.to_url(),
                    NavigateOptions { scroll: false, ..NavigateOptions::default() },
                );
            }
            Err(error) => state.toaster().error(&error),
        }
    });
}

#[component]
fn StatusChoice() -> impl IntoView {
    let state = expect_context::<ListState>();
    view! {
        <fieldset class="choices">
            <legend>"Status"</legend>
            {Status::ALL
                .into_iter()
                .map(|status| {
                    let on = Memo::new(move |_| state.page.read().query.filter.statuses.contains(&status));
                    view! { <Choice name="status[]" value=status.key().to_string() text=status.title().to_string() on=on /> }
                })
                .collect_view()}
        </fieldset>
    }
}

#[component]
fn EntryChoice() -> impl IntoView {
    let state = expect_context::<ListState>();
    view! {
        <fieldset class="choices">
            <legend>"Entry type"</legend>
            {EntryType::ALL
                .into_iter()
                .map(|entry| {
                    let on = Memo::new(move |_| state.page.read().query.filter.entry_types.contains(&entry));
                    view! { <Choice name="entry[]" value=entry.key().to_string() text=entry.title().to_string() on=on /> }
                })
                .collect_view()}
        </fieldset>
    }
}

#[component]
fn PeopleChoice() -> impl IntoView {
    let state = expect_context::<ListState>();
    view! {
        <fieldset class="choices">
            <legend>"Created by"</legend>
            <For each=move || state.page.with(|page| page.creators.clone()) key=|person| person.id let:person>
                {
                    let id = person.id;
                    let on = Memo::new(move |_| state.page.read().query.filter.created_by.contains(&id));
                    view! { <Choice name="by[]" value=id.to_string() text=person.name.clone() on=on /> }
                }
            </For>
        </fieldset>
    }
}

#[component]
fn LabelChoice() -> impl IntoView {
    let state = expect_context::<ListState>();
    view! {
        <fieldset class="choices">
            <legend>"Labels"</legend>
            <For each=move || state.page.with(|page| page.labels.clone()) key=|label| label.id let:label>
                {
                    let id = label.id;
                    let on = Memo::new(move |_| state.page.read().query.filter.labels.contains(&id));
                    view! { <Choice name="label[]" value=id.to_string() text=label.name.clone() on=on /> }
                }
            </For>
            {move || {
                state
                    .page
                    .with(|page| page.labels.is_empty())
                    .then(|| view! { <p class="hint">"No labels yet. Select journeys, then choose Label."</p> })
            }}
        </fieldset>
    }
}

#[component]
fn DateChoice() -> impl IntoView {
    let state = expect_context::<ListState>();
    let filter = move || state.page.with(|page| page.query.filter.clone());
    view! {
        <fieldset class="choices dates">
            <legend>"Dates (UTC)"</legend>
            <label class="field">
                <span class="field-label">"Which date"</span>
                <select name="date">
                    {DateField::ALL
                        .into_iter()
                        .map(|field| {
                            view! {
                                <option value=field.key() selected=move || filter().date_field == field>
                                    {field.title()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <label class="field">
                <span class="field-label">"From"</span>
                <input r#type="date" name="from" value=move || filter().from.map(|day| day.to_string()) />
            </label>
            <label class="field">
                <span class="field-label">"To"</span>
                <input r#type="date" name="to" value=move || filter().to.map(|day| day.to_string()) />
            </label>
        </fieldset>
    }
}

#[component]
fn Choice(name: &'static str, value: String, text: String, on: Memo<bool>) -> impl IntoView {
    view! {
        <label class="choice">
            <input r#type="checkbox" name=name value=value checked=on.get_untracked() prop:checked=move || on.get() />
            <span>{text}</span>
        </label>
    }
}
