//! A message as its form says it, rendered for a profile: how it looks on a phone and on a desktop,
//! and a test send.

use leptos::{html, prelude::*, task::spawn_local};

use super::{
    context::{GraphState, OpenVersion, Panels},
    dialogs::Dialog,
};
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

/// The name of the frame that an email is shown in.
const FRAME: &str = "message-frame";

#[component]
pub fn PreviewDialog() -> impl IntoView {
    let panels = Panels::here();
    // The profile stays the same from one message to the next.
    let identity = RwSignal::new(String::new());
    let open = Signal::derive(move || panels.preview_of.read().is_some());
    let close = Callback::new(move |()| panels.preview_of.set(None));
    let body = Callback::new(move |()| match panels.preview_of.get() {
        Some(node) => view! { <Preview node=node identity=identity /> }.into_any(),
        None => ().into_any(),
    });
    view! {
        <Dialog
            id="preview-window"
            title="Preview of the message"
            open=open
            closed=close
            body=body
            class="dialog dialog-wide"
        />
    }
}

/// The message as it is now, or nothing where the step was deleted.
fn draft_message(
    version: OpenVersion,
    graph: GraphState,
    node: &str,
    identity: &str,
) -> Option<DraftMessage> {
    let journey = version.document().journey;
    let settings = graph.settings.get_untracked();
    Some(DraftMessage {
        journey,
        node: graph.node(node)?,
        settings,
        person: identity.trim().to_string(),
    })
}

#[component]
fn Preview(node: String, identity: RwSignal<String>) -> impl IntoView {
    let version = OpenVersion::here();
    let graph = GraphState::here();
    let panels = Panels::here();
    let node = StoredValue::new(node);
    let preview = RwSignal::new(None::<Result<MessagePreview, String>>);
    let draft = StoredValue::new(None::<DraftMessage>);
    let load = move || {
        let (node, identity) = (node.get_value(), identity.get_untracked());
        let Some(message) = draft_message(version, graph, &node, &identity) else { return };
        draft.set_value(Some(message.clone()));
        spawn_local(async move {
            preview.try_set(Some(preview_draft(message).await.map_err(|error| error.sentence())));
        });
    };
    load();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        load();
    };
    view! {
        <p class="dialog-text">{graph.title(&node.get_value())}</p>
        <form class="preview-ask" on:submit=submit>
            <label class="field">
                <span class="field-label">"Profile: identity or email address"</span>
                <input
                    r#type="text"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="preview-person"
                    prop:value=identity
                    on:input=move |event| identity.set(event_target_value(&event))
                />
            </label>
            <button class="button" r#type="submit">
                "Show"
            </button>
        </form>
        {move || match preview.get() {
            None => view! { <p class="hint" role="status">"Loading…"</p> }.into_any(),
            Some(Err(sentence)) => view! { <p class="complaint" role="alert">{sentence}</p> }.into_any(),
            Some(Ok(preview)) => view! { <RenderedMessage preview=preview draft=draft /> }.into_any(),
        }}
        <div class="dialog-actions">
            <button class="button" r#type="button" on:click=move |_| panels.preview_of.set(None)>
                "Close"
            </button>
        </div>
    }
}

#[component]
fn RenderedMessage(
    preview: MessagePreview,
    draft: StoredValue<Option<DraftMessage>>,
) -> impl IntoView {
    let open_version = OpenVersion::here();
    let MessagePreview { channel, channel_state, person, content, findings, .. } = preview;
    let shown_for = match person {
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
    let problems = findings.problems.into_iter().chain(findings.warnings);
    let can_be_sent = content.is_some() && open_version.can_edit_content();
    view! {
        <p id="preview-person" class="hint" role="status">
            {shown_for}
        </p>
        {problems.map(|problem| view! { <p class="complaint complaint-warning">{problem.sentence}</p> }).collect_view()}
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
        {can_be_sent.then(|| view! { <TestSend channel=channel state=channel_state draft=draft /> })}
    }
}

/// An email in a frame of its own, as wide as on a phone or on a desktop.
#[component]
fn HtmlFrame(draft: StoredValue<Option<DraftMessage>>) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let is_wide = RwSignal::new(false);
    let message =
        draft.get_value().and_then(|draft| serde_json::to_string(&draft).ok()).unwrap_or_default();
    Effect::new(move |_| {
        if let Some(form) = form.get() {
            let _ = form.submit();
        }
    });
    let device = move |title: &'static str, wide: bool| {
        view! {
            <label class="choice">
                <input r#type="radio" name="preview-width" prop:checked=move || is_wide.get() == wide on:change=move |_| is_wide.set(wide) />
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
                    class:preview-phone=move || !is_wide.get()
                    class:preview-desktop=is_wide
                    title="Message preview"
                    sandbox=""
                ></iframe>
            </div>
        </section>
    }
}

/// Sends the message once, to the person who edits it.
#[component]
fn TestSend(
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
    let has_own_address = channel == Channel::Webhook;
    let to = RwSignal::new(String::new());
    let is_sending = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Result<(), String>>);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(message) = draft.get_value().filter(|_| !is_sending.get_untracked()) else {
            return;
        };
        is_sending.set(true);
        outcome.set(None);
        let to = to.get_untracked();
        spawn_local(async move {
            let result =
                test_draft(message, to).await.map(|_| ()).map_err(|error| error.sentence());
            is_sending.try_set(false);
            outcome.try_set(Some(result));
        });
    };
    view! {
        <section class="section" aria-labelledby="preview-test-title">
            <h2 id="preview-test-title">"Send a test"</h2>
            <form class="preview-ask" on:submit=send>
                {(!has_own_address)
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
                <button class="button" r#type="submit" aria-disabled=move || is_sending.get().to_string()>
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
