//! A message as it stands in its form, filled in for someone: how it looks on a phone and on a
//! desktop, and a test of it.

use leptos::{html, prelude::*, task::spawn_local};

use super::{bench::Bench, dialogs::Window};
use crate::{
    api::editor::{preview_draft, test_draft},
    ui::components::message_content::{EmailSubject, EmailText, PlainContent, address_label},
};
use wayfare_domain::{
    messages::{
        channel::ChannelState,
        preview::{DraftMessage, MessagePreview, PreviewContent, PreviewProfile},
    },
    profiles::profile::Channel,
};

/// Of the frame that an email is shown in.
const FRAME: &str = "message-frame";

#[component]
pub fn PreviewWindow() -> impl IntoView {
    let bench = Bench::here();
    // Whom one looks at messages for stays the same from one to the next.
    let person = RwSignal::new(String::new());
    let open = Signal::derive(move || bench.preview.read().is_some());
    let body = move || match bench.preview.get() {
        Some(node) => view! { <Preview node=node person=person /> }.into_any(),
        None => ().into_any(),
    };
    view! {
        <Window
            id="preview-window"
            title="Preview of the message"
            open=open
            closed=move || bench.preview.set(None)
            body=body
            class="dialog dialog-wide"
        />
    }
}

/// The message as it is now, or nothing where the step was deleted.
fn draft(bench: Bench, node: &str, person: &str) -> Option<DraftMessage> {
    let journey = bench.document.get_value().journey;
    let settings = bench.settings.get_untracked();
    Some(DraftMessage {
        journey,
        node: bench.node(node)?,
        settings,
        person: person.trim().to_string(),
    })
}

#[component]
fn Preview(node: String, person: RwSignal<String>) -> impl IntoView {
    let bench = Bench::here();
    let node = StoredValue::new(node);
    let answer = RwSignal::new(None::<Result<MessagePreview, String>>);
    let shown = StoredValue::new(None::<DraftMessage>);
    let look = move || {
        let Some(message) = draft(bench, &node.get_value(), &person.get_untracked()) else {
            return;
        };
        shown.set_value(Some(message.clone()));
        spawn_local(async move {
            answer.try_set(Some(preview_draft(message).await.map_err(|error| error.sentence())));
        });
    };
    look();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        look();
    };
    view! {
        <p class="dialog-text">{bench.title(&node.get_value())}</p>
        <form class="preview-ask" on:submit=submit>
            <label class="field">
                <span class="field-label">"Profile: identity or email address"</span>
                <input
                    r#type="text"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="preview-person"
                    prop:value=person
                    on:input=move |event| person.set(event_target_value(&event))
                />
            </label>
            <button class="button" r#type="submit">
                "Show"
            </button>
        </form>
        {move || match answer.get() {
            None => view! { <p class="hint" role="status">"Loading…"</p> }.into_any(),
            Some(Err(sentence)) => view! { <p class="complaint" role="alert">{sentence}</p> }.into_any(),
            Some(Ok(preview)) => view! { <Shown preview=preview draft=shown /> }.into_any(),
        }}
        <div class="dialog-actions">
            <button class="button" r#type="button" on:click=move |_| bench.preview.set(None)>
                "Close"
            </button>
        </div>
    }
}

#[component]
fn Shown(preview: MessagePreview, draft: StoredValue<Option<DraftMessage>>) -> impl IntoView {
    let bench = Bench::here();
    let MessagePreview { channel, channel_state, person, content, findings, .. } = preview;
    let for_whom = match person {
        PreviewProfile::Person { title, .. } => {
            format!(
                "Shown with data from {title}, and the latest event that matches the journey’s \
                    entry."
            )
        }
        PreviewProfile::Example => {
            "Shown with sample data. Choose a profile to use real data.".to_string()
        }
        PreviewProfile::Unknown => {
            "No profile has this identity or email address. Shown with sample data.".to_string()
        }
    };
    let found = findings.problems.into_iter().chain(findings.warnings);
    let can_go = content.is_some() && bench.can_write();
    view! {
        <p id="preview-person" class="hint" role="status">
            {for_whom}
        </p>
        {found.map(|found| view! { <p class="complaint complaint-warning">{found.sentence}</p> }).collect_view()}
        {match content {
            Some(PreviewContent::Email { subject, text, has_html }) => {
                view! {
                    <EmailSubject subject=subject />
                    {has_html.then(|| view! { <HtmlFrame draft=draft /> })}
                    <EmailText text=text />
                }
                    .into_any()
            }
            Some(content) => view! { <PlainContent content=content /> }.into_any(),
            None => ().into_any(),
        }}
        {can_go.then(|| view! { <Test channel=channel state=channel_state draft=draft /> })}
    }
}

/// An email under its own policy, as wide as on a phone or on a desktop.
#[component]
fn HtmlFrame(draft: StoredValue<Option<DraftMessage>>) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let wide = RwSignal::new(false);
    let message =
        draft.get_value().and_then(|draft| serde_json::to_string(&draft).ok()).unwrap_or_default();
    Effect::new(move |_| {
        if let Some(form) = form.get() {
            let _ = form.submit();
        }
    });
    let device = move |title: &'static str, is_wide: bool| {
        view! {
            <label class="choice">
                <input r#type="radio" name="preview-width" prop:checked=move || wide.get() == is_wide on:change=move |_| wide.set(is_wide) />
                <span>{title}</span>
            </label>
        }
    };
    view! {
        <section class="section preview-html" aria-labelledby="html-title">
            <h2 id="html-title">"Preview"</h2>
            <fieldset class="preview-widths">
                <legend class="visually-hidden">"Width"</legend>
                {device("On a phone", false)}
                {device("On a desktop", true)}
            </fieldset>
            <form node_ref=form class="visually-hidden" method="post" action="/messages/html" target=FRAME>
                <input r#type="hidden" name="message" value=message />
            </form>
            <div class="preview-frames">
                <iframe
                    name=FRAME
                    class="preview-frame"
                    class:preview-phone=move || !wide.get()
                    class:preview-desktop=wide
                    title="Message preview"
                    sandbox=""
                ></iframe>
            </div>
        </section>
    }
}

/// One of it, right now, to oneself.
#[component]
fn Test(
    channel: Channel,
    state: ChannelState,
    draft: StoredValue<Option<DraftMessage>>,
) -> impl IntoView {
    if state == ChannelState::NotSetUp {
        return view! {
            <p class="hint">
                {format!("The channel {} is not set up yet, so you cannot send a test. ", channel.heading())}
                <a href=format!("/channels/{}", channel.key()) target="_blank">
                    "Set it up in a new tab"
                </a>
            </p>
        }
        .into_any();
    }
    let addressed = channel == Channel::Webhook;
    let to = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Result<(), String>>);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(message) = draft.get_value().filter(|_| !busy.get_untracked()) else { return };
        busy.set(true);
        outcome.set(None);
        let to = to.get_untracked();
        spawn_local(async move {
            let answer =
                test_draft(message, to).await.map(|_| ()).map_err(|error| error.sentence());
            busy.try_set(false);
            outcome.try_set(Some(answer));
        });
    };
    view! {
        <section class="section" aria-labelledby="preview-test-title">
            <h2 id="preview-test-title">"Send a test"</h2>
            <form class="preview-ask" on:submit=send>
                {(!addressed)
                    .then(|| {
                        view! {
                            <label class="field">
                                <span class="field-label">{address_label(channel)}</span>
                                <input
                                    r#type="text"
                                    required
                                    spellcheck="false"
                                    prop:value=to
                                    on:input=move |event| to.set(event_target_value(&event))
                                />
                            </label>
                        }
                    })}
                <button class="button" r#type="submit" aria-disabled=move || busy.get().to_string()>
                    "Send test"
                </button>
            </form>
            <p class="hint">"The message is really sent, also in test mode, exactly as shown here. \
                It does not count in stats."</p>
            <div role="status">
                {move || match outcome.get() {
                    None => ().into_any(),
                    Some(Ok(())) => view! { <p class="notice">"The provider accepted the test \
                        message."</p> }.into_any(),
                    Some(Err(sentence)) => view! { <p class="complaint">{sentence}</p> }.into_any(),
                }}
            </div>
        </section>
    }
    .into_any()
}
