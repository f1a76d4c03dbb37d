//! What follows from what people say, and from what becomes of their messages, beyond the message
//! itself: their consent and the suppression list.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    canonical_address::canonical,
    event::MessageEventKind,
    feedback::{MessageFacts, NewMessageEvent},
    preferences::{PreferenceUpdate, Recipient},
    reply::SmsReply,
    suppression::{AddressKind, ListedAddress, NewSuppression, SuppressionReason, is_opted_out},
};
use crate::{
    ids::{ProfileKey, ProjectKey},
    profiles::{
        contact::{ContactFieldChange, ContactSource},
        profile::Channel,
    },
    stats::pluralize,
    time::Timestamp,
};

/// Most people whose changes are spelled out in one entry of the audit log.
const SPELLED_MAX: usize = 5;

/// What a profile says of someone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    pub addresses: BTreeMap<String, String>,
    pub consent: BTreeMap<String, bool>,
}

/// The whole consent of someone, as it is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConsent {
    /// Number of the project.
    pub project: ProjectKey,
    /// Number of the person.
    pub profile: ProfileKey,
    pub consent: BTreeMap<String, bool>,
}

/// What is another in the consent of someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentChange {
    /// Number of the project.
    pub project: ProjectKey,
    /// Number of the person.
    pub profile: ProfileKey,
    pub changes: Vec<ContactFieldChange>,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactEffects {
    pub consents: Vec<NewConsent>,
    /// For whoever looks at how it came about, in the order in which it was said.
    pub changes: Vec<ConsentChange>,
    pub suppressed: Vec<NewSuppression>,
    /// Addresses of which they take back what they said themselves.
    pub taken_back: Vec<ListedAddress>,
    /// Numbers of people who get nothing more by a channel.
    pub withdrawn: Vec<(ProfileKey, Channel)>,
}

impl ContactEffects {
    /// What reports lead to that were news. A bounce of the address, a complaint and an
    /// unsubscription reach the suppression list, and an unsubscription their consent.
    pub fn of_reports(
        reported: &[(&MessageFacts, &NewMessageEvent)],
        people: &mut BTreeMap<ProfileKey, Contact>,
        now: Timestamp,
    ) -> Self {
        let mut effects = Self::default();
        let mut changed: BTreeMap<ProfileKey, ProjectKey> = BTreeMap::new();
        for (message, report) in reported {
            if report.suppression_reason() == Some(SuppressionReason::Unsubscribed)
                && let Some(channel) = message.channel
                && let Some(profile) = message.profile
                && let Some(person) = people.get_mut(&profile)
            {
                effects.say(message.project, profile, person, channel, false);
                effects.withdrawn.push((profile, channel));
                changed.insert(profile, message.project);
            }
        }
        let list = reported.iter().filter_map(|(message, report)| {
            let person = message.profile.and_then(|profile| people.get(&profile));
            suppression(message, report, person, now)
        });
        effects.suppressed.extend(list);
        effects.consents = changed
            .into_iter()
            .filter_map(|(profile, project)| {
                let consent = people.get(&profile)?.consent.clone();
                Some(NewConsent { project, profile, consent })
            })
            .collect();
        effects
    }

    /// What a STOP or START leads to: it counts for everybody in the project who has this number,
    /// and for the number, should no one have it (yet).
    pub fn of_reply(
        project: ProjectKey,
        kind: AddressKind,
        reply: &SmsReply,
        mut people: BTreeMap<ProfileKey, Contact>,
    ) -> Self {
        let mut effects = Self::default();
        for (profile, person) in &mut people {
            effects.say(project, *profile, person, reply.channel, reply.wanted);
            if !reply.wanted {
                effects.withdrawn.push((*profile, reply.channel));
            }
        }
        // Someone who wants another channel at this number is not shut out of it.
        let said = BTreeMap::from([(reply.channel.key().to_string(), reply.wanted)]);
        let opted_out = if people.is_empty() {
            is_opted_out(&said, kind)
        } else {
            people.values().all(|person| is_opted_out(&person.consent, kind))
        };
        effects.list((project, kind, reply.address.clone()), opted_out, reply.at);
        effects.consents = people
            .into_iter()
            .map(|(profile, person)| NewConsent { project, profile, consent: person.consent })
            .collect();
        effects
    }

    /// What someone's choices on their page lead to, by what they said about channels. Addresses at
    /// which they want nothing any more are on the list; those at which they want something are not
    /// there because of them; only those that they said something about.
    pub fn of_preferences(
        project: ProjectKey,
        profile: Option<ProfileKey>,
        recipient: &Recipient,
        said: &[(Channel, bool)],
        now: Timestamp,
    ) -> Self {
        let mut effects = Self::default();
        let mut consent = recipient.consent.clone();
        consent.extend(said.iter().map(|(channel, wanted)| (channel.key().to_string(), *wanted)));
        let kinds: BTreeSet<AddressKind> =
            said.iter().filter_map(|(channel, _)| AddressKind::of(*channel)).collect();
        for kind in kinds {
            let address =
                recipient.addresses.get(kind.key()).and_then(|address| canonical(kind, address));
            if let Some(address) = address {
                effects.list((project, kind, address), is_opted_out(&consent, kind), now);
            }
        }
        let Some(profile) = profile else { return effects };
        effects.withdrawn = said
            .iter()
            .filter(|(_, wanted)| !wanted)
            .map(|(channel, _)| (profile, *channel))
            .collect();
        if consent != recipient.consent {
            let changes = ContactFieldChange::of_consents(&recipient.consent, &consent);
            effects.changes.push(ConsentChange { project, profile, changes });
            effects.consents.push(NewConsent { project, profile, consent });
        }
        effects
    }

    fn say(
        &mut self,
        project: ProjectKey,
        profile: ProfileKey,
        person: &mut Contact,
        channel: Channel,
        wanted: bool,
    ) {
        let before = person.consent.insert(channel.key().to_string(), wanted);
        if let Some(change) = ContactFieldChange::of_consent(channel.key(), before, wanted) {
            self.changes.push(ConsentChange { project, profile, changes: vec![change] });
        }
    }

    fn list(&mut self, address: ListedAddress, opted_out: bool, at: Timestamp) {
        if opted_out {
            self.suppressed.push(NewSuppression::by_recipient(address, at));
        } else {
            self.taken_back.push(address);
        }
    }
}

/// What a report puts on the list: the address that it names, or else the present one.
fn suppression(
    message: &MessageFacts,
    report: &NewMessageEvent,
    person: Option<&Contact>,
    now: Timestamp,
) -> Option<NewSuppression> {
    let cause = report.suppression_reason()?;
    let kind = AddressKind::of(message.channel?)?;
    // One phone number may be wanted for another channel: then consent alone decides.
    if cause == SuppressionReason::Unsubscribed
        && person.is_some_and(|person| !is_opted_out(&person.consent, kind))
    {
        return None;
    }
    let known = || person.and_then(|person| person.addresses.get(kind.key()));
    let address = canonical(kind, report.address.as_ref().or_else(known)?)?;
    let reason = cause.reason(report.detail.as_deref().unwrap_or_default());
    let (project, at) = (message.project, report.at.min(now));
    Some(NewSuppression { project, kind, address, cause, reason, at })
}

impl Recipient {
    /// The message by which they came counts as unsubscribed from, where they want no more by its
    /// channel.
    pub fn event_of(&self, said: &[(Channel, bool)]) -> Option<MessageEventKind> {
        said.contains(&(self.channel, false)).then_some(MessageEventKind::Unsubscribed)
    }

    /// What they say by an update, and what that leads to.
    pub fn decide(
        &self,
        project: ProjectKey,
        profile: Option<ProfileKey>,
        update: &PreferenceUpdate,
        now: Timestamp,
    ) -> (ContactEffects, Option<MessageEventKind>) {
        let said = self.changes(update);
        let effects = ContactEffects::of_preferences(project, profile, self, &said, now);
        (effects, self.event_of(&said))
    }
}

/// What the audit log says of consent that changed: "profile 7: sms no, in reply to …", or how many
/// they are. People stand in it by their number alone.
pub fn audit_summary(changes: &[ConsentChange], source: ContactSource) -> String {
    if changes.len() > SPELLED_MAX {
        let people = pluralize(changes.len() as i64, "person", "people");
        return format!("{people} changed their preferences, {}", source.title());
    }
    let one = |change: &ConsentChange| {
        let said = change.changes.iter().map(|change| {
            let channel = change.field.trim_start_matches("consent:");
            format!("{channel} {}", change.after.as_deref().unwrap_or("unknown"))
        });
        format!("profile {}: {}", change.profile, said.collect::<Vec<_>>().join(", "))
    };
    let said = changes.iter().map(one).collect::<Vec<_>>().join("; ");
    format!("{said}, {}", source.title())
}

#[cfg(test)]
#[path = "contact_effects_tests.rs"]
mod tests;
