//! `/delivery`: the state of the channels, and failed messages.

use leptos::prelude::*;

use super::{channels::StateBadge, query_value};
use crate::{
    api::{delivery::read_delivery, request::may},
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        section::DELIVERY,
        time::LongDate,
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    messages::{
        channel_health::{ChannelHealth, DeliveryOverview},
        failed::{FailedMessage, FailedMessagePage, FailedMessageQuery},
    },
    profiles::profile::Channel,
    stats::{format_count, pluralize},
};

#[component]
pub fn DeliveryPage() -> impl IntoView {
    let (journey, channel, before) =
        (query_value("journey"), query_value("channel"), query_value("before"));
    let load = move || {
        let query = format!("journey={journey}&channel={channel}&before={before}");
        async move { read_delivery(&query).await }
    };
    view! {
        <Page title="Delivery" section=DELIVERY>
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
                {channels.into_iter().map(|load| view! { <ChannelRow load=load /> }).collect_view()}
            </ul>
            {(doubts > 0)
                .then(|| {
                    view! {
                        <p class="hint">
                            {pluralize(doubts, "possible duplicate", "possible duplicates")}
                            ": the server stopped while sending, so these messages were sent \
                                again with the same key. Providers that check it deliver each once."
                        </p>
                    }
                })}
        </section>
        <UndeliveredCard page=undelivered />
    }
}

#[component]
fn ChannelRow(load: ChannelHealth) -> impl IntoView {
    let facts = load.describe();
    let ChannelHealth { channel, state, trouble, resting, .. } = load;
    let heading = channel.heading();
    let name = if may(Permission::ManageChannels) {
        view! { <a href=format!("/channels/{}", channel.key())>{heading}</a> }.into_any()
    } else {
        heading.into_any()
    };
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{name}</strong>
                <StateBadge state=state />
                {trouble.is_some().then(|| view! { <span class="badge badge-stopped">"Failing"</span> })}
                <span class="hint">{facts}</span>
                {trouble
                    .map(|trouble| {
                        let rests = if resting { " Messages wait, and one is tried from time to \
                            time." } else { "" };
                        view! { <span class="row-trouble sentence">{format!("{trouble}.{rests}")}</span> }
                    })}
            </span>
        </li>
    }
}

#[component]
fn UndeliveredCard(page: FailedMessagePage) -> impl IntoView {
    let FailedMessagePage { query, rows, total, next, reasons } = page;
    let none = rows.is_empty();
    let some_left = rows.iter().any(FailedMessage::may_be_resent);
    let journey = query.journey.map(|journey| journey.to_string()).unwrap_or_default();
    let channel = query.channel.map(|channel| channel.key().to_string()).unwrap_or_default();
    view! {
        <section class="card" aria-labelledby="undelivered-title">
            <h2 id="undelivered-title">"Failed messages"</h2>
            <Filter query=query />
            {none
                .then(|| {
                    view! {
                        <p class="hint">
                            "No failed messages. Messages a provider rejects, or that fail nine \
                                times, appear here with the reason."
                        </p>
                    }
                })}
            {(!none)
                .then(|| {
                    view! {
                        <Reasons reasons=reasons />
                        <form class="form form-wide section" method="post" action="/api/ui/delivery/again">
                            <ForProject />
                            <input r#type="hidden" name="journey" value=journey.clone() />
                            <input r#type="hidden" name="channel" value=channel.clone() />
                            <Rows rows=rows />
                            {some_left
                                .then(|| {
                                    view! {
                                        <div class="form-actions needs-publisher">
                                            <button class="button button-primary" r#type="submit">
                                                "Resend selected"
                                            </button>
                                            <button class="button" r#type="submit" name="all" value="true">
                                                {format!("Resend all {}", format_count(total))}
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
                            <a href=address>"Older messages"</a>
                        </p>
                    }
                })}
        </section>
    }
}

/// By channel. The journey comes from a link on its page.
#[component]
fn Filter(query: FailedMessageQuery) -> impl IntoView {
    let journey = query.journey.map(|journey| journey.to_string());
    view! {
        <form class="filters" method="get" action="/delivery">
            {journey.map(|journey| view! { <input r#type="hidden" name="journey" value=journey /> })}
            <label class="field">
                <span class="field-label">"Channel"</span>
                <select name="channel">
                    <option value="">"All channels"</option>
                    {Channel::SENDING
                        .into_iter()
                        .map(|channel| {
                            view! {
                                <option value=channel.key() selected=query.channel == Some(channel)>
                                    {channel.heading()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <div class="form-actions">
                <button class="button" r#type="submit">
                    "Apply"
                </button>
                {query.journey.map(|_| view! { <a class="button" href="/delivery">"All journeys"</a> })}
            </div>
        </form>
    }
}

/// No reason is left where it was deleted with its person, whom it might name.
fn reason_text(reason: String) -> String {
    if reason.is_empty() { "The reason was deleted with the profile".to_string() } else { reason }
}

/// What to fix before resending.
#[component]
fn Reasons(reasons: Vec<(String, i64)>) -> impl IntoView {
    view! {
        <div class="table-scroll">
            <table class="plain-table" aria-label="Reasons">
                <thead>
                    <tr>
                        <th scope="col">"Reason"</th>
                        <th scope="col" class="cell-number">
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
                                    <td class="sentence">{reason_text(reason)}</td>
                                    <td class="cell-number">{format_count(count)}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Rows(rows: Vec<FailedMessage>) -> impl IntoView {
    view! {
        <ul class="rows" aria-label="Failed messages">
            {rows.into_iter().map(|row| view! { <Row row=row /> }).collect_view()}
        </ul>
    }
}

#[component]
fn Row(row: FailedMessage) -> impl IntoView {
    let can = row.may_be_resent();
    let label = format!("Message to {}", row.person);
    let stays =
        if row.stopped { " · can’t be resent, because its journey was stopped" } else { "" };
    view! {
        <li class="row">
            {can
                .then(|| {
                    view! {
                        <input
                            class="needs-publisher"
                            r#type="checkbox"
                            name="messages[]"
                            value=row.number.to_string()
                            aria-label=label.clone()
                        />
                    }
                })}
            <span class="row-main">
                {match row.profile {
                    Some(profile) => view! { <a href=format!("/profiles/{profile}")>{row.person.clone()}</a> }.into_any(),
                    None => row.person.clone().into_any(),
                }}
                <span class="badge">{row.channel.title()}</span>
                <a href=format!("/journeys/{}", row.journey)>{row.journey_name}</a>
                <span class="hint">
                    <LongDate at=row.failed_at /> " · " {pluralize(row.attempts, "attempt", "attempts")} " · " {reason_text(row.reason)} {stays}
                </span>
            </span>
        </li>
    }
}
