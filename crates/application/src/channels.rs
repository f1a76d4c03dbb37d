//! How messages of a project reach their providers, and how many a person gets.

use super::{ServiceError, ServiceResult, Services};
use wayfare_delivery::channels;
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    error::FieldError,
    messages::{
        channel::{ChannelSecret, ChannelState, ChannelView},
        channel_form::{ChannelForm, ChannelUpdate, SecretUpdate},
        send_rules::FrequencyCap,
    },
    profiles::profile::Channel,
};
use wayfare_store::{
    StoreError,
    channels::{SaveChannel, SealedSecretUpdate, StoredChannel},
};

impl Services {
    /// Every channel that can be set up, in the order of the page.
    pub async fn channels(&self, actor: &Actor) -> ServiceResult<Vec<ChannelView>> {
        actor.require(Permission::ManageChannels)?;
        let stored = self.stores.channels.list_channels(actor.project).await?;
        let view = |channel| {
            let known = stored.iter().find(|stored| stored.settings.channel() == channel);
            known.map_or_else(|| ChannelView::empty(channel), view_of)
        };
        Ok(Channel::SENDING.into_iter().map(view).collect())
    }

    pub async fn channel(&self, actor: &Actor, channel: Channel) -> ServiceResult<ChannelView> {
        actor.require(Permission::ManageChannels)?;
        if !Channel::SENDING.contains(&channel) {
            return Err(StoreError::NotFound("channel").into());
        }
        let stored = self.stores.channels.find_channel(actor.project, channel).await?;
        Ok(stored.as_ref().map_or_else(|| ChannelView::empty(channel), view_of))
    }

    /// Takes the form of a channel's page.
    ///
    /// # Errors
    /// Everything that makes no sense in it; or where someone changed the channel since it was
    /// shown.
    pub async fn save_channel(
        &self,
        actor: &Actor,
        channel: Channel,
        form: &ChannelForm,
    ) -> ServiceResult<()> {
        actor.require(Permission::ManageChannels)?;
        let known = self.stores.channels.find_channel(actor.project, channel).await?;
        let has_secret = known.as_ref().is_some_and(|known| known.sealed.is_some());
        let order = form
            .read(channel, known.as_ref().map(|known| &known.settings), has_secret)
            .map_err(ServiceError::Problems)?;
        let outside = &self.delivery()?.outside;
        let closed = |(field, address): (&'static str, &str)| {
            outside
                .provider(address)
                .err()
                .map(|no_way| FieldError::new(field, "closed", no_way.to_string()))
        };
        let problems: Vec<FieldError> =
            order.settings.provider_addresses().into_iter().filter_map(closed).collect();
        if !problems.is_empty() {
            return Err(ServiceError::Problems(problems));
        }
        self.try_on(actor, &order, known.as_ref())?;
        let change = self.change(actor, order)?;
        self.stores.channels.save_channel(actor, &change, self.now()).await?;
        if let Some(flights) = self.flights() {
            // Answered only when nothing goes out any more as it was set up before.
            flights
                .channel_changed(
                    self.stores.projects.get_project_key(actor.project).await?,
                    Some(channel),
                )
                .await;
        }
        tracing::info!(channel = channel.key(), live = change.live, project = %actor.project, by = %actor.user, "channel.saved");
        self.announce(actor.project).await;
        Ok(())
    }

    /// What can be seen to be wrong without talking to anybody: a key that is none, a certificate
    /// that is none.
    fn try_on(
        &self,
        actor: &Actor,
        order: &ChannelUpdate,
        known: Option<&StoredChannel>,
    ) -> ServiceResult<()> {
        let delivery = self.delivery()?;
        let secret = match &order.secret {
            SecretUpdate::Set(secret) => Some(secret.clone()),
            SecretUpdate::Keep => {
                known.map(|known| self.secret_of(actor, known)).transpose()?.flatten()
            }
            SecretUpdate::Forget => None,
        };
        channels::open_transport(&order.settings, secret.as_ref(), None, &delivery.outside)?;
        Ok(())
    }

    fn change(&self, actor: &Actor, order: ChannelUpdate) -> ServiceResult<SaveChannel> {
        let sealed = match &order.secret {
            SecretUpdate::Keep => SealedSecretUpdate::Keep,
            SecretUpdate::Forget => SealedSecretUpdate::Forget,
            SecretUpdate::Set(secret) => SealedSecretUpdate::Set(channels::seal(
                &self.delivery()?.server_key,
                actor.project,
                order.settings.channel(),
                secret,
            )?),
        };
        let ChannelUpdate { settings, live, per_second, revision, .. } = order;
        Ok(SaveChannel { settings, live, sealed, per_second, revision })
    }

    fn secret_of(
        &self,
        actor: &Actor,
        known: &StoredChannel,
    ) -> ServiceResult<Option<ChannelSecret>> {
        let Some(sealed) = &known.sealed else { return Ok(None) };
        let server_key = &self.delivery()?.server_key;
        Ok(Some(channels::unseal(server_key, actor.project, known.settings.channel(), sealed)?))
    }

    pub async fn frequency_caps(&self, actor: &Actor) -> ServiceResult<Vec<FrequencyCap>> {
        actor.require(Permission::ManageChannels)?;
        Ok(self.stores.channels.list_frequency_caps(actor.project).await?)
    }

    /// These and no others, from the next message on.
    ///
    /// # Errors
    /// Where one makes no sense.
    pub async fn save_frequency_caps(
        &self,
        actor: &Actor,
        caps: &[FrequencyCap],
    ) -> ServiceResult<()> {
        actor.require(Permission::ManageChannels)?;
        let problems: Vec<FieldError> = caps.iter().flat_map(FrequencyCap::problems).collect();
        if !problems.is_empty() {
            return Err(ServiceError::Problems(problems));
        }
        self.stores.channels.set_frequency_caps(actor, caps, self.now()).await?;
        if let Some(flights) = self.flights() {
            flights.caps_changed(self.stores.projects.get_project_key(actor.project).await?).await;
        }
        tracing::info!(caps = caps.len(), project = %actor.project, by = %actor.user, "frequency_caps.saved");
        self.announce(actor.project).await;
        Ok(())
    }
}

/// What journeys do with messages of a channel that is kept so, or not at all.
pub fn state_of(stored: Option<&StoredChannel>) -> ChannelState {
    match stored {
        None => ChannelState::NotSetUp,
        Some(stored) if stored.live => ChannelState::Live,
        Some(_) => ChannelState::Test,
    }
}

fn view_of(stored: &StoredChannel) -> ChannelView {
    ChannelView {
        channel: stored.settings.channel(),
        state: state_of(Some(stored)),
        settings: Some(stored.settings.clone()),
        has_secret: stored.sealed.is_some(),
        per_second: stored.per_second,
        revision: stored.revision,
        updated_by: Some(stored.updated_by.clone()),
        updated_at: Some(stored.updated_at),
    }
}
