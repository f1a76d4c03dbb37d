//! One leased message, with everything that is needed to send it, and the outcome of that.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    compose_journal::ComposeJournal, in_flight::InFlightTracker, metrics::DeliveryMetrics,
    version_cache::CachedVersion,
};
use crate::{
    channels::{FailureScope, OutboundMessage, SendResult, Transport},
    tracking::token::{MessageLinks, message_key},
};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::messages::webhook_endpoint::endpoint_of;
use wayfare_domain::{
    engine::{bucketing::hash_bucket, time_zones::TimeZones},
    messages::{
        abort::{AbortReason, Aborted},
        outcome::{Deferral, FixedReason, OutcomeReason, SendOutcome},
        send_rules::{self, FrequencyCap, SendContext, SendDecision, got_before},
        suppression::AddressKind,
    },
    profiles::{Profile, Properties, profile::Channel},
    time::Timestamp,
};
use wayfare_runtime::clock::Clock;
use wayfare_secrets::server_key::ServerKey;
use wayfare_store::outbox::{LeasedMessage, MessageResult, SendFacts};
use wayfare_templates::{RenderContext, content::Content};

/// What all delivery tasks share.
pub struct DeliveryContext {
    pub clock: Arc<dyn Clock>,
    pub calendar: Arc<dyn TimeZones>,
    pub server_key: ServerKey,
    /// With which links in messages begin.
    pub links: Url,
    pub flights: InFlightTracker,
    pub signs: DeliveryMetrics,
    pub composing: ComposeJournal,
}

/// A message that was taken.
pub struct DeliveryTask {
    pub message: LeasedMessage,
    pub profile: Arc<Profile>,
    pub version: Arc<CachedVersion>,
    pub caps: Arc<[FrequencyCap]>,
    pub recent: Vec<(Channel, Timestamp)>,
    pub suppressed: Option<String>,
    pub transport: Arc<dyn Transport>,
    /// Is there room to tell another endpoint apart, should it lead to one?
    pub learns: bool,
}

/// What came of it: what is written down, and what the provider said, where it was asked.
pub struct AttemptResult {
    pub settled: MessageResult,
    pub channel: Channel,
    /// For whom it was taken.
    pub endpoint: String,
    pub handed: Option<SendResult>,
    /// The server ended while it was on its way: it stays marked as begun, and the next start has
    /// it in doubt.
    pub stays_begun: bool,
    /// Its limiter knows of it.
    pub heard: bool,
}

impl AttemptResult {
    /// Of a message that no one was asked to take.
    pub fn not_attempted(message: &LeasedMessage, outcome: SendOutcome) -> Self {
        let LeasedMessage { seq, project, version, channel, .. } = *message;
        let settled = MessageResult {
            message: seq,
            project,
            version,
            outcome,
            in_doubt: false,
            endpoint: None,
        };
        Self {
            settled,
            channel,
            endpoint: message.endpoint.clone(),
            handed: None,
            stays_begun: false,
            heard: false,
        }
    }
}

/// What someone got lately, as the send rules look at it.
pub fn recent_of(
    surroundings: &SendFacts,
    message: &LeasedMessage,
    now: Timestamp,
) -> Vec<(Channel, Timestamp)> {
    let of_person = surroundings.recent.get(&message.profile).map(Vec::as_slice);
    got_before(message.seq, of_person.unwrap_or_default(), now)
}

/// The person's address by a channel, as the suppression list and the wire have it.
pub fn address_of(profile: &Profile, channel: Channel) -> Option<(AddressKind, String)> {
    let kind = AddressKind::of(channel)?;
    Some((kind, canonical(kind, profile.addresses.get(kind.key())?)?))
}

/// Why the person's address gets nothing any more.
pub fn suppressed_of(
    surroundings: &SendFacts,
    message: &LeasedMessage,
    profile: &Profile,
) -> Option<String> {
    let (kind, address) = address_of(profile, message.channel)?;
    surroundings.suppressed.get(&(message.project, kind, address)).cloned()
}

impl DeliveryTask {
    /// Checked by the send rules, rendered, sent. Nothing begins after `stop`.
    pub async fn deliver(
        self,
        context: &DeliveryContext,
        stop: &CancellationToken,
    ) -> AttemptResult {
        let now = context.clock.now();
        let zone = self.profile.time_zone.as_deref().filter(|zone| context.calendar.knows(zone));
        let zone = zone.unwrap_or(&self.version.settings.time_zone);
        if let Some(outcome) = self.gate(context, zone, now) {
            return self.outcome(outcome, None);
        }
        let suspect = self.message.outlived_a_crash.then_some(self.message.seq);
        let mark = suspect.map(|message| context.composing.begin(message));
        let filled_in = self.fill_in(context, zone, now);
        drop(mark);
        let outbound = match filled_in {
            Ok(outbound) => outbound,
            Err(reason) => return self.outcome(SendOutcome::failed(reason), None),
        };
        if let Some(endpoint) = self.other_endpoint(&outbound) {
            let mut outcome =
                AttemptResult::not_attempted(&self.message, SendOutcome::untouched(now));
            outcome.settled.endpoint = Some(endpoint);
            return outcome;
        }
        let Some(mut flight) =
            context.flights.begin(self.message.seq).filter(|_| !stop.is_cancelled())
        else {
            return AttemptResult::not_attempted(&self.message, SendOutcome::untouched(now));
        };
        let handed = tokio::select! {
            handed = self.transport.send(&outbound) => handed,
            why = flight.given_up() => {
                drop(flight);
                return self.given_up(why, context.clock.now());
            }
        };
        drop(flight);
        let outcome = self.send_outcome(&handed, context.clock.now());
        self.outcome(outcome, Some(handed))
    }

    /// Where its address leads, if that is not whom it was taken for: then it waits for that one,
    /// and takes no one's place.
    fn other_endpoint(&self, outbound: &OutboundMessage) -> Option<String> {
        let Content::Webhook(webhook) = &outbound.content else { return None };
        let known = self.version.nodes.get(&self.message.node)?.endpoint.as_deref();
        if known == Some(self.message.endpoint.as_str()) || !self.learns {
            return None;
        }
        let endpoint = endpoint_of(&webhook.url.trim().parse().ok()?)?;
        (endpoint != self.message.endpoint).then_some(endpoint)
    }

    fn given_up(&self, why: AbortReason, now: Timestamp) -> AttemptResult {
        match why.outcome(self.deferral(None), now) {
            Aborted::Recorded { outcome, in_doubt } => {
                let mut result = self.outcome(outcome, None);
                result.settled.in_doubt = in_doubt;
                result
            }
            Aborted::StaysBegun => {
                let outcome =
                    AttemptResult::not_attempted(&self.message, SendOutcome::untouched(now));
                AttemptResult { stays_begun: true, ..outcome }
            }
        }
    }

    fn address(&self) -> Option<(AddressKind, String)> {
        address_of(&self.profile, self.message.channel)
    }

    fn outcome(&self, outcome: SendOutcome, handed: Option<SendResult>) -> AttemptResult {
        AttemptResult { handed, ..AttemptResult::not_attempted(&self.message, outcome) }
    }

    /// None where the send rules allow it.
    fn gate(&self, context: &DeliveryContext, zone: &str, now: Timestamp) -> Option<SendOutcome> {
        let sending =
            self.version.nodes.get(&self.message.node).map(|node| node.sending).unwrap_or_default();
        let channel = self.message.channel;
        let circumstances = SendContext {
            usable: AddressKind::of(channel).is_none() || self.address().is_some(),
            suppressed: self.suppressed.as_deref(),
            caps: &self.caps,
            recent: &self.recent,
            ignore_caps: sending.ignore_caps,
        };
        let clock = send_rules::LocalClock { calendar: &*context.calendar, zone, now };
        let quiet = self.version.settings.quiet_hours.as_ref();
        let gate = send_rules::check_before_send(
            &self.profile,
            channel,
            quiet,
            self.message.expires_at,
            clock,
            &circumstances,
        );
        match gate {
            SendDecision::Send => None,
            SendDecision::Skip(reason) => {
                Some(SendOutcome::Withheld { reason: OutcomeReason::SendRule(reason) })
            }
            SendDecision::Postpone(at, reason) => {
                let reason = Some(OutcomeReason::SendRule(reason));
                Some(SendOutcome::Retry { at, reason, tried: false })
            }
        }
    }

    fn fill_in(
        &self,
        context: &DeliveryContext,
        zone: &str,
        now: Timestamp,
    ) -> Result<OutboundMessage, OutcomeReason> {
        let Some(node) = self.version.nodes.get(&self.message.node) else {
            return Err(OutcomeReason::Fixed(FixedReason::StepRemoved));
        };
        let message =
            node.message.as_ref().map_err(|reason| OutcomeReason::Reported(reason.clone()))?;
        let event: Properties = match &self.message.entry_properties {
            Some(text) => serde_json::from_str(text).unwrap_or_default(),
            None => Properties::new(),
        };
        let names = &self.version.names;
        let facts = RenderContext {
            profile: &self.profile,
            event: &event,
            journey_id: &names.journey_id,
            journey_name: &names.journey_name,
            calendar: &*context.calendar,
            zone,
            now,
        };
        let links = MessageLinks {
            base: context.links.clone(),
            server_key: context.server_key.clone(),
            message: self.message.seq.0,
        };
        let content = message
            .compose(&facts, Some(&links))
            .map_err(|error| OutcomeReason::Reported(error.to_string()))?;
        let to = self.address().map(|(_, address)| address).unwrap_or_default();
        let name = self.profile.properties.get("name").and_then(serde_json::Value::as_str);
        Ok(OutboundMessage {
            key: message_key(&context.server_key, self.message.seq.0),
            to,
            to_name: name.map(str::to_string),
            content,
        })
    }

    fn send_outcome(&self, handed: &SendResult, now: Timestamp) -> SendOutcome {
        match handed {
            SendResult::Accepted { provider_id } => {
                SendOutcome::Sent { provider_id: provider_id.clone() }
            }
            SendResult::Rejected { reason, fault } => {
                let dead_address = self.address().filter(|_| *fault == FailureScope::Address);
                let reason = OutcomeReason::Reported(reason.clone());
                SendOutcome::Failed { reason, dead_address }
            }
            SendResult::Deferred { reason, wish_ms, .. } => {
                let reason = OutcomeReason::Reported(reason.clone());
                SendOutcome::deferred(self.deferral(*wish_ms), reason, now)
            }
        }
    }

    fn deferral(&self, requested_delay_ms: Option<i64>) -> Deferral {
        let attempts = self.message.attempts;
        let chance = hash_bucket(&format!("retry {}", attempts + 1), self.message.seq.0);
        Deferral { attempts, requested_delay_ms, chance }
    }
}
