//! The preview of a message's content: on its own page and in the editor.

use leptos::prelude::*;

use wayfare_domain::{
    messages::{preview::PreviewContent, sms::SmsSize},
    profiles::profile::Channel,
};

/// Content that needs no frame. Empty for an email.
#[component]
pub fn PlainContent(content: PreviewContent) -> impl IntoView {
    match content {
        PreviewContent::Email { .. } => ().into_any(),
        PreviewContent::Sms { body, size } => view! { <Sms body=body size=size /> }.into_any(),
        PreviewContent::Push { title, body, link } => {
            view! { <Push title=title body=body link=link /> }.into_any()
        }
        PreviewContent::Webhook { method, url, headers, body } => {
            view! { <Webhook method=method url=url headers=headers body=body /> }.into_any()
        }
    }
}

#[component]
pub fn EmailSubject(subject: String) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="subject-title">
            <h2 id="subject-title">"Subject"</h2>
            <p class="preview-subject">{subject}</p>
        </section>
    }
}

#[component]
pub fn EmailText(text: String) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="text-title">
            <h2 id="text-title">"Plain text version"</h2>
            <pre class="preview-text" tabindex="0" aria-labelledby="text-title">
                {text}
            </pre>
        </section>
    }
}

/// The label of the field for the recipient of a test send.
pub fn address_label(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "Email address",
        Channel::Sms | Channel::Whatsapp => "Phone number",
        Channel::Push | Channel::WebPush => "Device token",
        Channel::Webhook | Channel::InApp => "URL (https://…)",
    }
}

#[component]
fn Sms(body: String, size: SmsSize) -> impl IntoView {
    let parts = if size.parts == 1 { "one SMS".to_string() } else { format!("{} SMS", size.parts) };
    let why = if size.unicode {
        " It has characters outside the GSM alphabet, so fewer fit into one SMS."
    } else {
        ""
    };
    view! {
        <section class="section" aria-labelledby="sms-title">
            <h2 id="sms-title">"On a phone"</h2>
            <div class="preview-screen">
                <p class="preview-bubble">{body}</p>
            </div>
            <p class="hint">{format!("{} characters, sent and billed as {parts}.{why}", size.characters)}</p>
        </section>
    }
}

#[component]
fn Push(title: String, body: String, link: Option<String>) -> impl IntoView {
    let length = format!(
        "Title {} characters, text {}. Phones cut titles after about 50 and texts after about 150.",
        title.chars().count(),
        body.chars().count()
    );
    view! {
        <section class="section" aria-labelledby="push-title">
            <h2 id="push-title">"On a phone"</h2>
            <div class="preview-screen">
                <div class="preview-notification">
                    <strong>{title}</strong>
                    <p>{body}</p>
                </div>
            </div>
            <p class="hint">{length}</p>
            {link.map(|link| view! { <p>"A tap opens " <code>{link}</code></p> })}
        </section>
    }
}

#[component]
fn Webhook(
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
) -> impl IntoView {
    let lines: Vec<String> =
        headers.into_iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let request = format!("{method} {url}\n{}\n{body}", lines.concat());
    view! {
        <section class="section" aria-labelledby="request-title">
            <h2 id="request-title">"Request"</h2>
            <pre class="preview-text" tabindex="0" aria-labelledby="request-title">
                {request}
            </pre>
        </section>
    }
}
