//! Which messages in hand changed facts speak against.

use std::collections::{HashMap, HashSet};

use super::{InHand, Verdict};
use wayfare_domain::{
    ids::ProfileKey,
    messages::{
        abort::AbortReason,
        suppression::{AddressKind, ListedAddress},
    },
    profiles::profile::Channel,
};
use wayfare_store::outbox::ChangedFacts;

/// Changed facts, ready to be looked up by message.
pub(super) struct Concerned<'a> {
    people: HashMap<ProfileKey, Vec<(Option<Channel>, bool)>>,
    suppressed: HashSet<&'a ListedAddress>,
    /// Of the suppressed addresses.
    kinds: HashSet<AddressKind>,
}

impl<'a> Concerned<'a> {
    pub(super) fn new(facts: &'a ChangedFacts) -> Self {
        let mut people: HashMap<ProfileKey, Vec<(Option<Channel>, bool)>> = HashMap::new();
        for person in &facts.people {
            people.entry(person.profile).or_default().push((person.channel, person.withdrawn));
        }
        let kinds = facts.suppressed.iter().map(|(_, kind, _)| *kind).collect();
        Self { people, suppressed: facts.suppressed.iter().collect(), kinds }
    }

    pub(super) fn verdict(&self, message: &InHand) -> Verdict {
        let changed = message.people.iter().filter_map(|person| self.people.get(person)).flatten();
        let concerned =
            changed.filter(|(channel, _)| channel.is_none_or(|channel| channel == message.channel));
        let (any, withdrawn) =
            concerned.fold((false, false), |(_, withdrawn), (_, this)| (true, withdrawn || *this));
        if withdrawn {
            return Verdict::Finish(AbortReason::Withdrawn);
        }
        match &message.address {
            Some(address) if self.suppressed.contains(address) => {
                return Verdict::Finish(AbortReason::Suppressed);
            }
            // No one has looked at the list for it yet: looking again does no harm.
            None if self
                .kinds
                .iter()
                .any(|kind| AddressKind::of(message.channel) == Some(*kind)) =>
            {
                return Verdict::AskAgain;
            }
            _ => {}
        }
        if any { Verdict::AskAgain } else { Verdict::Unconcerned }
    }
}
