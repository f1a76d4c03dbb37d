//! `/audit`: who did what, and when.

use leptos::prelude::*;

use super::query_string;
use crate::{
    api::audit::read_audit,
    ui::components::{
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::{
    audit::{AuditEntry, AuditEvent, AuditPage as Log, AuditQuery},
    stats::{format_count, pluralize},
};

#[component]
pub fn AuditPage() -> impl IntoView {
    let query = query_string();
    view! {
        <Page title="Audit log" wide=true>
            <Loaded
                load=move || {
                    let query = query.get_untracked();
                    async move { read_audit(&query).await }
                }
                view=|log| view! { <Entries log=log /> }.into_any()
            />
        </Page>
    }
}

fn address(query: &AuditQuery) -> String {
    let query = query.to_query();
    if query.is_empty() { "/audit".to_string() } else { format!("/audit?{query}") }
}

#[component]
fn Entries(log: Log) -> impl IntoView {
    let last = log.last_page();
    let query = log.query.clone();
    let export = format!("/audit.csv?{}", query.with_page(1).to_query());
    let page = query.page;
    let none = log.entries.is_empty();
    let total = log.total;
    view! {
        <Filters log=log.clone() />
        <p class="audit-summary">
            {pluralize(total, "entry", "entries")} " " <a href=export download="wayfare-audit.csv">"Download as CSV"</a>
        </p>
        {none.then(|| view! { <p class="card">"No entries match. " <a href="/audit">"Reset filters"</a></p> })}
        {(!none).then(|| view! { <EntryTable entries=log.entries /> })}
        <nav class="pager" aria-label="Pages">
            <p>{format!("Page {} of {}", format_count(page), format_count(last))}</p>
            <p class="pager-steps">
                {(page > 1).then(|| view! { <a class="page-link" href=address(&query.with_page(page - 1))>"Newer"</a> })}
                {(page < last).then(|| view! { <a class="page-link" href=address(&query.with_page(page + 1))>"Older"</a> })}
            </p>
        </nav>
    }
}

#[component]
fn Filters(log: Log) -> impl IntoView {
    let query = log.query;
    let filtered = query.is_filtered();
    let day =
        |day: Option<wayfare_domain::time::Day>| day.map(|day| day.to_string()).unwrap_or_default();
    view! {
        <form class="filters" method="get" action="/audit" role="search" aria-label="Audit log">
            <label class="field">
                <span class="field-label">"Search"</span>
                <input r#type="search" name="search" value=query.search.clone() placeholder="Abandoned cart" />
            </label>
            <label class="field">
                <span class="field-label">"Who"</span>
                <select name="by">
                    <option value="">"Everyone"</option>
                    {log
                        .people
                        .into_iter()
                        .map(|person| {
                            view! {
                                <option value=person.id.to_string() selected=query.by == Some(person.id)>
                                    {person.name}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <label class="field">
                <span class="field-label">"What"</span>
                <select name="event">
                    <option value="">"Everything"</option>
                    {AuditEvent::all()
                        .map(|event| {
                            let key = event.key();
                            view! {
                                <option value=key.clone() selected=query.event.as_deref() == Some(key.as_str())>
                                    {event.title()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <label class="field">
                <span class="field-label">"From"</span>
                <input r#type="date" name="from" value=day(query.from) />
            </label>
            <label class="field">
                <span class="field-label">"To"</span>
                <input r#type="date" name="to" value=day(query.to) />
            </label>
            <div class="form-actions">
                <button class="button" r#type="submit">
                    "Apply"
                </button>
                {filtered.then(|| view! { <a class="button" href="/audit">"Reset"</a> })}
            </div>
        </form>
    }
}

#[component]
fn EntryTable(entries: Vec<AuditEntry>) -> impl IntoView {
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Entries">
            <table class="plain-table audit" aria-label="Audit log">
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"From"</th>
                    </tr>
                </thead>
                <tbody>{entries.into_iter().map(|entry| view! { <EntryRow entry=entry /> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn EntryRow(entry: AuditEntry) -> impl IntoView {
    let title = AuditEvent::from_key(&entry.event).map_or(entry.event, AuditEvent::title);
    let count = entry.changed.zip(entry.matched).map(|(changed, matched)| {
        format!("{} of {}", format_count(changed), format_count(matched))
    });
    let filter = entry
        .filter
        .map(|filter| if filter.is_empty() { "all journeys".to_string() } else { filter });
    view! {
        <tr>
            <td class="cell-time">
                <LongDate at=entry.at />
            </td>
            <td>{entry.by.name}</td>
            <td>
                <span class="audit-title">{title}</span>
                " "
                <span class="audit-text">{entry.summary}</span>
                <span class="hint audit-more">
                    {count}
                    {filter.map(|filter| format!(" · filter: {filter}"))}
                    {entry.operation.map(|id| view! { " " <a href=format!("/operations/{id}")>"View result"</a> })}
                </span>
            </td>
            <td>
                {if entry.address.is_empty() { "this server".to_string() } else { entry.address }}
                <span class="hint audit-more">{entry.device}</span>
            </td>
        </tr>
    }
}
