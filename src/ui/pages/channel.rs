//! `/channels/{channel}`: the settings of one channel, and its test send.

use leptos::prelude::*;

use super::{channels::StateBadge, part_of_path, test_card::TestCard};
use crate::{
    api::{channels::read_channel, request::submitted_value},
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        section::DELIVERY,
        time::LongDate,
        typed_text::TextArea,
    },
};
use wayfare_domain::{
    messages::channel::{
        ChannelSettings, ChannelState, ChannelView, FCM, GOOGLE_TOKENS, SecretRequirement, TWILIO,
        TlsMode,
    },
    profiles::profile::Channel,
};

#[component]
pub fn ChannelPage() -> impl IntoView {
    let key = part_of_path("channel");
    let title = Channel::from_key(&key).map_or("Channel", Channel::heading);
    view! {
        <Page title=title section=DELIVERY>
            <Loaded
                load=move || read_channel(key.clone())
                view=|channel| view! { <Settings channel=channel.clone() /> <Test channel=channel /> }.into_any()
            />
        </Page>
    }
}

/// A field of the settings: its name, label, hint and value.
struct Setting {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    required: bool,
}

fn setting(name: &'static str, label: &'static str, value: &str, hint: &'static str) -> Setting {
    Setting { name, label, hint, value: value.to_string(), required: true }
}

fn optional(name: &'static str, label: &'static str, value: &str, hint: &'static str) -> Setting {
    Setting { required: false, ..setting(name, label, value, hint) }
}

/// The one-line fields of a channel.
fn settings_of(channel: Channel, settings: Option<&ChannelSettings>) -> Vec<Setting> {
    match (channel, settings) {
        (Channel::Email, settings) => {
            let email = match settings {
                Some(ChannelSettings::Email(email)) => Some(email),
                _ => None,
            };
            let of = |text: fn(&wayfare_domain::messages::channel::EmailSettings) -> String| {
                email.map(text).unwrap_or_default()
            };
            vec![
                setting(
                    "from_name",
                    "Sender name",
                    &of(|email| email.from_name.clone()),
                    "Shown next to the sender address.",
                ),
                setting(
                    "from_address",
                    "Sender address",
                    &of(|email| email.from_address.clone()),
                    "",
                ),
                optional(
                    "reply_to",
                    "Reply-to address",
                    &of(|email| email.reply_to.clone().unwrap_or_default()),
                    "Leave empty to use the sender address.",
                ),
                setting(
                    "host",
                    "SMTP server",
                    &of(|email| email.host.clone()),
                    "For example smtp.example.com.",
                ),
                optional(
                    "port",
                    "Port",
                    &of(|email| email.port.to_string()),
                    "Leave empty for the default: 587 with STARTTLS, 465 with TLS.",
                ),
                optional(
                    "user",
                    "Username",
                    &of(|email| email.user.clone().unwrap_or_default()),
                    "Leave empty if the server doesn’t require one.",
                ),
            ]
        }
        (Channel::Sms, settings) => {
            let (account, from, base_url) = match settings {
                Some(ChannelSettings::Sms(sms)) => {
                    (sms.account.as_str(), sms.from.as_str(), sms.base_url.as_str())
                }
                _ => ("", "", TWILIO),
            };
            vec![
                setting("account", "Account SID", account, "At Twilio it starts with AC."),
                setting(
                    "from",
                    "Sender",
                    from,
                    "A phone number such as +4930123456, a name of up to 11 letters, or a \
                        messaging service (MG…).",
                ),
                setting(
                    "base_url",
                    "API address",
                    base_url,
                    "The Twilio API or a compatible gateway.",
                ),
            ]
        }
        (Channel::Push, settings) => {
            let (token_url, base_url) = match settings {
                Some(ChannelSettings::Push(push)) => {
                    (push.token_url.as_str(), push.base_url.as_str())
                }
                _ => (GOOGLE_TOKENS, FCM),
            };
            vec![
                setting(
                    "base_url",
                    "API address",
                    base_url,
                    "The Firebase API or a compatible gateway.",
                ),
                setting("token_url", "Token address", token_url, ""),
            ]
        }
        (Channel::Webhook | Channel::Whatsapp | Channel::WebPush | Channel::InApp, settings) => {
            let seconds = match settings {
                Some(ChannelSettings::Webhook(webhook)) => webhook.timeout_seconds,
                _ => 5,
            };
            vec![setting(
                "timeout_seconds",
                "Time limit for a response (seconds)",
                &seconds.to_string(),
                "From 1 to 30.",
            )]
        }
    }
}

#[component]
fn Settings(channel: ChannelView) -> impl IntoView {
    let fields = settings_of(channel.channel, channel.settings.as_ref());
    // Only this form has a revision: it tells whether the values were typed here or into the test
    // form.
    let live = submitted_value("revision")
        .map_or(channel.state == ChannelState::Live, |_| submitted_value("live").is_some());
    let revision = submitted_value("revision").unwrap_or_else(|| channel.revision.to_string());
    let per_second = submitted_value("per_second")
        .unwrap_or_else(|| channel.per_second.map(|rate| rate.to_string()).unwrap_or_default());
    view! {
        <section class="card" aria-labelledby="settings-title">
            <h2 id="settings-title">"Settings"</h2>
            <p class="channel-line">
                <StateBadge state=channel.state />
                <span class="hint">
                    {channel.state.meaning()}
                    {channel
                        .updated_by
                        .clone()
                        .zip(channel.updated_at)
                        .map(|(by, at)| view! { ". Changed by " {by} ", " <LongDate at=at /> })}
                </span>
            </p>
            <form class="form" method="post" action="/api/ui/channels/save" autocomplete="off">
                <ForProject />
                <input r#type="hidden" name="channel" value=channel.channel.key() />
                <input r#type="hidden" name="revision" value=revision />
                {fields.into_iter().map(|field| view! { <SettingField field=field /> }).collect_view()}
                {(channel.channel == Channel::Email).then(|| view! { <Encryption settings=channel.settings.clone() /> })}
                <SecretField channel=channel.clone() />
                <label class="field">
                    <span class="field-label">"Maximum messages per second"</span>
                    <input r#type="text" inputmode="numeric" name="per_second" value=per_second placeholder="No limit" />
                </label>
                <label class="choice">
                    <input r#type="checkbox" name="live" value="on" checked=live />
                    <span>
                        <strong>"Live"</strong>
                        ": messages are sent. In test mode they are logged and counted, but not \
                            sent."
                    </span>
                </label>
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Save channel"
                    </button>
                </div>
            </form>
        </section>
    }
}

#[component]
fn SettingField(field: Setting) -> impl IntoView {
    let name = format!("fields[{}]", field.name);
    let value = submitted_value(&name).unwrap_or(field.value);
    let (id, hint_id) = (format!("field-{}", field.name), format!("field-{}-hint", field.name));
    let described_by = (!field.hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>
                {field.label}
            </label>
            <input id=id r#type="text" name=name value=value required=field.required aria-describedby=described_by spellcheck="false" />
            {(!field.hint.is_empty()).then(|| view! { <span class="hint" id=hint_id>{field.hint}</span> })}
        </div>
    }
}

/// How the connection to the SMTP server is encrypted, and which authority is trusted.
#[component]
fn Encryption(settings: Option<ChannelSettings>) -> impl IntoView {
    let (known, authority) = match settings {
        Some(ChannelSettings::Email(email)) => (email.security, email.authority),
        _ => (TlsMode::default(), None),
    };
    let chosen = submitted_value("fields[security]")
        .and_then(|key| TlsMode::from_key(&key))
        .unwrap_or(known);
    let authority = submitted_value("fields[authority]").or(authority).unwrap_or_default();
    view! {
        <label class="field">
            <span class="field-label">"Encryption"</span>
            <select name="fields[security]">
                {TlsMode::ALL
                    .into_iter()
                    .map(|security| {
                        view! {
                            <option value=security.key() selected=security == chosen>
                                {security.title()}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
        <div class="field">
            <label class="field-label" for="field-authority">
                "Private CA certificate"
            </label>
            <TextArea
                id="field-authority"
                class="pem"
                name="fields[authority]"
                rows=4
                code=true
                described_by="field-authority-hint"
                text=authority
            />
            <span class="hint" id="field-authority-hint">
                "In PEM format. Only needed if your own authority issued the server’s certificate."
            </span>
        </div>
    }
}

/// The secret can be entered but is never shown. The page says whether one is set.
#[component]
fn SecretField(channel: ChannelView) -> impl IntoView {
    let (label, hint) = match channel.channel {
        Channel::Email => ("Password", "For the username above."),
        Channel::Sms => ("Auth token", ""),
        Channel::Push => (
            "Service account (JSON file)",
            "Paste the whole file: Firebase console, Project settings, Service accounts.",
        ),
        Channel::Webhook | Channel::Whatsapp | Channel::WebPush | Channel::InApp => (
            "Signing secret",
            "Optional, at least 16 characters. It signs requests, so that the receiver can \
                verify them.",
        ),
    };
    let said =
        if channel.has_secret { "Set, but not shown. Leave empty to keep it." } else { "Not set." };
    let forgets = channel.has_secret
        && channel
            .settings
            .as_ref()
            .is_some_and(|settings| settings.secret_need() == SecretRequirement::May);
    view! {
        <div class="field">
            <label class="field-label" for="field-secret">
                {label}
            </label>
            {if channel.channel == Channel::Push {
                view! { <TextArea id="field-secret" class="pem" name="secret" rows=4 code=true described_by="field-secret-hint" text="" /> }
                    .into_any()
            } else {
                view! { <input id="field-secret" r#type="password" name="secret" autocomplete="new-password" aria-describedby="field-secret-hint" /> }
                    .into_any()
            }}
            <span class="hint" id="field-secret-hint">
                {said} " " {hint}
            </span>
        </div>
        {forgets
            .then(|| {
                view! {
                    <label class="choice">
                        <input r#type="checkbox" name="forget_secret" value="on" />
                        <span>"Remove the signing secret: requests are no longer signed"</span>
                    </label>
                }
            })}
    }
}

#[component]
fn Test(channel: ChannelView) -> impl IntoView {
    let hint = "Sends one real message with the saved settings, also in test mode.";
    (channel.state != ChannelState::NotSetUp).then(|| {
        let (channel, hidden) = (channel.channel, vec![("channel", channel.channel.key().to_string())]);
        view! { <TestCard channel=channel action="/api/ui/channels/test" hint=hint hidden=hidden /> }
    })
}
