//! What someone who gets messages decides about them, on the page that every message links to.

use std::collections::{BTreeMap, HashMap};

use super::suppression::{AddressKind, SuppressionReason};
use crate::profiles::profile::Channel;

/// Anyone who got a message, as far as their choices go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub project: String,
    /// By which the message came.
    pub channel: Channel,
    pub addresses: BTreeMap<String, String>,
    pub consent: BTreeMap<String, bool>,
    /// Why their addresses are on the suppression list, where they are.
    pub suppressed: HashMap<AddressKind, SuppressionReason>,
}

/// One line of their page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferenceLine {
    pub channel: Channel,
    /// Enough of the address for them to know it, too little for anyone else who has the link.
    pub address: String,
    pub wanted: bool,
    /// They cannot choose it, and why.
    pub closed: Option<&'static str>,
}

/// What they decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreferenceUpdate {
    /// No more by the channel that the message came by.
    Unsubscribe,
    /// No more at all.
    Nothing,
    /// These, and none of the others on their page.
    Only(Vec<Channel>),
}

/// Channels that people choose, in the order of their page.
const CHOSEN: [Channel; 5] =
    [Channel::Email, Channel::Sms, Channel::Whatsapp, Channel::Push, Channel::WebPush];

impl Recipient {
    /// The lines of their page: where they have an address. WhatsApp shares the phone's; only where
    /// it was ever about it.
    pub fn lines(&self) -> Vec<PreferenceLine> {
        CHOSEN.into_iter().filter_map(|channel| self.choice(channel)).collect()
    }

    fn choice(&self, channel: Channel) -> Option<PreferenceLine> {
        let kind = AddressKind::of(channel)?;
        let address = self.addresses.get(kind.key())?;
        let said = self.consent.get(channel.key()).copied();
        if channel == Channel::Whatsapp && said.is_none() && self.channel != channel {
            return None;
        }
        let cause = self.suppressed.get(&kind).copied();
        Some(PreferenceLine {
            channel,
            address: masked(kind, address),
            wanted: said.unwrap_or(true) && cause.is_none(),
            closed: cause.and_then(closed),
        })
    }

    /// What they say about channels by a wish; channels that are not there keep what they were.
    pub fn changes(&self, wish: &PreferenceUpdate) -> Vec<(Channel, bool)> {
        let choices = self.lines();
        let all = choices.iter().map(|choice| choice.channel);
        match wish {
            PreferenceUpdate::Unsubscribe => vec![(self.channel, false)],
            // Also what the message came by, should they have no address there any more.
            PreferenceUpdate::Nothing => all
                .filter(|channel| *channel != self.channel)
                .chain([self.channel])
                .map(|channel| (channel, false))
                .collect(),
            PreferenceUpdate::Only(wanted) => {
                let open = choices
                    .iter()
                    .filter(|choice| choice.closed.is_none())
                    .map(|choice| choice.channel);
                open.map(|channel| (channel, wanted.contains(&channel))).collect()
            }
        }
    }
}

/// What they cannot take back themselves.
fn closed(cause: SuppressionReason) -> Option<&'static str> {
    match cause {
        SuppressionReason::Unsubscribed => None,
        SuppressionReason::ByHand => {
            Some("We no longer send messages here. Write to us if you want them again.")
        }
        SuppressionReason::Complained => Some(
            "You marked a message as spam, so we no longer send messages here. Write to us if you \
                want them again.",
        ),
        SuppressionReason::Bounced => Some(
            "Messages to this address bounced, so we no longer send messages here. Write to us if \
                it works again.",
        ),
    }
}

fn masked(kind: AddressKind, address: &str) -> String {
    match kind {
        AddressKind::Email => match address.rsplit_once('@') {
            Some((name, domain)) => {
                format!("{}…@{domain}", name.chars().take(1).collect::<String>())
            }
            None => "…".to_string(),
        },
        AddressKind::Phone => {
            let signs: Vec<char> = address.chars().filter(char::is_ascii_digit).collect();
            format!("…{}", signs[signs.len().saturating_sub(3)..].iter().collect::<String>())
        }
        AddressKind::Push => "your app".to_string(),
        AddressKind::WebPush => "your browser".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Recipient {
        let addresses = [("email", "ada@example.com"), ("phone", "+49 170 12345")];
        Recipient {
            project: "Shop".to_string(),
            channel: Channel::Email,
            addresses: addresses
                .into_iter()
                .map(|(key, address)| (key.to_string(), address.to_string()))
                .collect(),
            consent: BTreeMap::new(),
            suppressed: HashMap::new(),
        }
    }

    fn channels(recipient: &Recipient) -> Vec<(Channel, bool)> {
        recipient.lines().iter().map(|choice| (choice.channel, choice.wanted)).collect()
    }

    #[test]
    fn she_chooses_among_the_channels_that_reach_her_and_whoever_has_the_link_does_not_learn_her_address()
     {
        assert_eq!(channels(&ada()), [(Channel::Email, true), (Channel::Sms, true)]);
        let shown: Vec<String> = ada().lines().into_iter().map(|choice| choice.address).collect();
        assert_eq!(shown, ["a…@example.com", "…345"]);
    }

    #[test]
    fn what_she_takes_back_herself_stays_open_and_a_bounce_does_not() {
        let mut recipient = ada();
        recipient.suppressed = [
            (AddressKind::Email, SuppressionReason::Unsubscribed),
            (AddressKind::Phone, SuppressionReason::Bounced),
        ]
        .into();
        let choices = recipient.lines();
        assert!(!choices[0].wanted && choices[0].closed.is_none());
        assert!(!choices[1].wanted && choices[1].closed.is_some());
        let both = PreferenceUpdate::Only(vec![Channel::Email, Channel::Sms]);
        assert_eq!(
            recipient.changes(&both),
            [(Channel::Email, true)],
            "what is closed is not said"
        );
    }

    #[test]
    fn a_wish_is_about_its_channel_about_all_or_about_what_the_page_shows() {
        assert_eq!(ada().changes(&PreferenceUpdate::Unsubscribe), [(Channel::Email, false)]);
        assert_eq!(
            ada().changes(&PreferenceUpdate::Nothing),
            [(Channel::Sms, false), (Channel::Email, false)]
        );
        assert_eq!(
            ada().changes(&PreferenceUpdate::Only(vec![Channel::Sms])),
            [(Channel::Email, false), (Channel::Sms, true)]
        );
    }
}
