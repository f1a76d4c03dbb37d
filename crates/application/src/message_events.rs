//! What comes back from messages. The links in them are signed: anyone who brings one is let do
//! what it is for, and nothing else.

use std::{collections::HashMap, time::Duration};

use url::Url;

use super::{ServiceError, ServiceResult, Services};
use wayfare_delivery::{
    channels,
    tracking::{
        provider_webhook::{
            ParsedWebhook, ProviderEvent, WebhookRejection, WebhookRequest, project_of_webhook,
            webhook_url,
        },
        providers::{hear, read_secret},
        token::{LinkToken, find_key},
    },
};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    error::FieldError,
    ids::{MessageKey, ProfileKey, ProjectId},
    messages::{
        event::MessageEventKind,
        feedback::NewMessageEvent,
        preferences::{PreferenceUpdate, Recipient},
        provider_webhook::{ProviderWebhookView, WebhookProvider},
        read_model::MessageSummary,
    },
    profiles::profile::Channel,
};
use wayfare_secrets::server_key::ServerKey;
use wayfare_store::{StoreError, message_events::InboundBatch};

/// How often, and after how long, it is looked again for a message whose provider was quicker than
/// our own disk.
const LOOKS: usize = 4;
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What became of a provider's request.
#[derive(Debug, PartialEq, Eq)]
pub struct WebhookReceipt {
    pub accepted: usize,
    /// Records that make no sense, by their place.
    pub rejected: Vec<(usize, FieldError)>,
}

/// Why a provider's request was not taken; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is no such address: no one learns what is missing.
    #[error("this address does not exist")]
    Unknown,
    #[error("the request is not verified")]
    NotHeard(WebhookRejection),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<StoreError> for WebhookError {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

impl Services {
    fn server_key(&self) -> ServiceResult<&ServerKey> {
        Ok(&self.delivery()?.server_key)
    }

    fn token(&self, text: &str) -> Option<LinkToken> {
        LinkToken::read(self.server_key().ok()?, text)
    }

    /// A picture was loaded. No one waits for it, and no one learns whether it is known.
    pub fn viewed(&self, token: &str) {
        if let Some(LinkToken::Open { message }) = self.token(token) {
            self.reports.note(NewMessageEvent::new(
                MessageKey(message),
                MessageEventKind::Viewed,
                self.now(),
            ));
        }
    }

    /// Where a link leads, if it is one of ours; by a person, it counts. They do not wait for the
    /// disk.
    pub fn clicked(&self, token: &str, by_person: bool) -> Option<Url> {
        let Some(LinkToken::Click { message, target }) = self.token(token) else { return None };
        if by_person {
            self.reports.note(NewMessageEvent::new(
                MessageKey(message),
                MessageEventKind::Clicked,
                self.now(),
            ));
        }
        Some(target)
    }

    fn chooser(&self, token: &str) -> ServiceResult<i64> {
        match self.token(token) {
            Some(LinkToken::Choices { message }) => Ok(message),
            _ => Err(StoreError::LinkExpired.into()),
        }
    }

    /// What anyone who got a message can choose. Changes nothing.
    ///
    /// # Errors
    /// Where the link is none of ours, or its message is not kept any more.
    pub async fn recipient(&self, token: &str) -> ServiceResult<Recipient> {
        let message = self.chooser(token)?;
        Ok(self
            .stores
            .message_events
            .find_recipient(MessageKey(message))
            .await?
            .ok_or(StoreError::LinkExpired)?)
    }

    /// They decide. Answered when nothing goes out any more that they do not want.
    ///
    /// # Errors
    /// As [`Services::recipient`].
    pub async fn save_preferences(
        &self,
        token: &str,
        wish: &PreferenceUpdate,
    ) -> ServiceResult<()> {
        let message = self.chooser(token)?;
        let changed = self
            .stores
            .message_events
            .save_preferences(MessageKey(message), wish, self.now())
            .await?
            .ok_or(StoreError::LinkExpired)?;
        self.facts_changed(&changed).await;
        tracing::info!(message, "recipient.decided");
        self.signs.wake();
        Ok(())
    }

    /// What reports of the provider are verified with. Twilio signs with the token that the channel
    /// itself sends with, so that no one has to enter it twice.
    async fn webhook_secret_of(
        &self,
        project: ProjectId,
        provider: WebhookProvider,
    ) -> ServiceResult<Option<Vec<u8>>> {
        if provider.secret_name().is_none() {
            return Ok(Some(Vec::new()));
        }
        let server_key = self.server_key()?;
        if let Some(sealed) =
            self.stores.webhook_secrets.find_webhook_secret(project, provider).await?
        {
            return Ok(Some(server_key.unseal(&sealed_for(project, provider), &sealed)?));
        }
        if provider != WebhookProvider::Twilio {
            return Ok(None);
        }
        let sealed = self
            .stores
            .channels
            .find_channel(project, Channel::Sms)
            .await?
            .and_then(|channel| channel.sealed);
        let token = sealed
            .map(|sealed| channels::unseal(server_key, project, Channel::Sms, &sealed))
            .transpose()?;
        Ok(token.map(|token| token.expose().as_bytes().to_vec()))
    }

    /// A provider reports at the address that names its project. Answered when it is on the disk.
    ///
    /// # Errors
    /// Where there is no such address, or the request is not signed as it has to be.
    pub async fn take_report(
        &self,
        token: &str,
        provider: &str,
        call: WebhookRequest<'_>,
    ) -> Result<WebhookReceipt, WebhookError> {
        let server_key = self.server_key()?;
        let provider = WebhookProvider::from_key(provider).ok_or(WebhookError::Unknown)?;
        let project =
            project_of_webhook(server_key, token, provider).ok_or(WebhookError::Unknown)?;
        let Some(secret) = self.webhook_secret_of(project, provider).await? else {
            tracing::warn!(%project, provider = provider.key(), "hook.no_secret");
            return Err(WebhookError::NotHeard(WebhookRejection::Unsigned));
        };
        let call = WebhookRequest { now: self.now(), ..call };
        let heard = hear(provider, call, &secret).map_err(|refusal| {
            tracing::info!(%project, provider = provider.key(), ?refusal, "hook.refused");
            WebhookError::NotHeard(refusal)
        })?;
        self.store_heard(server_key, project, heard).await
    }

    async fn store_heard(
        &self,
        server_key: &ServerKey,
        project: ProjectId,
        heard: ParsedWebhook,
    ) -> Result<WebhookReceipt, WebhookError> {
        let accepted = heard.statements.len() + heard.replies.len();
        let reports = self.resolve(server_key, project, heard.statements).await?;
        let replies = heard.replies.into_iter().map(|reply| (project, reply)).collect();
        let told = InboundBatch {
            reports,
            replies,
            dedup_key: heard.receipt.map(|receipt| (project, receipt)),
        };
        if told.dedup_key.is_some() || !told.reports.is_empty() || !told.replies.is_empty() {
            self.reports.take(told).await.map_err(ServiceError::from)?;
        }
        Ok(WebhookReceipt { accepted, rejected: heard.rejected })
    }

    /// Finds the messages of statements. What is about no message of this project is left out.
    async fn resolve(
        &self,
        server_key: &ServerKey,
        project: ProjectId,
        statements: Vec<ProviderEvent>,
    ) -> ServiceResult<Vec<NewMessageEvent>> {
        let keyed = |said: &ProviderEvent| {
            said.names.iter().find_map(|name| find_key(server_key, name)).map(MessageKey)
        };
        let numbers: Vec<MessageKey> = statements.iter().filter_map(keyed).collect();
        let ours = self.stores.message_events.list_messages_of_project(project, &numbers).await?;
        let unnamed: Vec<String> = statements
            .iter()
            .filter(|said| keyed(said).is_none())
            .flat_map(|said| spellings(&said.names))
            .collect();
        let by_provider = self.find_by_provider(project, &unnamed).await?;
        let number = |said: &ProviderEvent| match keyed(said) {
            Some(number) => ours.contains(&number).then_some(number),
            None => spellings(&said.names).find_map(|name| by_provider.get(&name).copied()),
        };
        let report = |said: ProviderEvent| {
            let message = number(&said)?;
            let ProviderEvent { kind, at, detail, address, lasting, .. } = said;
            Some(NewMessageEvent { message, kind, at, detail, address, is_permanent: lasting })
        };
        Ok(statements.into_iter().filter_map(report).collect())
    }

    async fn find_by_provider(
        &self,
        project: ProjectId,
        names: &[String],
    ) -> ServiceResult<HashMap<String, MessageKey>> {
        let mut found = HashMap::new();
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            found = self.stores.message_events.load_messages_by_provider_id(project, names).await?;
            if names.is_empty() || !found.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// Waits until what was noted is on the disk: before the end.
    pub async fn settle_reports(&self) {
        self.reports.settle().await;
    }

    pub async fn messages_to(
        &self,
        actor: &Actor,
        person: i64,
    ) -> ServiceResult<Vec<MessageSummary>> {
        actor.require(Permission::SeeJourneys)?;
        let messages = self
            .stores
            .message_events
            .list_messages_to_profile(actor.project, ProfileKey(person))
            .await?;
        Ok(if actor.may(Permission::SeePersonalData) {
            messages
        } else {
            messages.into_iter().map(MessageSummary::masked).collect()
        })
    }

    // Where providers report.
    /// The addresses at which providers report, beginning with `base`, and whose secrets are known.
    ///
    /// # Errors
    /// Where they may not see them.
    pub async fn provider_webhooks(
        &self,
        actor: &Actor,
        base: &Url,
    ) -> ServiceResult<Vec<ProviderWebhookView>> {
        actor.require(Permission::ManageChannels)?;
        let server_key = self.server_key()?;
        let known = self.stores.webhook_secrets.list_webhook_secrets(actor.project).await?;
        let view = |provider| ProviderWebhookView {
            provider,
            address: webhook_url(base, server_key, actor.project, provider),
            secret: known
                .iter()
                .find(|known| known.provider == provider)
                .map(|known| (known.updated_at, known.updated_by.clone())),
        };
        Ok(WebhookProvider::ALL.into_iter().map(view).collect())
    }

    /// Keeps what a provider's reports are verified with, sealed; it is never shown again.
    ///
    /// # Errors
    /// Where it cannot be such a secret.
    pub async fn save_webhook_secret(
        &self,
        actor: &Actor,
        provider: WebhookProvider,
        typed: &str,
    ) -> ServiceResult<()> {
        actor.require(Permission::ManageChannels)?;
        let secret = read_secret(provider, typed)?;
        let sealed =
            self.server_key()?.seal(&sealed_for(actor.project, provider), secret.as_bytes())?;
        self.stores
            .webhook_secrets
            .save_webhook_secret(actor, provider, Some(&sealed), self.now())
            .await?;
        tracing::info!(provider = provider.key(), project = %actor.project, by = %actor.user, "hook.secret_saved");
        Ok(())
    }

    /// From the answer on its reports are refused.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn remove_webhook_secret(
        &self,
        actor: &Actor,
        provider: WebhookProvider,
    ) -> ServiceResult<()> {
        actor.require(Permission::ManageChannels)?;
        self.stores.webhook_secrets.save_webhook_secret(actor, provider, None, self.now()).await?;
        tracing::info!(provider = provider.key(), project = %actor.project, by = %actor.user, "hook.secret_removed");
        Ok(())
    }
}

/// What a sealed secret belongs to: it opens nowhere else.
fn sealed_for(project: ProjectId, provider: WebhookProvider) -> String {
    format!("hook {project} {}", provider.key())
}

/// How a provider's id may be kept here: as it was given, without its brackets, without its host.
fn spellings(names: &[String]) -> impl Iterator<Item = String> + '_ {
    names.iter().filter(|name| name.len() <= 300).flat_map(|name| {
        let bare = name.trim_matches(['<', '>', ' ']);
        let local = bare.split('@').next().unwrap_or(bare);
        [name.clone(), bare.to_string(), format!("<{bare}>"), local.to_string()]
    })
}
