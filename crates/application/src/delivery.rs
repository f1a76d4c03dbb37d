//! The state of delivery and failed messages, for the page Delivery and for programs.

use super::{ServiceResult, Services, channels::state_of};
use wayfare_delivery::DeliveryMetricsSnapshot;
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    ids::MessageKey,
    messages::{
        channel_health::{ChannelHealth, DeliveryOverview},
        failed::FailedMessageQuery,
    },
    profiles::profile::Channel,
};

/// What the dispatcher does, for programs that watch the server.
pub struct DeliveryStats {
    /// Of all projects, since the start.
    pub dispatcher: DeliveryMetricsSnapshot,
    /// Of the asker's project.
    pub channels: Vec<ChannelHealth>,
    pub doubts: i64,
}

impl Services {
    /// How the channels of the project do, and what no provider took.
    pub async fn delivery_overview(
        &self,
        actor: &Actor,
        query: &FailedMessageQuery,
    ) -> ServiceResult<DeliveryOverview> {
        let DeliveryStats { channels, doubts, .. } = self.delivery_stats(actor).await?;
        let undelivered =
            self.stores.failed_messages.get_failed_message_page(actor.project, query).await?;
        let undelivered =
            if actor.may(Permission::SeePersonalData) { undelivered } else { undelivered.masked() };
        Ok(DeliveryOverview { channels, undelivered, doubts })
    }

    /// How the channels of the project do, and what the dispatcher has done.
    pub async fn delivery_stats(&self, actor: &Actor) -> ServiceResult<DeliveryStats> {
        actor.require(Permission::SeeJourneys)?;
        let load = self.stores.outbox.get_outbox_depth(actor.project).await?;
        let stored = self.stores.channels.list_channels(actor.project).await?;
        let signs = &self.delivery()?.signs;
        let sees = actor.may(Permission::SeePersonalData);
        let channels = signs.channels(actor.project);
        let channels = Channel::SENDING.into_iter().map(|channel| {
            let state = state_of(stored.iter().find(|stored| stored.settings.channel() == channel));
            let waiting = load.waiting.get(&channel).copied().unwrap_or(0);
            let reading = channels
                .iter()
                .find(|(of, _)| *of == channel)
                .map(|(_, reading)| reading.clone())
                .unwrap_or_default();
            let (in_hand, resting) = (reading.in_hand, reading.open);
            let trouble = reading.trouble.map(|said| said.for_reader(sees));
            ChannelHealth { channel, waiting, in_hand, resting, trouble, state }
        });
        Ok(DeliveryStats {
            dispatcher: signs.read(),
            channels: channels.collect(),
            doubts: load.doubts,
        })
    }

    /// Sends undelivered messages again: the chosen ones, or all that match. Answers how many.
    pub async fn resend(
        &self,
        actor: &Actor,
        query: &FailedMessageQuery,
        chosen: &[MessageKey],
    ) -> ServiceResult<i64> {
        actor.require(Permission::OperateJourneys)?;
        let count =
            self.stores.failed_messages.resend_messages(actor, query, chosen, self.now()).await?;
        tracing::info!(count, project = %actor.project, by = %actor.user, "delivery.sent_again");
        self.delivery()?.signs.wake();
        self.announce(actor.project).await;
        Ok(count)
    }
}
