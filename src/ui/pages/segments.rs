//! `/segments`: saved criteria, and `/segments/edit`: the form that builds one.

use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::query_string;
use crate::{
    api::{
        request::may,
        segments::{SegmentPageData, build_segment, read_segments},
    },
    ui::{
        components::{
            for_project::ForProject,
            page::{Loaded, Page},
        },
        dom::shown_project,
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    profiles::{
        profile::Channel,
        property_value::KEY_MAX,
        read_model::SegmentSummary,
        segment_form::{ConditionInput, ConditionKind},
    },
    query_string::FOR_PROJECT,
    stats::pluralize,
};

/// Most characters of a segment's conditions in the list; its form shows all.
const DESCRIPTION_MAX: usize = 500;

/// Keys and labels of the comparisons.
const COMPARISONS: [(&str, &str); 10] = [
    ("equals", "is"),
    ("not_equals", "is not"),
    ("contains", "contains"),
    ("starts_with", "starts with"),
    ("less_than", "is less than"),
    ("at_most", "is at most"),
    ("greater_than", "is more than"),
    ("at_least", "is at least"),
    ("exists", "exists"),
    ("missing", "does not exist"),
];

#[component]
pub fn SegmentsPage() -> impl IntoView {
    view! {
        <Page title="Segments" crumbs=vec![("/profiles".to_string(), "Profiles".to_string())]>
            <Loaded load=read_segments view=|segments| view! { <List segments=segments /> }.into_any() />
        </Page>
    }
}

/// The beginning of a long text.
fn shortened(text: String) -> String {
    match text.char_indices().nth(DESCRIPTION_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[component]
fn List(segments: Vec<SegmentSummary>) -> impl IntoView {
    let none = segments.is_empty();
    let (edits, sees) = (may(Permission::EditJourneys), may(Permission::SeePersonalData));
    view! {
        {edits.then(|| view! { <p><a class="button button-primary" href="/segments/edit">"New segment"</a></p> })}
        {none.then(|| view! { <p class="card">"No segments yet. A segment is a saved set of \
            criteria that journeys and pages can use."</p> })}
        <ul class="rows" aria-label="Segments">
            {segments
                .into_iter()
                .map(|segment| {
                    let encoded = utf8_percent_encode(&segment.name, NON_ALPHANUMERIC).to_string();
                    let people = match segment.people {
                        Some(people) => format!("{}: ", pluralize(people, "profile", "profiles")),
                        None if sees => "Not counted: ".to_string(),
                        None => String::new(),
                    };
                    let shown = if sees {
                        view! { <a href=format!("/profiles?segment={encoded}")>{segment.name.clone()}</a> }.into_any()
                    } else {
                        segment.name.clone().into_any()
                    };
                    view! {
                        <li class="card">
                            <h2>{shown}</h2>
                            <p>{people} {shortened(segment.criteria.describe())}</p>
                            {edits
                                .then(|| {
                                    view! {
                                        <form class="form-actions" method="post" action="/api/ui/segments/delete">
                                            <ForProject />
                                            <a class="button" href=format!("/segments/edit?name={encoded}")>
                                                "Edit"
                                            </a>
                                            <button class="button" r#type="submit" name="name" value=segment.name.clone()>
                                                "Delete"
                                            </button>
                                        </form>
                                    }
                                })}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

#[component]
pub fn SegmentEditPage() -> impl IntoView {
    let query = query_string();
    view! {
        <Page title="Segment" wide=true crumbs=vec![("/segments".to_string(), "Segments".to_string())]>
            <Loaded
                load=move || {
                    let query = query.get_untracked();
                    async move { build_segment(&query).await }
                }
                view=|building| view! { <Builder building=building /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn Builder(building: SegmentPageData) -> impl IntoView {
    let form = building.form;
    let count = match building.people {
        Ok(people) => format!("{} right now", pluralize(people, "profile", "profiles")),
        Err(problem) => problem,
    };
    let rows = form.rows.len() + 1;
    let row = move |place: usize| form.rows.get(place).cloned().unwrap_or_default();
    view! {
        {building
            .too_deep
            .then(|| {
                view! {
                    <p class="card card-warning">
                        "This segment has criteria that the form can’t show. Edit it through the \
                            API. Saving here replaces it."
                    </p>
                }
            })}
        <form class="form form-wide" method="get" action="/segments/edit" data-live-form="">
            <label class="field">
                <span class="field-label">"Name"</span>
                <input r#type="text" name="name" value=form.name.clone() required maxlength=KEY_MAX.to_string() />
            </label>
            <label class="field">
                <span class="field-label">"Profiles that match"</span>
                <select name="join">
                    <option value="all">"all of these conditions"</option>
                    <option value="any" selected=form.join == "any">
                        "any of these conditions"
                    </option>
                </select>
            </label>
            {(0..rows).map(|place| view! { <Condition place=place row=row(place) /> }).collect_view()}
            <datalist id="known-events">
                {building.events.into_iter().map(|event| view! { <option value=event></option> }).collect_view()}
            </datalist>
            <p role="status" data-live="count">
                <strong>{count}</strong>
            </p>
            <div class="form-actions">
                <button class="button" r#type="submit" formnovalidate>
                    "Add condition"
                </button>
                <button class="button" r#type="submit" formaction="/profiles" formnovalidate>
                    "Show profiles"
                </button>
                <button
                    class="button button-primary"
                    r#type="submit"
                    formmethod="post"
                    formaction="/api/ui/segments/save"
                    name=FOR_PROJECT
                    value=shown_project()
                >
                    "Save segment"
                </button>
            </div>
        </form>
        <p class="hint">
            "Channels are " {Channel::ALL.map(Channel::key).join(", ")}
            ". Conditions that are left empty are not used."
        </p>
    }
}

#[component]
fn Condition(place: usize, row: ConditionInput) -> impl IntoView {
    let option = |value: &'static str, text: &'static str, chosen: &str| {
        let selected = value == chosen;
        view! {
            <option value=value selected=selected>
                {text}
            </option>
        }
    };
    view! {
        <fieldset class="filters condition">
            <legend class="visually-hidden">{format!("Condition {}", place + 1)}</legend>
            <label class="field">
                <span class="field-label">"Condition"</span>
                <select name="negate[]">
                    {option("", "matches", &row.negate)} {option("not", "does not match", &row.negate)}
                </select>
            </label>
            <label class="field">
                <span class="field-label">"What"</span>
                <select name="kind[]">
                    {ConditionKind::ALL.into_iter().map(|kind| option(kind.key(), kind.title(), &row.kind)).collect_view()}
                </select>
            </label>
            <label class="field">
                <span class="field-label">"Name"</span>
                <input r#type="text" name="property[]" value=row.name list="known-events" />
            </label>
            <label class="field of-property">
                <span class="field-label">"Comparison"</span>
                <select name="is[]">
                    {COMPARISONS.into_iter().map(|(key, words)| option(key, words, &row.is)).collect_view()}
                </select>
            </label>
            <label class="field of-property">
                <span class="field-label">"Value"</span>
                <input r#type="text" name="value[]" value=row.value />
            </label>
            <label class="field of-event">
                <span class="field-label">"At least (times)"</span>
                <input r#type="text" inputmode="numeric" name="times[]" value=row.times size="4" />
            </label>
            <label class="field of-event">
                <span class="field-label">"In the last (days)"</span>
                <input r#type="text" inputmode="numeric" name="days[]" value=row.days size="4" />
            </label>
        </fieldset>
    }
}
