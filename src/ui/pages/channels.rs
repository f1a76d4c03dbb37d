//! `/channels`: how messages reach their providers, and how many a person gets.

use leptos::prelude::*;

use crate::{
    api::{channels::read_channels, request::submitted_value},
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        section::DELIVERY,
    },
};
use wayfare_domain::{
    messages::{
        channel::{ChannelState, ChannelView},
        send_rules::{CAP_HOURS_MAX, FrequencyCap},
    },
    profiles::profile::Channel,
};

#[component]
pub fn ChannelsPage() -> impl IntoView {
    view! {
        <Page title="Channels" section=DELIVERY>
            <Loaded
                load=read_channels
                view=|(channels, caps)| view! { <Channels channels=channels /> <Caps caps=caps /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn Channels(channels: Vec<ChannelView>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="channels-title">
            <h2 id="channels-title">"Channels of this project"</h2>
            <ul class="rows" aria-label="Channels">
                {channels.into_iter().map(|channel| view! { <ChannelRow channel=channel /> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn ChannelRow(channel: ChannelView) -> impl IntoView {
    let heading = channel.channel.heading();
    let address = format!("/channels/{}", channel.channel.key());
    let action = if channel.state == ChannelState::NotSetUp { "Set up" } else { "Edit" };
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{heading}</strong>
                <StateBadge state=channel.state />
                <span class="hint">
                    {channel.settings.map_or_else(|| channel.state.meaning().to_string(), |settings| settings.describe())}
                </span>
            </span>
            <a class="button button-small" href=address aria-label=format!("{action} {heading}")>
                {action}
            </a>
        </li>
    }
}

#[component]
pub fn StateBadge(state: ChannelState) -> impl IntoView {
    // The colours of journey statuses: running, paused, not set up.
    let class = match state {
        ChannelState::NotSetUp => "badge",
        ChannelState::Test => "badge badge-paused",
        ChannelState::Live => "badge badge-running",
    };
    view! { <span class=class>{state.title()}</span> }
}

/// A row for all channels together, and one for each that reaches people.
const CAPPED: [Option<Channel>; 4] =
    [None, Some(Channel::Email), Some(Channel::Sms), Some(Channel::Push)];

#[component]
fn Caps(caps: Vec<FrequencyCap>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="caps-title">
            <h2 id="caps-title">"Frequency caps"</h2>
            <p class="hint">
                "The most messages one person gets, from all journeys together. Further messages \
                    are skipped, and the enrolment shows why. Messages that ignore the caps are \
                    sent and still count."
            </p>
            <form class="form" method="post" action="/api/ui/channels/caps">
                <ForProject />
                {CAPPED
                    .into_iter()
                    .enumerate()
                    .map(|(place, channel)| {
                        let cap = caps.iter().find(|cap| cap.channel == channel).copied();
                        view! { <CapRow place=place channel=channel cap=cap /> }
                    })
                    .collect_view()}
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Save caps"
                    </button>
                </div>
            </form>
        </section>
    }
}

#[component]
fn CapRow(place: usize, channel: Option<Channel>, cap: Option<FrequencyCap>) -> impl IntoView {
    let name = channel.map_or("All channels together", Channel::heading);
    let (most, hours) = (format!("most[{place}]"), format!("hours[{place}]"));
    let value = |field: &str, known: Option<u32>| {
        submitted_value(field)
            .unwrap_or_else(|| known.map(|number| number.to_string()).unwrap_or_default())
    };
    let values = (value(&most, cap.map(|cap| cap.most)), value(&hours, cap.map(|cap| cap.hours)));
    view! {
        <fieldset class="cap">
            <legend>{name}</legend>
            <input r#type="hidden" name=format!("channel[{place}]") value=channel.map_or("", Channel::key) />
            <label class="field">
                <span class="field-label">"Maximum messages"</span>
                <input r#type="text" inputmode="numeric" name=most value=values.0 placeholder="No cap" />
            </label>
            <label class="field">
                <span class="field-label">{format!("Within hours (1 to {CAP_HOURS_MAX})")}</span>
                <input r#type="text" inputmode="numeric" name=hours value=values.1 />
            </label>
        </fieldset>
    }
}
