//! Links that let someone in: invitations to a project, and links for a new password. Holding one
//! is all the right that is needed, so it is asked each time whether it still opens something.

use super::permissions::{Keeper, Permission};
use crate::time::{CLOCK_TOLERANCE_MS, DAY_MS, Timestamp};

/// How long an invitation can be accepted, in milliseconds.
pub const INVITATION_LIFETIME_MS: i64 = 7 * DAY_MS;
/// How long a link for a new password can be used, in milliseconds.
pub const PASSWORD_LINK_LIFETIME_MS: i64 = DAY_MS;

/// Has what ends then not ended yet? What would last longer than anything does is from when the
/// clock was ahead.
pub fn is_unexpired(expires_at: Timestamp, lifetime_ms: i64, now: Timestamp) -> bool {
    expires_at > now && expires_at <= now.plus(lifetime_ms + CLOCK_TOLERANCE_MS)
}

/// What decides whether an invitation can be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationFacts {
    /// Accepted, withdrawn, or replaced by a later one.
    pub is_closed: bool,
    pub expires_at: Timestamp,
    pub is_project_archived: bool,
    pub maker: Keeper,
}

impl InvitationFacts {
    /// Can someone join with it?
    pub fn opens(&self, now: Timestamp) -> bool {
        !self.is_closed
            && is_unexpired(self.expires_at, INVITATION_LIFETIME_MS, now)
            && !self.is_project_archived
            && is_backed_by(self.maker)
    }
}

/// An invitation is worth no more than whoever made it: it ends when they may not invite people to
/// the project any more.
pub fn is_backed_by(maker: Keeper) -> bool {
    maker.may(Permission::ManageMembers)
}

/// What decides whether a link for a new password can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordLinkFacts {
    pub expires_at: Timestamp,
    pub is_account_suspended: bool,
}

impl PasswordLinkFacts {
    /// Can a password be chosen with it?
    pub fn opens(&self, now: Timestamp) -> bool {
        is_unexpired(self.expires_at, PASSWORD_LINK_LIFETIME_MS, now) && !self.is_account_suspended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::permissions::Role;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn good() -> InvitationFacts {
        InvitationFacts {
            is_closed: false,
            expires_at: NOW.plus(1),
            is_project_archived: false,
            maker: Keeper::Account { suspended: false, role: Some(Role::Admin) },
        }
    }

    #[test]
    fn what_was_made_while_the_clock_was_ahead_opens_nothing() {
        let longest = NOW.plus(INVITATION_LIFETIME_MS + CLOCK_TOLERANCE_MS);
        assert!(InvitationFacts { expires_at: longest, ..good() }.opens(NOW));
        assert!(!InvitationFacts { expires_at: longest.plus(1), ..good() }.opens(NOW));
        let expires_at = NOW.plus(PASSWORD_LINK_LIFETIME_MS + CLOCK_TOLERANCE_MS + 1);
        assert!(!PasswordLinkFacts { expires_at, is_account_suspended: false }.opens(NOW));
    }

    #[test]
    fn an_invitation_opens_until_its_end() {
        assert!(good().opens(NOW));
        assert!(!InvitationFacts { expires_at: NOW, ..good() }.opens(NOW));
    }

    #[test]
    fn a_closed_invitation_opens_nothing() {
        assert!(!InvitationFacts { is_closed: true, ..good() }.opens(NOW));
    }

    #[test]
    fn no_one_is_invited_to_an_archived_project() {
        assert!(!InvitationFacts { is_project_archived: true, ..good() }.opens(NOW));
    }

    #[test]
    fn an_invitation_ends_when_its_maker_may_not_invite_any_more() {
        for (suspended, role) in
            [(true, Some(Role::Admin)), (false, Some(Role::Publisher)), (false, None)]
        {
            let maker = Keeper::Account { suspended, role };
            assert!(!InvitationFacts { maker, ..good() }.opens(NOW), "{maker:?}");
        }
    }

    #[test]
    fn what_the_owner_of_the_machine_made_stays_good() {
        assert!(InvitationFacts { maker: Keeper::Owner, ..good() }.opens(NOW));
    }

    #[test]
    fn a_password_link_opens_until_its_end() {
        let link = |expires_at| PasswordLinkFacts { expires_at, is_account_suspended: false };
        assert!(link(NOW.plus(1)).opens(NOW));
        assert!(!link(NOW).opens(NOW));
    }

    #[test]
    fn a_suspended_account_chooses_no_password() {
        let link = PasswordLinkFacts { expires_at: NOW.plus(1), is_account_suspended: true };
        assert!(!link.opens(NOW));
    }
}
