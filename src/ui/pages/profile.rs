//! `/profiles/:id`: one profile: its data, events, enrolments and messages, and why it is not in a
//! journey.

use leptos::prelude::*;

use super::{
    enrolment::state_title, id_of_path, messages_card::MessagesCard, profiles::masked_hint,
    query_value,
};
use crate::{
    api::{
        profiles::{ProfilePageData, read_person},
        request::may,
    },
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    ids::JourneyId,
    profiles::{
        contact::ContactChange,
        read_model::{EnrolmentSummary, EntryExplanation, EventSummary, ProfileDetail},
    },
};

#[component]
pub fn PersonPage() -> impl IntoView {
    let (id, journey) = (id_of_path(), query_value("journey"));
    view! {
        <Page title="Profile" wide=true>
            <Loaded
                load=move || {
                    let (id, journey) = (id.clone(), journey.clone());
                    async move { read_person(&id, &journey).await }
                }
                view=|asked| view! { <Person asked=asked /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn Person(asked: ProfilePageData) -> impl IntoView {
    let ProfilePageData { person, messages, journeys, why } = asked;
    let facts = facts(&person);
    let properties: Vec<(String, String)> =
        person.properties.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
    let number = person.seq;
    view! {
        <p>
            <a href="/profiles">"All profiles"</a>
        </p>
        <section class="card" aria-labelledby="person-title">
            <h2 id="person-title">{person.title()}</h2>
            <dl class="facts">
                {facts.into_iter().map(|(title, value)| view! { <dt>{title}</dt><dd>{value}</dd> }).collect_view()}
                <dt>"First seen"</dt>
                <dd>
                    <LongDate at=person.created_at />
                </dd>
            </dl>
        </section>
        <section class="card" aria-labelledby="properties-title">
            <h2 id="properties-title">"Properties"</h2>
            {properties.is_empty().then(|| view! { <p class="hint">{if may(Permission::SeePersonalData) { "No properties yet.".to_string() } else { masked_hint() }}</p> })}
            <dl class="facts">
                {properties.into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}
            </dl>
        </section>
        <Trips trips=person.trips />
        <MessagesCard messages=messages with_trips=true />
        <WhyCard number=number journeys=journeys why=why />
        <Changes changes=person.changes />
        <Events events=person.events />
        {may(Permission::EraseProfiles).then(|| view! { <Forget number=number /> })}
    }
}

fn facts(person: &ProfileDetail) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut add = |title: &str, value: String| {
        if !value.is_empty() {
            facts.push((title.to_string(), value));
        }
    };
    add("Identity", person.identity.clone().unwrap_or_default());
    add("Anonymous IDs", person.anonymous.join(", "));
    for (channel, address) in &person.addresses {
        add(&format!("Address: {channel}"), address.clone());
    }
    for (channel, wanted) in &person.consent {
        add(&format!("Consent: {channel}"), if *wanted { "yes" } else { "no" }.to_string());
    }
    add("Time zone", person.time_zone.clone().unwrap_or_default());
    add("Lists", person.lists.join(", "));
    facts
}

/// A property value as text.
fn shown(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

#[component]
fn Trips(trips: Vec<EnrolmentSummary>) -> impl IntoView {
    let none = trips.is_empty();
    view! {
        <section class="card" aria-labelledby="trips-title">
            <h2 id="trips-title">"Journeys"</h2>
            {none.then(|| view! { <p class="hint">"This person hasn’t entered a journey yet."</p> })}
            <ul class="rows" aria-label="Enrolments">
                {trips
                    .into_iter()
                    .map(|trip| {
                        view! {
                            <li>
                                <a href=format!("/enrolments/{}", trip.seq)>{trip.journey_name}</a>
                                {format!(", version {}: {}, since ", trip.version, state_title(&trip.state))}
                                <LongDate at=trip.entered_at />
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}

/// Explains why this person is not in the chosen journey.
#[component]
fn WhyCard(
    number: i64,
    journeys: Vec<(JourneyId, String)>,
    why: Option<EntryExplanation>,
) -> impl IntoView {
    let chosen = why.as_ref().map(|why| why.journey);
    view! {
        <section class="card" aria-labelledby="why-title">
            <h2 id="why-title">"Why isn’t this person in a journey?"</h2>
            {why
                .map(|why| {
                    view! {
                        <h3>
                            <a href=format!("/journeys/{}", why.journey)>{why.journey_name}</a>
                        </h3>
                        <ul class="reasons">{why.reasons.into_iter().map(|because| view! { <li>{because.sentence}</li> }).collect_view()}</ul>
                    }
                })}
            <form class="filters" method="get" action=format!("/profiles/{number}")>
                <label class="field">
                    <span class="field-label">"Journey"</span>
                    <select name="journey" required>
                        <option value="">"Choose a journey"</option>
                        {journeys
                            .into_iter()
                            .map(|(id, name)| view! { <option value=id.to_string() selected=chosen == Some(id)>{name}</option> })
                            .collect_view()}
                    </select>
                </label>
                <div class="form-actions">
                    <button class="button" r#type="submit">
                        "Show reasons"
                    </button>
                </div>
            </form>
        </section>
    }
}

/// Who changed addresses or consent, and when.
#[component]
fn Changes(changes: Vec<ContactChange>) -> impl IntoView {
    let none = changes.is_empty();
    view! {
        <section class="card" aria-labelledby="changes-title">
            <h2 id="changes-title">"Changed addresses and consent"</h2>
            {none.then(|| view! { <p class="hint">"No changes yet. Addresses are masked here."</p> })}
            <ol class="history">
                {changes
                    .into_iter()
                    .map(|change| {
                        view! {
                            <li>
                                <span class="history-what">{change.sentence()}</span>
                                <span class="history-who">
                                    <LongDate at=change.at />
                                    {format!(" · {}", change.origin())}
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
}

#[component]
fn Events(events: Vec<EventSummary>) -> impl IntoView {
    let none = events.is_empty();
    view! {
        <section class="card" aria-labelledby="events-title">
            <h2 id="events-title">"Recent events"</h2>
            {none.then(|| view! { <p class="hint">"No events yet. Events appear here when a program sends them."</p> })}
            <ol class="history">
                {events
                    .into_iter()
                    .map(|event| {
                        let properties: Vec<String> =
                            event.properties.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
                        view! {
                            <li>
                                <span class="history-what">{event.name}</span>
                                <span class="history-who">
                                    <LongDate at=event.at />
                                    {(!properties.is_empty()).then(|| format!(" · {}", properties.join(", ")))}
                                    {event.is_too_large.then_some(" · too many properties to show")}
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
}

#[component]
fn Forget(number: i64) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="forget-title">
            <h2 id="forget-title">"Delete this profile"</h2>
            <p class="hint">
                "Permanently deletes this profile, its events and its history. Journey stats \
                    keep their totals. Use it for erasure requests."
            </p>
            <form method="post" action="/api/ui/profiles/delete">
                <ForProject />
                <button class="button button-danger" r#type="submit" name="person" value=number.to_string()>
                    "Delete profile"
                </button>
            </form>
        </section>
    }
}
