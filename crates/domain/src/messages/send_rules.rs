//! The send rules, which every message has to pass: an address, consent, the suppression list,
//! quiet hours, frequency caps, being too late. Asked when a message is queued, and again before it
//! is sent: hours may lie between the two.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    engine::time_zones::{TimeZones, quiet_until},
    error::FieldError,
    graph::node::{self, SendOptions},
    ids::MessageKey,
    journeys::settings::{QuietHours, QuietHoursPolicy},
    profiles::{Profile, profile::Channel},
    time::{HOUR_MS, MINUTE_MS, Timestamp},
};

/// What the send rules say, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendDecision {
    Send,
    /// It will not go out.
    Skip(SendRuleReason),
    /// It goes out then, if the send rules allow it then.
    Postpone(Timestamp, SendRuleReason),
}

/// Why a send rule keeps a message back. In words it is the end of a sentence, which rows keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendRuleReason {
    NoAddress(Channel),
    /// It has no spelling that can be written to.
    NoUsableAddress(Channel),
    NotWanted(Channel),
    TooLate,
    /// What arrives during quiet hours is dropped.
    QuietHours,
    QuietHoursUntil(Timestamp),
    /// With why the address is on the suppression list.
    Suppressed(String),
    CapReached(FrequencyCap),
}

impl fmt::Display for SendRuleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendRuleReason::NoAddress(channel) => {
                write!(f, "has no address for {}", channel.title())
            }
            SendRuleReason::NoUsableAddress(channel) => {
                write!(f, "has no usable address for {}", channel.title())
            }
            SendRuleReason::NotWanted(channel) => write!(f, "does not want {}", channel.title()),
            SendRuleReason::TooLate => f.write_str("too late"),
            SendRuleReason::QuietHours => f.write_str("arrived during quiet hours"),
            SendRuleReason::QuietHoursUntil(over) => {
                write!(f, "quiet hours until {}", over.long_date())
            }
            SendRuleReason::Suppressed(why) => {
                write!(f, "the address is on the suppression list: {why}")
            }
            SendRuleReason::CapReached(cap) => {
                let what = cap.channel.map_or("message", Channel::title);
                let plural = if cap.most == 1 { "" } else { "s" };
                let hours = node::hours(cap.hours);
                write!(f, "frequency cap reached: {} {what}{plural} in {hours}", cap.most)
            }
        }
    }
}

/// The time, where the person lives.
#[derive(Clone, Copy)]
pub struct LocalClock<'a> {
    pub calendar: &'a dyn TimeZones,
    pub zone: &'a str,
    pub now: Timestamp,
}

/// At most so many messages to one person in so many hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrequencyCap {
    /// None: all channels together.
    pub channel: Option<Channel>,
    pub most: u32,
    pub hours: u32,
}

/// Longest window of a cap, in hours: 31 days.
pub const CAP_HOURS_MAX: u32 = 744;

/// For how long a message can be put off at most, in milliseconds: for the longest cap, and for the
/// quiet hours and the retries of a day after it. What is due later was written while the clock was
/// ahead.
pub const POSTPONED_MAX_MS: i64 = (CAP_HOURS_MAX as i64 + 48) * HOUR_MS;

impl FrequencyCap {
    /// What makes no sense about it.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if self.most == 0 {
            problems.push(FieldError::new(
                "most",
                "range",
                "A cap must allow at least one message. To send nothing, pause the journeys.",
            ));
        }
        if !(1..=CAP_HOURS_MAX).contains(&self.hours) {
            let sentence = format!("A cap covers 1 to {CAP_HOURS_MAX} hours.");
            problems.push(FieldError::new("hours", "range", sentence));
        }
        problems
    }

    /// In words, as an entry of the audit log has them.
    pub fn describe(&self) -> String {
        format!(
            "{}: {} in {}",
            self.channel.map_or("all channels", Channel::title),
            self.most,
            node::hours(self.hours)
        )
    }

    pub fn since(&self, now: Timestamp) -> Timestamp {
        now.plus(-(i64::from(self.hours) * HOUR_MS))
    }
}

impl SendOptions {
    /// From when on it is too late for a message that should go out at `planned`.
    pub fn expires_at(&self, planned: Timestamp) -> Option<Timestamp> {
        self.too_late_minutes.map(|minutes| planned.plus(i64::from(minutes) * MINUTE_MS))
    }
}

/// Asked when they come to the message.
pub fn check_when_queued(
    profile: &Profile,
    channel: Channel,
    quiet: Option<&QuietHours>,
    expires_at: Option<Timestamp>,
    clock: LocalClock<'_>,
) -> SendDecision {
    if let Some(reason) = unreachable(profile, channel) {
        return SendDecision::Skip(reason);
    }
    if expires_at.is_some_and(|expires_at| expires_at <= clock.now) {
        return SendDecision::Skip(SendRuleReason::TooLate);
    }
    let Some(quiet) = quiet.filter(|_| disturbs(channel)) else { return SendDecision::Send };
    let over =
        quiet_until(clock.calendar, clock.now, clock.zone, quiet).filter(|over| *over > clock.now);
    match (over, quiet.then) {
        (None, _) => SendDecision::Send,
        (Some(over), QuietHoursPolicy::SendWhenOver) => {
            SendDecision::Postpone(over, SendRuleReason::QuietHoursUntil(over))
        }
        (Some(_), QuietHoursPolicy::Drop) => SendDecision::Skip(SendRuleReason::QuietHours),
    }
}

/// What is known about a person at the moment of handing a message over, besides their profile.
#[derive(Debug, Clone, Copy)]
pub struct SendContext<'a> {
    /// Has their address a spelling that can be written to and looked up?
    pub usable: bool,
    /// Why their address gets nothing any more.
    pub suppressed: Option<&'a str>,
    pub caps: &'a [FrequencyCap],
    /// When they got messages lately, by channel.
    pub recent: &'a [(Channel, Timestamp)],
    pub ignore_caps: bool,
}

/// Asked when it is handed over.
pub fn check_before_send(
    profile: &Profile,
    channel: Channel,
    quiet: Option<&QuietHours>,
    expires_at: Option<Timestamp>,
    clock: LocalClock<'_>,
    circumstances: &SendContext<'_>,
) -> SendDecision {
    match check_when_queued(profile, channel, quiet, expires_at, clock) {
        SendDecision::Send => {}
        other => return other,
    }
    if !circumstances.usable {
        return SendDecision::Skip(SendRuleReason::NoUsableAddress(channel));
    }
    if let Some(reason) = circumstances.suppressed {
        return SendDecision::Skip(SendRuleReason::Suppressed(reason.to_string()));
    }
    let capped = circumstances.caps.iter().find(|cap| {
        !circumstances.ignore_caps && is_reached(cap, channel, circumstances.recent, clock.now)
    });
    match capped {
        Some(cap) => SendDecision::Skip(SendRuleReason::CapReached(*cap)),
        None => SendDecision::Send,
    }
}

/// What someone got before a message, for its caps: `recent` has the channel and number of each,
/// and when it went out. What is still with a sender counts as of now where it was written before,
/// so that of several that are sent together only as many go out as the cap allows.
pub fn got_before(
    message: MessageKey,
    recent: &[(Channel, MessageKey, Option<Timestamp>)],
    now: Timestamp,
) -> Vec<(Channel, Timestamp)> {
    let before = recent.iter().filter_map(|(channel, number, at)| match at {
        Some(at) => Some((*channel, *at)),
        None => (*number < message).then_some((*channel, now)),
    });
    before.collect()
}

fn is_reached(
    cap: &FrequencyCap,
    channel: Channel,
    recent: &[(Channel, Timestamp)],
    now: Timestamp,
) -> bool {
    if !disturbs(channel) || cap.channel.is_some_and(|capped| capped != channel) {
        return false;
    }
    let since = cap.since(now);
    let counts = |(sent_by, at): &&(Channel, Timestamp)| {
        *at > since && disturbs(*sent_by) && cap.channel.is_none_or(|capped| capped == *sent_by)
    };
    recent.iter().filter(counts).count() >= cap.most as usize
}

/// Does a message by this channel reach them at all?
fn unreachable(profile: &Profile, channel: Channel) -> Option<SendRuleReason> {
    if profile.reachable(channel) {
        return None;
    }
    let missing = channel.address_key().is_some_and(|key| !profile.addresses.contains_key(key));
    Some(if missing {
        SendRuleReason::NoAddress(channel)
    } else {
        SendRuleReason::NotWanted(channel)
    })
}

/// Does it reach a person? A webhook goes to a machine, an in-app message waits for them.
fn disturbs(channel: Channel) -> bool {
    match channel {
        Channel::Webhook | Channel::InApp => false,
        Channel::Email | Channel::Sms | Channel::Push | Channel::Whatsapp | Channel::WebPush => {
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time_zones::UtcOnly;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn somebody() -> Profile {
        Profile {
            addresses: [("email".to_string(), "a@example.com".to_string())].into(),
            ..Profile::default()
        }
    }

    fn free() -> SendContext<'static> {
        SendContext { usable: true, suppressed: None, caps: &[], recent: &[], ignore_caps: false }
    }

    fn ask(profile: &Profile, circumstances: &SendContext<'_>) -> SendDecision {
        let clock = LocalClock { calendar: &UtcOnly, zone: "UTC", now: NOW };
        check_before_send(profile, Channel::Email, None, None, clock, circumstances)
    }

    fn hours_ago(hours: i64) -> Timestamp {
        NOW.plus(-hours * HOUR_MS)
    }

    #[test]
    fn an_address_that_is_suppressed_gets_nothing_and_the_reason_is_told() {
        let gate = ask(&somebody(), &SendContext { suppressed: Some("it bounced"), ..free() });
        let reason = SendRuleReason::Suppressed("it bounced".to_string());
        assert_eq!(gate, SendDecision::Skip(reason));
    }

    #[test]
    fn what_cannot_be_spelled_in_one_way_is_not_written_to() {
        let gate = ask(&somebody(), &SendContext { usable: false, ..free() });
        assert_eq!(gate, SendDecision::Skip(SendRuleReason::NoUsableAddress(Channel::Email)));
    }

    #[test]
    fn whoever_does_not_want_it_does_not_get_it_whatever_the_message_ignores() {
        let mut unwilling = somebody();
        unwilling.consent.insert("email".to_string(), false);
        let gate = ask(&unwilling, &SendContext { ignore_caps: true, ..free() });
        assert_eq!(gate, SendDecision::Skip(SendRuleReason::NotWanted(Channel::Email)));
    }

    #[test]
    fn a_cap_counts_its_own_channel_within_its_window() {
        let caps = [FrequencyCap { channel: Some(Channel::Email), most: 2, hours: 24 }];
        let once = [
            (Channel::Email, hours_ago(1)),
            (Channel::Email, hours_ago(25)),
            (Channel::Sms, hours_ago(1)),
        ];
        assert_eq!(
            ask(&somebody(), &SendContext { caps: &caps, recent: &once, ..free() }),
            SendDecision::Send
        );
        let twice = [(Channel::Email, hours_ago(1)), (Channel::Email, hours_ago(23))];
        let shut = ask(&somebody(), &SendContext { caps: &caps, recent: &twice, ..free() });
        assert_eq!(shut, SendDecision::Skip(SendRuleReason::CapReached(caps[0])));
    }

    #[test]
    fn a_cap_over_all_channels_counts_what_reaches_her_and_not_webhooks() {
        let caps = [FrequencyCap { channel: None, most: 2, hours: 1 }];
        let webhook = [(Channel::Webhook, NOW), (Channel::Sms, NOW)];
        assert_eq!(
            ask(&somebody(), &SendContext { caps: &caps, recent: &webhook, ..free() }),
            SendDecision::Send
        );
        let two = [(Channel::Push, NOW), (Channel::Sms, NOW)];
        assert!(matches!(
            ask(&somebody(), &SendContext { caps: &caps, recent: &two, ..free() }),
            SendDecision::Skip(_)
        ));
        let receipt = SendContext { caps: &caps, recent: &two, ignore_caps: true, ..free() };
        assert_eq!(ask(&somebody(), &receipt), SendDecision::Send);
    }

    #[test]
    fn of_messages_that_are_sent_together_only_the_older_ones_count_for_a_cap() {
        let recent = [
            (Channel::Email, MessageKey(1), Some(hours_ago(1))),
            (Channel::Email, MessageKey(4), None),
            (Channel::Sms, MessageKey(6), None),
            (Channel::Email, MessageKey(9), Some(hours_ago(2))),
        ];
        assert_eq!(
            got_before(MessageKey(5), &recent, NOW),
            [(Channel::Email, hours_ago(1)), (Channel::Email, NOW), (Channel::Email, hours_ago(2))]
        );
    }

    #[test]
    fn what_is_too_late_is_skipped() {
        let clock = LocalClock { calendar: &UtcOnly, zone: "UTC", now: NOW };
        let sending = SendOptions { too_late_minutes: Some(60), ..SendOptions::default() };
        let gate = |planned| {
            check_when_queued(&somebody(), Channel::Email, None, sending.expires_at(planned), clock)
        };
        assert_eq!(gate(NOW.plus(-59 * MINUTE_MS)), SendDecision::Send);
        assert_eq!(gate(NOW.plus(-60 * MINUTE_MS)), SendDecision::Skip(SendRuleReason::TooLate));
    }

    #[test]
    fn each_reason_is_the_end_of_a_sentence() {
        let cap = |channel, most| FrequencyCap { channel, most, hours: 24 };
        let bounced = SendRuleReason::Suppressed("it bounced".to_string());
        let texts = [
            (SendRuleReason::NoAddress(Channel::Sms), "has no address for SMS"),
            (SendRuleReason::NoUsableAddress(Channel::Email), "has no usable address for email"),
            (SendRuleReason::NotWanted(Channel::Email), "does not want email"),
            (SendRuleReason::TooLate, "too late"),
            (SendRuleReason::QuietHours, "arrived during quiet hours"),
            (bounced, "the address is on the suppression list: it bounced"),
            (
                SendRuleReason::CapReached(cap(Some(Channel::Email), 2)),
                "frequency cap reached: 2 emails in 1 day",
            ),
            (SendRuleReason::CapReached(cap(None, 1)), "frequency cap reached: 1 message in 1 day"),
        ];
        for (reason, text) in texts {
            assert_eq!(reason.to_string(), text);
        }
        let until = SendRuleReason::QuietHoursUntil(NOW).to_string();
        assert_eq!(until, format!("quiet hours until {}", NOW.long_date()));
    }
}
