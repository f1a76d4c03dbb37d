//! What becomes of messages, for people.

use super::{ServiceResult, Services};
use crate::{
    domain::{
        access::Permission,
        actor::Actor,
        delivery::{
            overview::{ChannelState, DeliveryOverview},
            undelivered::UndeliveredQuery,
        },
        people::profile::Channel,
    },
    server::store::{Store, delivery::MessageNumber},
};

impl<S: Store + Clone> Services<S> {
    /// How the channels of the project do, and what no provider took.
    pub async fn delivery_overview(&self, actor: &Actor, query: &UndeliveredQuery) -> ServiceResult<DeliveryOverview> {
        actor.require(Permission::SeeJourneys)?;
        let undelivered = self.store.undelivered(actor.project, query).await?;
        let load = self.store.outbox_load(actor.project).await?;
        let lanes = self.delivery()?.signs.lanes(actor.project);
        let channels = Channel::SENDING.into_iter().map(|channel| {
            let waiting = load.waiting.get(&channel).copied().unwrap_or(0);
            let live = load.live.contains(&channel);
            let reading = lanes.iter().find(|(of, _)| *of == channel).map(|(_, reading)| reading.clone()).unwrap_or_default();
            let (in_hand, resting, trouble) = (reading.in_hand, reading.open, reading.trouble);
            ChannelState { channel, waiting, in_hand, resting, trouble, live }
        });
        Ok(DeliveryOverview { channels: channels.collect(), undelivered, doubts: load.doubts })
    }

    /// Sends undelivered messages again: the chosen ones, or all that match. Answers how many.
    pub async fn send_again(&self, actor: &Actor, query: &UndeliveredQuery, chosen: &[MessageNumber]) -> ServiceResult<i64> {
        actor.require(Permission::OperateJourneys)?;
        let count = self.store.send_again(actor, query, chosen, self.now()).await?;
        tracing::info!(count, project = %actor.project, by = %actor.user, "delivery.sent_again");
        self.delivery()?.signs.wake();
        self.announce(actor.project).await;
        Ok(count)
    }
}
