//! `/profiles`: the profiles of the project, filtered by the beginning of an identity or by a
//! segment.

use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::query_string;
use crate::{
    api::{profiles::read_profiles, request::may},
    ui::components::{
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    profiles::read_model::{ProfilePage, ProfileQuery, ProfileSummary, SegmentSummary},
    stats::pluralize,
};

#[component]
pub fn ProfilesPage() -> impl IntoView {
    let query = query_string();
    view! {
        <Page title="Profiles" wide=true>
            <Loaded
                load=move || {
                    let query = query.get_untracked();
                    async move { read_profiles(&query).await }
                }
                view=|(page, segments, query)| view! { <People page=page segments=segments query=query /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn People(page: ProfilePage, segments: Vec<SegmentSummary>, query: ProfileQuery) -> impl IntoView {
    let none = page.rows.is_empty();
    let filtered = !query.search.is_empty() || query.segment.is_some() || query.criteria.is_some();
    let question =
        query.criteria.as_ref().map(|criteria| (criteria.describe(), query.conditions.clone()));
    let next = page.rows.last().filter(|_| page.more).map(|last| address(&query, last.seq));
    let later = query.after > 0;
    let sees = may(Permission::SeePersonalData);
    let label = if sees { "Identity or email starts with" } else { "Identity starts with" };
    view! {
        <form class="filters" method="get" action="/profiles" role="search" aria-label="Profiles">
            <label class="field">
                <span class="field-label">{label}</span>
                <input r#type="search" name="search" value=query.search.clone() placeholder="ada" />
            </label>
            {sees.then(|| view! { <SegmentField segments=segments chosen=query.segment.clone() /> })}
            <div class="form-actions">
                <button class="button" r#type="submit">
                    "Search"
                </button>
                {filtered.then(|| view! { <a href="/profiles">"Show all profiles"</a> })}
            </div>
        </form>
        <p class="audit-summary">
            {format!("{} in this project · ", pluralize(page.total, "profile", "profiles"))} <a href="/segments">"Segments"</a>
            {sees.then(|| view! { " · " <a href=format!("/segments/edit?{}", query.conditions)>"Find by conditions"</a> })}
            {may(Permission::IngestRecords).then(|| view! { " · " <a href="/imports">"Import a file"</a> })}
        </p>
        {(!sees).then(|| view! { <p class="hint">{masked_hint()}</p> })}
        {question
            .map(|(question, conditions)| {
                view! {
                    <p class="card" role="status">
                        "Profiles that match: " {question} ". " <a href=format!("/segments/edit?{conditions}")>"Edit conditions"</a>
                    </p>
                }
            })}
        {(none && filtered).then(|| view! { <p class="card">"No profiles match. " <a href="/profiles">"Show all profiles"</a></p> })}
        {(none && !filtered)
            .then(|| {
                view! {
                    <p class="card">
                        "No profiles yet. They appear when a program sends profiles or events \
                            with an API key. "
                        {may(Permission::IngestRecords).then(|| view! { <a href="/imports">"Import a file"</a> })}
                    </p>
                }
            })}
        {(!none).then(|| view! { <PeopleTable rows=page.rows /> })}
        <nav class="pager" aria-label="Pages">
            <p class="pager-steps">
                {later.then(|| view! { <a class="page-link" href=address(&query, 0)>"Newest"</a> })}
                {next.map(|next| view! { <a class="page-link" href=next>"Older"</a> })}
            </p>
        </nav>
    }
}

/// Membership tells of properties: for those who may see people.
#[component]
fn SegmentField(segments: Vec<SegmentSummary>, chosen: Option<String>) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field-label">"Segment"</span>
            <select name="segment">
                <option value="">"Everyone"</option>
                {segments
                    .into_iter()
                    .map(|segment| {
                        let selected = chosen.as_deref() == Some(segment.name.as_str());
                        let size = segment.people.map(|people| format!(" ({people})")).unwrap_or_default();
                        view! {
                            <option value=segment.name.clone() selected=selected>
                                {format!("{}{size}", segment.name)}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
    }
}

/// Explains what is hidden from roles that see profiles only in part.
pub fn masked_hint() -> String {
    format!(
        "Addresses are masked, and names and properties are hidden. {}",
        Permission::SeePersonalData.refusal()
    )
}

fn address(query: &ProfileQuery, after: i64) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let segment = query.segment.as_deref().unwrap_or_default();
    let conditions = &query.conditions;
    format!(
        "/profiles?search={}&segment={}&after={after}&{conditions}",
        encoded(&query.search),
        encoded(segment)
    )
}

#[component]
fn PeopleTable(rows: Vec<ProfileSummary>) -> impl IntoView {
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Profiles">
            <table class="plain-table" aria-label="Profiles">
                <thead>
                    <tr>
                        <th scope="col">"Profile"</th>
                        <th scope="col">"Email"</th>
                        <th scope="col">"First seen"</th>
                        <th scope="col">"Updated"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| {
                            let title = row.name.or(row.identity).unwrap_or_else(|| format!("Anonymous #{}", row.seq));
                            view! {
                                <tr>
                                    <th scope="row">
                                        <a href=format!("/profiles/{}", row.seq)>{title}</a>
                                    </th>
                                    <td>{row.email}</td>
                                    <td>
                                        <LongDate at=row.created_at />
                                    </td>
                                    <td>
                                        <LongDate at=row.updated_at />
                                    </td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}
