//! Messages that are sent right now to be looked at: does a channel work, and how does a journey's
//! message arrive?

use super::{ServiceError, ServiceResult, Services, message_preview::RenderedMessage};
use wayfare_delivery::channels::{self, OutboundMessage, SendResult};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    audit::AuditEvent,
    error::FieldError,
    graph::node::WebhookMethod,
    ids::JourneyId,
    messages::{
        channel::ChannelSettings, preview::DraftMessage, suppression::AddressKind,
        test_recipient::require_may_test,
    },
    profiles::profile::Channel,
};
use wayfare_runtime::costly_work::Job;
use wayfare_store::channels::StoredChannel;
use wayfare_templates::content::{Content, EmailContent, WebhookContent};

/// Longest address of a test, in characters.
const ADDRESS_MAX: usize = 4_000;

/// One message to be looked at.
struct TestSend {
    event: AuditEvent,
    /// What is tried, for the audit log.
    what: String,
    /// Empty for webhooks, whose content says where they go.
    to: String,
    content: Content,
}

impl Services {
    /// Sends a message that says what it is, with the settings that are saved, whether the channel
    /// is live or not. Answers what the provider calls it.
    ///
    /// # Errors
    /// What the provider said where it did not take it.
    pub async fn test_channel(
        &self,
        actor: &Actor,
        channel: Channel,
        to: &str,
    ) -> ServiceResult<Option<String>> {
        actor.require(Permission::ManageChannels)?;
        let to = typed_address(to)?;
        let missing = "The channel is not set up yet. Save its settings first.";
        let stored = self.set_up(actor, channel, missing).await?;
        let content = greeting(&stored.settings, to);
        let to = if channel == Channel::Webhook { String::new() } else { to.to_string() };
        let trial = TestSend {
            event: AuditEvent::ChannelTested,
            what: channel.heading().to_string(),
            to,
            content,
        };
        self.try_out(actor, &stored, trial).await
    }

    /// Sends a message of the journey's newest version, filled in as its page shows it: for the
    /// person of this identity or email address, or else for someone made up. Nothing in it is
    /// counted. Answers what the provider calls it.
    ///
    /// # Errors
    /// Where it cannot be filled in, where no one set its channel up, and what the provider said
    /// where it did not take it.
    pub async fn test_message(
        &self,
        actor: &Actor,
        journey: JourneyId,
        node: &str,
        person: Option<&str>,
        to: &str,
    ) -> ServiceResult<Option<String>> {
        actor.require(Permission::EditJourneys)?;
        let filled = self.fill_in(actor, journey, node, person, Job::TestMessage).await?;
        self.try_message(actor, filled, to).await
    }

    /// The same for a message as it stands in the editor.
    ///
    /// # Errors
    /// As those of a saved one.
    pub async fn test_draft(
        &self,
        actor: &Actor,
        draft: DraftMessage,
        to: &str,
    ) -> ServiceResult<Option<String>> {
        actor.require(Permission::EditJourneys)?;
        let filled = self.fill_in_draft(actor, draft, Job::TestMessage).await?;
        self.try_message(actor, filled, to).await
    }

    async fn try_message(
        &self,
        actor: &Actor,
        filled: RenderedMessage,
        to: &str,
    ) -> ServiceResult<Option<String>> {
        let to = if filled.channel == Channel::Webhook { "" } else { typed_address(to)? };
        self.require_may_test(actor, filled.channel, to).await?;
        let Some(content) = filled.content else {
            return Err(ServiceError::Problems(filled.findings.problems));
        };
        let missing = "The channel of this message is not set up yet. Ask an admin to set it up on \
            the page Channels.";
        let stored = self.set_up(actor, filled.channel, missing).await?;
        let what = format!("“{}” of {}", filled.title, filled.journey_name);
        let trial =
            TestSend { event: AuditEvent::MessageTested, what, to: to.to_string(), content };
        self.try_out(actor, &stored, trial).await
    }

    async fn require_may_test(
        &self,
        actor: &Actor,
        channel: Channel,
        to: &str,
    ) -> ServiceResult<()> {
        let members = if actor.may(Permission::OperateJourneys) {
            Vec::new()
        } else {
            self.stores.members.list_members(actor.project).await?
        };
        let members: Vec<String> = members.into_iter().map(|member| member.email).collect();
        Ok(require_may_test(actor, channel, to, &members)?)
    }

    async fn set_up(
        &self,
        actor: &Actor,
        channel: Channel,
        missing: &str,
    ) -> ServiceResult<StoredChannel> {
        let stored = self.stores.channels.find_channel(actor.project, channel).await?;
        stored.ok_or_else(|| ServiceError::NotDelivered(missing.to_string()))
    }

    /// Past the suppression list, which holds for everybody, and within the limit of tests.
    async fn try_out(
        &self,
        actor: &Actor,
        stored: &StoredChannel,
        trial: TestSend,
    ) -> ServiceResult<Option<String>> {
        let TestSend { event, what, to: typed, content } = trial;
        let channel = stored.settings.channel();
        let mut to = typed;
        if let Some(kind) = AddressKind::of(channel) {
            to = canonical(kind, &to).ok_or_else(|| unusable(kind))?;
            if let Some(reason) =
                self.stores.suppressions.find_suppression_reason(actor.project, kind, &to).await?
            {
                let sentence =
                    format!("Nothing is sent to {to}: it is on the suppression list ({reason}).");
                return Err(ServiceError::NotDelivered(sentence));
            }
        }
        let delivery = self.delivery()?;
        let transport =
            channels::open_stored(stored, None, &delivery.server_key, &delivery.outside)?;
        self.auth.throttle.test_message(actor.user)?;
        let goes_to = short(goal_of(&to, &content));
        let key = format!("test.{}", uuid::Uuid::now_v7().simple());
        let handed = transport.send(&OutboundMessage { key, to, to_name: None, content }).await;
        let (said, taken) = match &handed {
            SendResult::Accepted { .. } => ("taken", true),
            SendResult::Deferred { reason, .. } | SendResult::Rejected { reason, .. } => {
                (reason.as_str(), false)
            }
        };
        self.stores
            .audit
            .record_audit_event(actor, event, &format!("{what} to {goes_to}: {said}"), self.now())
            .await?;
        tracing::info!(channel = channel.key(), taken, project = %actor.project, by = %actor.user, "{}", event.key());
        match handed {
            SendResult::Accepted { provider_id } => Ok(provider_id),
            SendResult::Deferred { reason, .. } | SendResult::Rejected { reason, .. } => {
                Err(ServiceError::NotDelivered(format!("The test message was not sent: {reason}.")))
            }
        }
    }
}

fn typed_address(to: &str) -> Result<&str, FieldError> {
    let to = to.trim();
    if to.is_empty() || to.chars().count() > ADDRESS_MAX {
        return Err(FieldError::new("to", "required", "Enter the address for the test message."));
    }
    Ok(to)
}

fn unusable(kind: AddressKind) -> FieldError {
    let sentence = match kind {
        AddressKind::Email => "This is not a usable email address.",
        AddressKind::Phone => {
            "This is not a usable phone number. Begin with the country code, such as +49."
        }
        AddressKind::Push | AddressKind::WebPush => "This is not a usable token of a device.",
    };
    FieldError::new("to", "malformed", sentence)
}

fn goal_of<'a>(to: &'a str, content: &'a Content) -> &'a str {
    match content {
        Content::Webhook(webhook) => &webhook.url,
        Content::Email(_) | Content::Sms { .. } | Content::Push { .. } => to,
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A message that says what it is.
fn greeting(settings: &ChannelSettings, to: &str) -> Content {
    let body = "This is a test message from Wayfare. The channel works.".to_string();
    let title = "A test from Wayfare".to_string();
    match settings {
        ChannelSettings::Email(_) => {
            Content::Email(EmailContent { subject: title, text: body, ..EmailContent::default() })
        }
        ChannelSettings::Sms(_) => Content::Sms { body },
        ChannelSettings::Push(_) => Content::Push { title, body, link: None },
        ChannelSettings::Webhook(_) => Content::Webhook(WebhookContent {
            method: WebhookMethod::Post,
            url: to.to_string(),
            headers: Vec::new(),
            body: "{\"test\":true}".to_string(),
        }),
    }
}
