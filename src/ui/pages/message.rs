//! `/journeys/:id/messages/:node`: a preview of one message.

use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    id_of_path,
    message_findings::{ProblemsCard, WarningsCard},
    part_of_path, query_value,
    test_card::TestCard,
};
use crate::{
    api::{messages::read_preview, request::may},
    ui::components::{
        message_content::{EmailSubject, EmailText, PlainContent},
        page::{Loaded, Page},
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    messages::{
        channel::ChannelState,
        preview::{MessagePreview, PreviewContent, PreviewProfile, message_address},
    },
    profiles::profile::Channel,
};

/// Longest identity or address that can be asked for.
const PERSON_MAX: usize = 254;

#[component]
pub fn MessagePage() -> impl IntoView {
    let (journey, node, person) = (id_of_path(), part_of_path("node"), query_value("person"));
    let crumbs = vec![
        ("/journeys".to_string(), "Journeys".to_string()),
        (format!("/journeys/{journey}"), "This journey".to_string()),
    ];
    view! {
        <Page title="Message" crumbs=crumbs wide=true>
            <Loaded
                load=move || {
                    let (journey, node, person) = (journey.clone(), node.clone(), person.clone());
                    async move {
                        let preview = read_preview(&journey, &node, &person).await?;
                        Ok((preview, person))
                    }
                }
                view=|(preview, person)| view! { <Message preview=preview typed=person /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn Message(preview: MessagePreview, typed: String) -> impl IntoView {
    let address = message_address(preview.journey, &preview.node);
    let test = (preview.content.is_some() && may(Permission::EditJourneys))
        .then(|| view! { <Test preview=preview.clone() person=typed.clone() /> });
    let html_address =
        format!("{address}/html?person={}", utf8_percent_encode(&typed, NON_ALPHANUMERIC));
    view! {
        <p class="lead">
            {preview.title.clone()} " in " <a href=format!("/journeys/{}", preview.journey)>{preview.journey_name.clone()}</a>
        </p>
        <div class="columns">
            {may(Permission::SeePersonalData).then(|| view! { <PersonChooser address=address person=preview.person typed=typed /> })}
            {test}
        </div>
        <ProblemsCard problems=preview.findings.problems title="This message can’t be sent" />
        <WarningsCard warnings=preview.findings.warnings />
        {preview.content.map(|content| view! { <Content content=content html_address=html_address /> })}
    }
}

/// A test send of the message as it is shown. Without a channel, a link to set it up.
#[component]
fn Test(preview: MessagePreview, person: String) -> impl IntoView {
    let MessagePreview { journey, node, channel, channel_state, .. } = preview;
    if channel_state == ChannelState::NotSetUp {
        return view! { <NotSetUp channel=channel /> }.into_any();
    }
    let addressed = channel == Channel::Webhook;
    let hint = if addressed {
        "Sends the request as shown here to the address below, also in test mode."
    } else {
        "Sends one real message as shown here, also in test mode. Opens and clicks are not \
            counted, and its unsubscribe link does nothing."
    };
    let hidden = vec![("journey", journey.to_string()), ("node", node), ("person", person)];
    view! { <TestCard channel=channel action="/api/ui/messages/test" hint=hint hidden=hidden addressed=addressed /> }.into_any()
}

#[component]
fn NotSetUp(channel: Channel) -> impl IntoView {
    let way = if may(Permission::ManageChannels) {
        let address = format!("/channels/{}", channel.key());
        view! { <a href=address>{format!("Set up {}", channel.heading())}</a> " to send a test." }
            .into_any()
    } else {
        "Ask an admin of the project to set it up.".into_any()
    };
    view! {
        <section class="card" aria-labelledby="test-title">
            <h2 id="test-title">"Send a test"</h2>
            <p class="hint">{format!("The channel {} is not set up yet. ", channel.heading())} {way}</p>
        </section>
    }
}

/// The profile whose data the preview shows, and a field to choose another.
#[component]
fn PersonChooser(address: String, person: PreviewProfile, typed: String) -> impl IntoView {
    let unknown = person == PreviewProfile::Unknown;
    let shown = match person {
        PreviewProfile::Person { seq, title } => view! {
            "Shown with data from "
            <a href=format!("/profiles/{seq}")>{title}</a>
            ", and the latest event that matches the journey’s entry."
        }
        .into_any(),
        PreviewProfile::Example => {
            "Shown with sample data. Choose a profile to use real data.".into_any()
        }
        PreviewProfile::Unknown => format!(
            "No profile has the identity or email address “{typed}”. Shown with sample data."
        )
        .into_any(),
    };
    view! {
        <section class="card" aria-labelledby="person-title">
            <h2 id="person-title">"Preview as"</h2>
            <form class="filters" method="get" action=address>
                <label class="field">
                    <span class="field-label">"Identity or email address"</span>
                    <input
                        r#type="text"
                        name="person"
                        value=typed
                        maxlength=PERSON_MAX.to_string()
                        autocomplete="off"
                        aria-invalid=unknown.then_some("true")
                        aria-describedby="person-shown"
                    />
                </label>
                <div class="form-actions">
                    <button class="button" r#type="submit">
                        "Show"
                    </button>
                </div>
            </form>
            <p id="person-shown" role="status">
                {shown}
            </p>
        </section>
    }
}

#[component]
fn Content(content: PreviewContent, html_address: String) -> impl IntoView {
    match content {
        PreviewContent::Email { subject, text, has_html } => view! {
            <EmailSubject subject=subject />
            {has_html.then(|| view! { <Frames address=html_address /> })}
            <EmailText text=text />
        }
        .into_any(),
        other => view! { <PlainContent content=other /> }.into_any(),
    }
}

#[component]
fn Frames(address: String) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="html-title">
            <h2 id="html-title">"Preview"</h2>
            <div class="preview-frames">
                <Frame title="On a phone" class="preview-frame preview-phone" address=address.clone() />
                <Frame title="On a desktop" class="preview-frame preview-desktop" address=address />
            </div>
        </section>
    }
}

#[component]
fn Frame(title: &'static str, class: &'static str, address: String) -> impl IntoView {
    view! {
        <figure class="preview-figure">
            <figcaption>{title}</figcaption>
            <iframe class=class title=title src=address sandbox=""></iframe>
        </figure>
    }
}
