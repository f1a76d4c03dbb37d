//! The builder of criteria: conditions, and groups of them in groups.

use leptos::prelude::*;
use serde_json::Value;

use super::{
    field_lens::{FieldLens, field},
    fields::{NumberField, PickField, TextField, optional_number, required_number},
    lists::{AddButton, Lines, RemoveButton},
};
use wayfare_domain::{
    graph::criteria::{Comparison, Criteria, EventMatch, Occurrence, PropertyFilter, RelativeAge},
    profiles::profile::Channel,
};
use wayfare_editor_model::field_values::{text_of_value, value_of_text};

/// The deepest nesting that the builder offers.
const DEPTH_MAX: usize = 6;

const COMPARISONS: [(Comparison, &str, &str); 10] = [
    (Comparison::Equals, "equals", "is"),
    (Comparison::NotEquals, "not_equals", "is not"),
    (Comparison::Contains, "contains", "contains"),
    (Comparison::StartsWith, "starts_with", "starts with"),
    (Comparison::LessThan, "less_than", "is less than"),
    (Comparison::AtMost, "at_most", "is at most"),
    (Comparison::GreaterThan, "greater_than", "is more than"),
    (Comparison::AtLeast, "at_least", "is at least"),
    (Comparison::Exists, "exists", "is known"),
    (Comparison::Missing, "missing", "is not known"),
];

pub fn new_filter() -> PropertyFilter {
    PropertyFilter {
        property: String::new(),
        is: Comparison::Equals,
        value: Value::String(String::new()),
    }
}

pub fn new_event() -> EventMatch {
    EventMatch { name: String::new(), filters: Vec::new() }
}

/// A value as the field of a text shows it.
pub fn typed_value(field: FieldLens<Value>) -> FieldLens<String> {
    field.under("", text_of_value, |value, text: String| *value = value_of_text(&text))
}

/// One comparison of one property.
#[component]
pub fn FilterFields(field: FieldLens<PropertyFilter>, known: &'static str) -> impl IntoView {
    let property = field!(field, "property", PropertyFilter { property, .. } => property);
    let comparison = field.under(
        "is",
        |filter| {
            COMPARISONS
                .iter()
                .find(|(is, ..)| *is == filter.is)
                .map_or("equals", |(_, key, _)| key)
                .to_string()
        },
        |filter, key: String| {
            if let Some((is, ..)) = COMPARISONS.iter().find(|(_, other, _)| *other == key) {
                filter.is = *is;
                if matches!(is, Comparison::Exists | Comparison::Missing) {
                    filter.value = Value::Null;
                } else if filter.value.is_null() {
                    filter.value = Value::String(String::new());
                }
            }
        },
    );
    let value = typed_value(field!(field, "value", PropertyFilter { value, .. } => value));
    let has_value =
        Memo::new(move |_| !matches!(field.get().is, Comparison::Exists | Comparison::Missing));
    let choices = COMPARISONS.iter().map(|(_, key, title)| (*key, *title)).collect();
    view! {
        <div class="filter-fields">
            <TextField label="Property" field=property list=known />
            <PickField label="Comparison" field=comparison options=choices />
            {move || has_value.get().then(|| view! { <TextField label="Value" field=value /> })}
        </div>
    }
}

/// Comparisons of properties that must all hold.
#[component]
pub fn FilterList(field: FieldLens<Vec<PropertyFilter>>) -> impl IntoView {
    let line = Callback::new(move |index| {
        view! {
            <div class="list-line">
                <FilterFields field=field.item(index, new_filter()) known="known-event-properties" />
                <RemoveButton list=Some(field.path) label="Remove this condition" press=move |()| field.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <div class="list">
            <Lines count=field.count() line=line />
            <AddButton list=Some(field.path) label="Add a condition on the event" press=move |()| field.push(new_filter()) />
        </div>
    }
}

#[component]
pub fn EventFields(
    field: FieldLens<EventMatch>,
    #[prop(default = "Event")] label: &'static str,
) -> impl IntoView {
    let name = field!(field, "name", EventMatch { name, .. } => name);
    let filters = field!(field, "filters", EventMatch { filters, .. } => filters);
    view! {
        <TextField label=label field=name list="known-events" />
        <FilterList field=filters />
    }
}

fn criteria_kind(criteria: &Criteria) -> &'static str {
    match criteria {
        Criteria::All(_) => "all",
        Criteria::Any(_) => "any",
        Criteria::Not(_) => "not",
        Criteria::Property(_) => "property",
        Criteria::Did { .. } => "did",
        Criteria::DidTime { .. } => "did_time",
        Criteria::InSegment(_) => "segment",
        Criteria::OnList(_) => "list",
        Criteria::Reachable(_) => "reachable",
    }
}

/// The criteria as another kind; the parts of a group are kept.
fn change_kind(kind: &str, before: Criteria) -> Criteria {
    let parts = || match &before {
        Criteria::All(parts) | Criteria::Any(parts) => parts.clone(),
        Criteria::Not(inner) => vec![(**inner).clone()],
        leaf => vec![leaf.clone()],
    };
    let event = || match before.event() {
        Some(event) => event.clone(),
        None => new_event(),
    };
    match kind {
        "all" => Criteria::All(parts()),
        "any" => Criteria::Any(parts()),
        "not" => Criteria::Not(Box::new(match before.clone() {
            Criteria::All(mut parts) | Criteria::Any(mut parts) if parts.len() == 1 => {
                parts.remove(0)
            }
            other => other,
        })),
        "did" => Criteria::Did { event: event(), at_least: 1, within_days: None },
        "did_time" => Criteria::DidTime {
            event: event(),
            occasion: Occurrence::Last,
            ago: RelativeAge::Within,
            days: 7,
        },
        "segment" => Criteria::InSegment(String::new()),
        "list" => Criteria::OnList(String::new()),
        "reachable" => Criteria::Reachable(Channel::Email.key().to_string()),
        _ => Criteria::Property(new_filter()),
    }
}

/// Criteria of any kind.
#[component]
pub fn CriteriaFields(
    field: FieldLens<Criteria>,
    #[prop(default = 1)] depth: usize,
) -> impl IntoView {
    let kind = Memo::new(move |_| field.value.with(criteria_kind));
    let pick = field.under(
        "",
        |criteria| criteria_kind(criteria).to_string(),
        |criteria, kind: String| *criteria = change_kind(&kind, criteria.clone()),
    );
    let mut kinds = vec![
        ("property", "Profile property"),
        ("did", "Did an event"),
        ("did_time", "When they did an event"),
        ("segment", "In a segment"),
        ("list", "On a list"),
        ("reachable", "Can be reached"),
    ];
    if depth < DEPTH_MAX {
        kinds.extend([("all", "All of"), ("any", "Any of"), ("not", "Not")]);
    }
    view! {
        <div class="criteria" class:criteria-group=move || matches!(kind.get(), "all" | "any" | "not")>
            <PickField label="Condition" field=pick options=kinds quiet=true />
            {move || fields_of(kind.get(), field, depth)}
        </div>
    }
    .into_any()
}

fn fields_of(kind: &str, field: FieldLens<Criteria>, depth: usize) -> AnyView {
    match kind {
        "all" | "any" => {
            let parts = field.under(
                kind,
                |criteria| match criteria {
                    Criteria::All(parts) | Criteria::Any(parts) => parts.clone(),
                    _ => Vec::new(),
                },
                |criteria, new| {
                    if let Criteria::All(parts) | Criteria::Any(parts) = criteria {
                        *parts = new;
                    }
                },
            );
            view! { <GroupFields parts=parts depth=depth /> }.into_any()
        }
        "not" => {
            let inner = field.under(
                "not",
                |criteria| match criteria {
                    Criteria::Not(inner) => (**inner).clone(),
                    other => other.clone(),
                },
                |criteria, new| {
                    if let Criteria::Not(inner) = criteria {
                        **inner = new;
                    }
                },
            );
            view! { <CriteriaFields field=inner depth=depth + 1 /> }.into_any()
        }
        "did" => view! { <DidFields field=field /> }.into_any(),
        "did_time" => view! { <DidTimeFields field=field /> }.into_any(),
        "segment" => {
            let name = field!(field, "in_segment", Criteria::InSegment(name) => name);
            view! { <TextField label="Segment" field=name list="known-segments" /> }.into_any()
        }
        "list" => {
            let name = field!(field, "on_list", Criteria::OnList(name) => name);
            view! { <TextField label="List" field=name list="known-lists" /> }.into_any()
        }
        "reachable" => {
            let channel = field!(field, "reachable", Criteria::Reachable(channel) => channel);
            let channels = Channel::ALL
                .iter()
                .map(|channel| (channel.key(), channel.title()))
                .collect::<Vec<_>>();
            view! { <PickField label="By" field=channel options=channels /> }.into_any()
        }
        _ => {
            let filter =
                field!(field, "property", Criteria::Property(filter) => filter, new_filter());
            view! { <FilterFields field=filter known="known-properties" /> }.into_any()
        }
    }
}

#[component]
fn GroupFields(parts: FieldLens<Vec<Criteria>>, depth: usize) -> impl IntoView {
    let count = parts.count();
    let line = Callback::new(move |index| {
        view! {
            <div class="list-line">
                <CriteriaFields field=parts.item(index, Criteria::Property(new_filter())) depth=depth + 1 />
                <RemoveButton list=Some(parts.path) label="Remove this condition" press=move |()| parts.remove(index) />
            </div>
        }
        .into_any()
    });
    view! {
        <div class="list">
            {move || (count.get() == 0).then(|| view! { <p class="hint">"No condition yet, so \
                everyone matches."</p> })}
            <Lines count=count line=line />
            <AddButton list=Some(parts.path) label="Add a condition" press=move |()| parts.push(Criteria::Property(new_filter())) />
        </div>
    }
    .into_any()
}

#[component]
fn DidFields(field: FieldLens<Criteria>) -> impl IntoView {
    let event = field!(field, "did.event", Criteria::Did { event, .. } => event, new_event());
    let at_least = field!(field, "did.at_least", Criteria::Did { at_least, .. } => at_least);
    let within = field!(field, "did.within_days", Criteria::Did { within_days, .. } => within_days);
    view! {
        <EventFields field=event />
        <NumberField label="Minimum number of times" field=required_number(at_least) min=1 required=true />
        <NumberField label="Within days" field=optional_number(within) min=1 hint="Empty: at any time." />
    }
}

#[component]
fn DidTimeFields(field: FieldLens<Criteria>) -> impl IntoView {
    let event =
        field!(field, "did_time.event", Criteria::DidTime { event, .. } => event, new_event());
    let days = field!(field, "did_time.days", Criteria::DidTime { days, .. } => days);
    let occasion = field.under(
        "did_time.occasion",
        |criteria| {
            if matches!(criteria, Criteria::DidTime { occasion: Occurrence::First, .. }) {
                "first"
            } else {
                "last"
            }
            .to_string()
        },
        |criteria, new: String| {
            if let Criteria::DidTime { occasion, .. } = criteria {
                *occasion = if new == "first" { Occurrence::First } else { Occurrence::Last };
            }
        },
    );
    let ago = field.under(
        "did_time.ago",
        |criteria| {
            if matches!(criteria, Criteria::DidTime { ago: RelativeAge::Within, .. }) {
                "within"
            } else {
                "before"
            }
            .to_string()
        },
        |criteria, new: String| {
            if let Criteria::DidTime { ago, .. } = criteria {
                *ago = if new == "within" { RelativeAge::Within } else { RelativeAge::Before };
            }
        },
    );
    view! {
        <EventFields field=event />
        <PickField label="Which time" field=occasion options=vec![("first", "the first time"), ("last", "the last time")] />
        <PickField label="When" field=ago options=vec![("within", "in the last … days"), ("before", "more \
            than … days ago")] />
        <NumberField label="Days" field=required_number(days) min=1 required=true />
    }
}
