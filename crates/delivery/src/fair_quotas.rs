//! Divides the free places of a destination fairly among the journeys that wait for it.

use std::collections::{BTreeMap, HashMap};

use super::{channel_limiter::ChannelLimiter, dispatcher::ChannelKey};
use wayfare_domain::time::Timestamp;
use wayfare_store::outbox::{LeaseQuota, OutboxQueue};

/// Endpoints that do not answer, or have not yet, for which something is taken in one round: each
/// is a look into the outbox, while everybody who writes waits.
const UNPROVEN_MAX: usize = 256;

/// Each endpoint gets what it has places for, whatever lies in wait for another. At an endpoint
/// each journey gets the same share, whatever lies in its queue: a large one does not keep the
/// others waiting. The longest waiting are served first where there is not enough for everybody.
pub fn share(
    limiters: &mut HashMap<ChannelKey, ChannelLimiter>,
    due: &[&OutboxQueue],
    now: Timestamp,
) -> Vec<LeaseQuota> {
    let mut by_channel: BTreeMap<ChannelKey, BTreeMap<&str, Vec<&OutboxQueue>>> = BTreeMap::new();
    let open = |queue: &&&OutboxQueue| {
        limiters
            .get(&(queue.project, queue.channel))
            .is_some_and(|limiter| limiter.is_open(queue, now))
    };
    for queue in due.iter().filter(open) {
        by_channel
            .entry((queue.project, queue.channel))
            .or_default()
            .entry(&queue.endpoint)
            .or_default()
            .push(queue);
    }
    let mut quotas = Vec::new();
    for (key, endpoints) in by_channel {
        let Some(limiter) = limiters.get_mut(&key) else { continue };
        let mut endpoints: Vec<(&str, Vec<&OutboxQueue>)> = endpoints.into_iter().collect();
        endpoints.iter_mut().for_each(|(_, queues)| queues.sort_by_key(|queue| queue.due_at));
        endpoints.sort_by_key(|(_, queues)| queues.first().map(|queue| queue.due_at));
        let mut unproven = 0;
        endpoints.retain(|(endpoint, _)| {
            unproven += usize::from(!limiter.answers(endpoint));
            limiter.answers(endpoint) || unproven <= UNPROVEN_MAX
        });
        let mut allowance = limiter.allowance(endpoints.len(), now);
        for (endpoint, queues) in endpoints {
            let free = limiter.free(endpoint, &mut allowance, now);
            if free > 0 {
                quotas.extend(divide(free, &queues, limiter.revision));
            }
        }
    }
    quotas
}

fn divide<'a>(
    free: i64,
    queues: &'a [&OutboxQueue],
    revision: i64,
) -> impl Iterator<Item = LeaseQuota> + 'a {
    let each = (free / queues.len().max(1) as i64).max(1);
    let served = usize::try_from(free / each).unwrap_or(usize::MAX).min(queues.len());
    let first = each + (free - each * served as i64).max(0);
    queues.iter().take(served).enumerate().map(move |(place, queue)| LeaseQuota {
        version: queue.version,
        channel: queue.channel,
        endpoint: queue.endpoint.clone(),
        revision,
        most: if place == 0 { first } else { each },
    })
}
