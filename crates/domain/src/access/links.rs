//! Links that let someone in: invitations to a project, and links for a new password. Holding one
//! is all the right that is needed, so it is asked each time whether it still opens something.

use super::permissions::{Keeper, Permission};
use crate::time::Timestamp;

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
            && self.expires_at > now
            && !self.is_project_archived
            && is_backed_by(self.maker)
    }
}

/// An invitation is worth no more than whoever made it: it ends when they may not invite people to
/// the project any more.
pub fn is_backed_by(maker: Keeper) -> bool {
    maker.may(Permission::ManagePeople)
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
        self.expires_at > now && !self.is_account_suspended
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
