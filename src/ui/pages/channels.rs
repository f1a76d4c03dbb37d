//! `/channels`: how messages reach their providers, and how many a person gets.

use leptos::prelude::*;

use crate::{
    api::channels::read_channels,
    domain::{
        delivery::{
            channel::{ChannelState, ChannelView},
            gates::{CAP_HOURS_MAX, FrequencyCap},
        },
        people::profile::Channel,
    },
    ui::components::page::{Loaded, Page},
};

#[component]
pub fn ChannelsPage() -> impl IntoView {
    view! {
        <Page title="Channels">
            <Loaded
                load=read_channels
                view=|(channels, caps)| view! { <Channels channels=channels /> <Caps caps=caps /> }.into_any()
            />
        </Page>
    }
}

/// The name of a channel, as a heading has it.
pub fn heading_of(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "E-mail",
        Channel::Sms => "SMS",
        Channel::Push => "Push",
        Channel::Webhook => "Webhook",
        Channel::Whatsapp => "WhatsApp",
        Channel::WebPush => "Web push",
        Channel::InApp => "In-app",
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
    let heading = heading_of(channel.channel);
    let address = format!("/channels/{}", channel.channel.key());
    let action = if channel.state == ChannelState::NotSetUp { "Set up" } else { "Change" };
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
    // The colours of journeys: what runs, what is held back, what is not there yet.
    let class = match state {
        ChannelState::NotSetUp => "badge",
        ChannelState::Test => "badge badge-paused",
        ChannelState::Live => "badge badge-running",
    };
    view! { <span class=class>{state.title()}</span> }
}

/// A row for all channels together, and one for each that reaches people.
const CAPPED: [Option<Channel>; 4] = [None, Some(Channel::Email), Some(Channel::Sms), Some(Channel::Push)];

#[component]
fn Caps(caps: Vec<FrequencyCap>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="caps-title">
            <h2 id="caps-title">"Frequency caps"</h2>
            <p class="hint">
                "How many messages a person gets at most, from all journeys together. One more is withheld, and its journey says so. A message whose settings say so goes out all the same, and counts."
            </p>
            <form class="form" method="post" action="/api/ui/channels/caps">
                {CAPPED
                    .into_iter()
                    .map(|channel| {
                        let cap = caps.iter().find(|cap| cap.channel == channel).copied();
                        view! { <CapRow channel=channel cap=cap /> }
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
fn CapRow(channel: Option<Channel>, cap: Option<FrequencyCap>) -> impl IntoView {
    let name = channel.map_or("All channels together", heading_of);
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    view! {
        <fieldset class="cap">
            <legend>{name}</legend>
            <input r#type="hidden" name="channel[]" value=channel.map_or("", Channel::key) />
            <label class="field">
                <span class="field-label">"Messages at most"</span>
                <input r#type="text" inputmode="numeric" name="most[]" value=number(cap.map(|cap| cap.most)) placeholder="no cap" />
            </label>
            <label class="field">
                <span class="field-label">{format!("In hours (1 to {CAP_HOURS_MAX})")}</span>
                <input r#type="text" inputmode="numeric" name="hours[]" value=number(cap.map(|cap| cap.hours)) />
            </label>
        </fieldset>
    }
}
