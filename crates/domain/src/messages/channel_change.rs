//! A change of a project's channel: when it is refused, and what the audit log says of it.

use super::{
    channel::{ChannelSettings, ChannelState},
    send_rules::FrequencyCap,
};
use crate::profiles::profile::Channel;

/// What became of the secret that a channel sends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretChange {
    Kept,
    New,
    Removed,
}

/// Only settings that no one else has changed since they were looked at are overwritten. `stored`
/// is the revision that is kept; what was not set up yet was looked at as revision 0, so that two
/// who set it up at once do not overwrite each other.
pub fn is_current(stored: Option<i64>, edited: i64) -> bool {
    stored.unwrap_or(0) == edited
}

/// As a sentence begins that says what someone else has changed.
pub fn subject(channel: Channel) -> String {
    format!("The channel {}", channel.title())
}

pub fn audit_summary(settings: &ChannelSettings, live: bool, secret: SecretChange) -> String {
    let state = if live { ChannelState::Live } else { ChannelState::Test };
    let secret = match secret {
        SecretChange::Kept => "",
        SecretChange::New => ", a new secret",
        SecretChange::Removed => ", without a secret",
    };
    let (title, state) = (settings.channel().title(), state.title().to_lowercase());
    format!("{title}: {state}, {}{secret}", settings.describe())
}

/// What the audit log says of a project's frequency caps.
pub fn caps_summary(caps: &[FrequencyCap]) -> String {
    let said: Vec<String> = caps.iter().map(FrequencyCap::describe).collect();
    if said.is_empty() { "none".to_string() } else { said.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::channel::WebhookSettings;

    #[test]
    fn settings_that_changed_since_are_not_overwritten() {
        assert!(is_current(Some(3), 3));
        assert!(!is_current(Some(4), 3));
        assert!(!is_current(Some(1), 0), "someone else set it up meanwhile");
    }

    #[test]
    fn a_channel_is_set_up_by_whoever_saw_that_there_was_none() {
        assert!(is_current(None, 0));
        assert!(!is_current(None, 3));
    }

    #[test]
    fn the_audit_log_says_how_a_channel_sends_and_what_became_of_its_secret() {
        let settings = ChannelSettings::Webhook(WebhookSettings { timeout_seconds: 5 });
        let title = Channel::Webhook.title();
        assert_eq!(
            audit_summary(&settings, true, SecretChange::Kept),
            format!("{title}: live, 5 seconds to answer")
        );
        assert_eq!(
            audit_summary(&settings, false, SecretChange::New),
            format!("{title}: test mode, 5 seconds to answer, a new secret")
        );
        assert_eq!(
            audit_summary(&settings, false, SecretChange::Removed),
            format!("{title}: test mode, 5 seconds to answer, without a secret")
        );
    }

    #[test]
    fn the_audit_log_says_that_there_are_no_caps() {
        assert_eq!(caps_summary(&[]), "none");
        let cap = FrequencyCap { channel: None, most: 2, hours: 24 };
        assert_eq!(caps_summary(&[cap, cap]), format!("{0}; {0}", cap.describe()));
    }
}
