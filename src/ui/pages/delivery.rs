//! `/delivery`: how the channels do, and the messages that no provider took.

use leptos::prelude::*;

use super::{channels::heading_of, query_value};
use crate::{
    api::delivery::read_delivery,
    domain::{
        delivery::{
            overview::{ChannelState, DeliveryOverview},
            undelivered::{Undelivered, UndeliveredPage, UndeliveredQuery},
        },
        figures::{counted, grouped},
        people::profile::Channel,
    },
    ui::components::{
        page::{Loaded, Page},
        time::LongDate,
    },
};

#[component]
pub fn DeliveryPage() -> impl IntoView {
    let (journey, channel, before) = (query_value("journey"), query_value("channel"), query_value("before"));
    let load = move || {
        let query = format!("journey={journey}&channel={channel}&before={before}");
        async move { read_delivery(&query).await }
    };
    view! {
        <Page title="Delivery" wide=true>
            <Loaded load=load view=|overview| view! { <Overview overview=overview /> }.into_any() />
        </Page>
    }
}

#[component]
fn Overview(overview: DeliveryOverview) -> impl IntoView {
    let DeliveryOverview { channels, undelivered, doubts } = overview;
    view! {
        <section class="card" aria-labelledby="channel-states-title">
            <h2 id="channel-states-title">"Channels"</h2>
            <ul class="rows" aria-label="Channels" data-live="channels">
                {channels.into_iter().map(|state| view! { <ChannelRow state=state /> }).collect_view()}
            </ul>
            {(doubts > 0)
                .then(|| {
                    view! {
                        <p class="hint">
                            {counted(doubts, "message was", "messages were")}
                            " on the way when the server was cut off. They went out again under the same key: a provider that looks at it takes them once."
                        </p>
                    }
                })}
        </section>
        <UndeliveredCard page=undelivered />
    }
}

#[component]
fn ChannelRow(state: ChannelState) -> impl IntoView {
    let mode = match (state.live, &state.trouble) {
        (_, Some(_)) => ("In trouble", "badge badge-warning"),
        (true, None) => ("Live", "badge badge-live"),
        (false, None) => ("Test mode", "badge"),
    };
    let waiting = (state.waiting > 0).then(|| format!("{} waiting", grouped(state.waiting)));
    let under_way = (state.in_hand > 0).then(|| format!("{} on their way", grouped(state.in_hand)));
    let quiet = if state.live { "nothing is waiting" } else { "messages are written to the log and not sent" };
    let facts: Vec<String> = [waiting, under_way].into_iter().flatten().collect();
    let facts = if facts.is_empty() { quiet.to_string() } else { facts.join(", ") };
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{heading_of(state.channel)}</strong>
                <span class=mode.1>{mode.0}</span>
                <span class="hint">{facts}</span>
                {state
                    .trouble
                    .map(|trouble| {
                        let rests = if state.resting { " It is left alone for a while and then tried with one message." } else { "" };
                        view! { <span class="row-trouble">{format!("{trouble}.{rests}")}</span> }
                    })}
            </span>
        </li>
    }
}

#[component]
fn UndeliveredCard(page: UndeliveredPage) -> impl IntoView {
    let UndeliveredPage { query, rows, total, next, reasons } = page;
    let none = rows.is_empty();
    let some_left = rows.iter().any(|row| !row.stopped && row.profile.is_some());
    let journey = query.journey.map(|journey| journey.to_string()).unwrap_or_default();
    let channel = query.channel.map(|channel| channel.key().to_string()).unwrap_or_default();
    view! {
        <section class="card" aria-labelledby="undelivered-title">
            <h2 id="undelivered-title">"Not delivered"</h2>
            <Filter query=query />
            {none
                .then(|| {
                    view! {
                        <p class="hint">
                            "Nothing. What a provider refuses for good, or after nine tries, comes to stand here with its reason."
                        </p>
                    }
                })}
            {(!none)
                .then(|| {
                    view! {
                        <Reasons reasons=reasons />
                        <form class="form" method="post" action="/api/ui/delivery/again">
                            <input r#type="hidden" name="journey" value=journey.clone() />
                            <input r#type="hidden" name="channel" value=channel.clone() />
                            <Rows rows=rows />
                            {some_left
                                .then(|| {
                                    view! {
                                        <div class="form-actions needs-publisher">
                                            <button class="button button-primary" r#type="submit">
                                                "Send the ticked again"
                                            </button>
                                            <button class="button" r#type="submit" name="all" value="true">
                                                {format!("Send all {} again", grouped(total))}
                                            </button>
                                        </div>
                                    }
                                })}
                        </form>
                    }
                })}
            {next
                .map(|next| {
                    let address = format!("/delivery?journey={journey}&channel={channel}&before={next}");
                    view! {
                        <p>
                            <a href=address>"Older ones"</a>
                        </p>
                    }
                })}
        </section>
    }
}

/// By channel; the journey comes with the address of a link on its page.
#[component]
fn Filter(query: UndeliveredQuery) -> impl IntoView {
    let journey = query.journey.map(|journey| journey.to_string());
    view! {
        <form class="inline-form" method="get" action="/delivery">
            {journey.map(|journey| view! { <input r#type="hidden" name="journey" value=journey /> })}
            <label class="field field-inline">
                <span class="field-label">"Channel"</span>
                <select name="channel">
                    <option value="">"All"</option>
                    {Channel::ALL
                        .into_iter()
                        .map(|channel| {
                            view! {
                                <option value=channel.key() selected=query.channel == Some(channel)>
                                    {heading_of(channel)}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <button class="button" r#type="submit">
                "Show"
            </button>
            {query.journey.map(|_| view! { <a href="/delivery">"All journeys"</a> })}
        </form>
    }
}

/// What to mend before sending again.
#[component]
fn Reasons(reasons: Vec<(String, i64)>) -> impl IntoView {
    view! {
        <table class="figures" aria-label="Reasons">
            <thead>
                <tr>
                    <th scope="col">"Reason"</th>
                    <th scope="col" class="number">
                        "Messages"
                    </th>
                </tr>
            </thead>
            <tbody>
                {reasons
                    .into_iter()
                    .map(|(reason, count)| {
                        view! {
                            <tr>
                                <td>{reason}</td>
                                <td class="number">{grouped(count)}</td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn Rows(rows: Vec<Undelivered>) -> impl IntoView {
    view! {
        <ul class="rows" aria-label="Messages that were not delivered">
            {rows.into_iter().map(|row| view! { <Row row=row /> }).collect_view()}
        </ul>
    }
}

#[component]
fn Row(row: Undelivered) -> impl IntoView {
    let can = !row.stopped && row.profile.is_some();
    let label = format!("Message to {}", row.person);
    let stays = if row.stopped { " · its journey was stopped, so it stays" } else { "" };
    view! {
        <li class="row">
            {can
                .then(|| {
                    view! { <input r#type="checkbox" name="messages[]" value=row.number.to_string() aria-label=label.clone() /> }
                })}
            <span class="row-main">
                {match row.profile {
                    Some(profile) => view! { <a href=format!("/profiles/{profile}")>{row.person.clone()}</a> }.into_any(),
                    None => row.person.clone().into_any(),
                }}
                <span class="badge">{row.channel.title()}</span>
                <a href=format!("/journeys/{}", row.journey)>{row.journey_name}</a>
                <span class="hint">
                    <LongDate at=row.failed_at /> " · " {counted(row.attempts, "try", "tries")} " · " {row.reason} {stays}
                </span>
            </span>
        </li>
    }
}
