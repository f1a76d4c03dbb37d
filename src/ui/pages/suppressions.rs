//! `/suppressions`: addresses that get no messages, and why.

use leptos::prelude::*;

use super::query_string;
use crate::{
    api::{
        request::{may, submitted_value},
        suppressions::read_suppressions,
    },
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        section::DELIVERY,
        time::LongDate,
        typed_text::TextArea,
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    messages::suppression::{AddressKind, Suppression, SuppressionPage as List, SuppressionQuery},
    stats::{format_count, pluralize},
};

#[component]
pub fn SuppressionsPage() -> impl IntoView {
    let query = query_string();
    view! {
        <Page title="Suppression list" section=DELIVERY>
            <p class="lead">
                "Addresses on this list get no messages, from any journey. Wayfare adds an \
                    address when a message bounces or is marked as spam, and when its owner \
                    unsubscribes."
            </p>
            <Loaded
                load=move || {
                    let query = query.get_untracked();
                    async move { read_suppressions(&query).await }
                }
                view=|list| view! { <Addresses list=list /> }.into_any()
            />
        </Page>
    }
}

fn address(query: &SuppressionQuery) -> String {
    let query = query.to_query();
    if query.is_empty() { "/suppressions".to_string() } else { format!("/suppressions?{query}") }
}

#[component]
fn Addresses(list: List) -> impl IntoView {
    let last = list.last_page();
    let query = list.query.clone();
    let page = query.page;
    let (none, searched) = (list.rows.is_empty(), !query.search.is_empty());
    let manages = may(Permission::ManageChannels);
    view! {
        {if may(Permission::SeePersonalData) {
            view! { <SearchForm search=query.search.clone() /> }.into_any()
        } else {
            view! { <p class="hint">"Addresses are masked. " {Permission::SeePersonalData.refusal()}</p> }.into_any()
        }}
        <p class="audit-summary">
            {pluralize(list.total, "address", "addresses")}
            {manages
                .then(|| {
                    view! {
                        " · "
                        <a href="/suppressions.csv" download="wayfare-suppressions.csv">
                            "Download as CSV"
                        </a>
                    }
                })}
        </p>
        {(none && searched).then(|| view! { <p class="card">"No addresses match. " <a href="/suppressions">"Show all"</a></p> })}
        {(none && !searched).then(|| view! { <p class="card">"No suppressed addresses. Addresses \
            appear here after a bounce, a spam complaint or an unsubscribe."</p> })}
        {(!none).then(|| view! { <AddressTable rows=list.rows manages=manages /> })}
        <nav class="pager" aria-label="Pages">
            <p>{format!("Page {} of {}", format_count(page), format_count(last))}</p>
            <p class="pager-steps">
                {(page > 1).then(|| view! { <a class="page-link" href=address(&query.with_page(page - 1))>"Newer"</a> })}
                {(page < last).then(|| view! { <a class="page-link" href=address(&query.with_page(page + 1))>"Older"</a> })}
            </p>
        </nav>
        {manages.then(|| view! { <AddForm /> })}
    }
}

#[component]
fn SearchForm(search: String) -> impl IntoView {
    let searched = !search.is_empty();
    view! {
        <form class="filters" method="get" action="/suppressions" role="search" aria-label="Suppression list">
            <label class="field">
                <span class="field-label">"Search"</span>
                <input r#type="search" name="search" value=search placeholder="example.com" />
            </label>
            <div class="form-actions">
                <button class="button" r#type="submit">
                    "Search"
                </button>
                {searched.then(|| view! { <a class="button" href="/suppressions">"Show all"</a> })}
            </div>
        </form>
    }
}

#[component]
fn AddressTable(rows: Vec<Suppression>, manages: bool) -> impl IntoView {
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Addresses">
            <table class="plain-table" aria-label="Suppression list">
                <thead>
                    <tr>
                        <th scope="col">"Address"</th>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Since"</th>
                        {manages.then(|| view! { <th scope="col"><span class="visually-hidden">"Remove"</span></th> })}
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| view! { <AddressRow row=row manages=manages /> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn AddressRow(row: Suppression, manages: bool) -> impl IntoView {
    let address = row.address.clone();
    view! {
        <tr>
            <th scope="row">{row.address}</th>
            <td>{row.kind.title()}</td>
            <td class="sentence">{row.reason}</td>
            <td>
                <LongDate at=row.at />
            </td>
            {manages
                .then(|| {
                    view! {
                        <td>
                            <form method="post" action="/api/ui/suppressions/remove">
                                <ForProject />
                                <input r#type="hidden" name="kind" value=row.kind.key() />
                                <button
                                    class="button button-small"
                                    r#type="submit"
                                    name="address"
                                    value=address.clone()
                                    aria-label=format!("Remove {address}")
                                >
                                    "Remove"
                                </button>
                            </form>
                        </td>
                    }
                })}
        </tr>
    }
}

#[component]
fn AddForm() -> impl IntoView {
    let chosen = submitted_value("kind")
        .and_then(|key| AddressKind::from_key(&key))
        .unwrap_or(AddressKind::Email);
    view! {
        <section class="card section" aria-labelledby="add-title">
            <h2 id="add-title">"Add addresses"</h2>
            <form class="form" method="post" action="/api/ui/suppressions/add">
                <ForProject />
                <label class="field">
                    <span class="field-label">"Kind"</span>
                    <select name="kind">
                        {AddressKind::ALL
                            .into_iter()
                            .map(|kind| view! { <option value=kind.key() selected=kind == chosen>{kind.title()}</option> })
                            .collect_view()}
                    </select>
                </label>
                <label class="field">
                    <span class="field-label">"Addresses, one per line"</span>
                    <TextArea name="addresses" rows=4 required=true text=submitted_value("addresses").unwrap_or_default() />
                </label>
                <label class="field">
                    <span class="field-label">"Note (optional)"</span>
                    <input r#type="text" name="note" maxlength="200" value=submitted_value("note").unwrap_or_default() />
                </label>
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Add to list"
                    </button>
                </div>
            </form>
        </section>
    }
}
