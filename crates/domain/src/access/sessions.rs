//! Sessions: how they begin, how long they last, and when one is recent enough to show whose it is.

use crate::time::{CLOCK_TOLERANCE_MS, MINUTE_MS, Timestamp};

/// How long after a sign-in it shows by itself who somebody is, in milliseconds.
const RECENT_SIGN_IN_MS: i64 = 10 * MINUTE_MS;

/// How someone showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    Password,
    Sso,
    Invitation,
    FirstAccount,
}

impl SignInMethod {
    /// As the audit log and the server's log say it.
    pub fn phrase(self) -> &'static str {
        match self {
            SignInMethod::Password => "with a password",
            SignInMethod::Sso => "with SSO",
            SignInMethod::Invitation => "with an invitation",
            SignInMethod::FirstAccount => "with the first account",
        }
    }
}

/// What decides whether a session opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// Its end, used or not.
    pub expires_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub is_account_suspended: bool,
}

impl SessionFacts {
    /// It ends at its end, when it was not used for `idle_ms`, and with its account. One that was
    /// used in the future is from when the clock was ahead: nobody knows how old it is.
    pub fn is_active(&self, idle_ms: i64, now: Timestamp) -> bool {
        self.expires_at > now
            && self.last_seen_at.0 > now.0 - idle_ms
            && self.last_seen_at <= now.plus(CLOCK_TOLERANCE_MS)
            && !self.is_account_suspended
    }
}

/// Is it so short ago that a session was opened that it needs no other proof of whose it is? A
/// session that was borrowed must not become a way in that lasts.
pub fn is_recent_sign_in(opened_at: Timestamp, now: Timestamp) -> bool {
    now.0 - opened_at.0 <= RECENT_SIGN_IN_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);
    const IDLE_MS: i64 = 1_000;

    fn used() -> SessionFacts {
        SessionFacts { expires_at: NOW.plus(1), last_seen_at: NOW, is_account_suspended: false }
    }

    #[test]
    fn a_session_ends_at_its_end_however_much_it_is_used() {
        assert!(used().is_active(IDLE_MS, NOW));
        assert!(!SessionFacts { expires_at: NOW, ..used() }.is_active(IDLE_MS, NOW));
    }

    #[test]
    fn a_session_ends_when_it_was_idle_for_too_long() {
        let seen = |ago| SessionFacts { last_seen_at: Timestamp(NOW.0 - ago), ..used() };
        assert!(seen(IDLE_MS - 1).is_active(IDLE_MS, NOW));
        assert!(!seen(IDLE_MS).is_active(IDLE_MS, NOW));
    }

    #[test]
    fn a_session_from_when_the_clock_was_ahead_opens_nothing() {
        let seen = |ahead| SessionFacts { last_seen_at: NOW.plus(ahead), ..used() };
        assert!(seen(CLOCK_TOLERANCE_MS).is_active(IDLE_MS, NOW), "clocks are set right");
        assert!(!seen(CLOCK_TOLERANCE_MS + 1).is_active(IDLE_MS, NOW));
    }

    #[test]
    fn a_session_of_a_suspended_account_opens_nothing() {
        assert!(!SessionFacts { is_account_suspended: true, ..used() }.is_active(IDLE_MS, NOW));
    }

    #[test]
    fn a_sign_in_is_recent_for_ten_minutes() {
        assert!(is_recent_sign_in(Timestamp(NOW.0 - 10 * MINUTE_MS), NOW));
        assert!(!is_recent_sign_in(Timestamp(NOW.0 - 10 * MINUTE_MS - 1), NOW));
    }
}
