//! A member's role and where it comes from: the higher one counts, and what an SSO rule gave goes
//! when the rule takes it.

use super::permissions::Role;

/// A role in one project, with its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRole {
    /// The one that counts.
    pub role: Role,
    /// An SSO rule gives it, anew at each sign-in.
    pub by_rule: bool,
    /// What an invitation gave beside an SSO rule; it stays when the rule's role goes.
    pub by_invitation: Option<Role>,
}

impl MemberRole {
    /// Given by an admin, or by an invitation where no rule gives anything.
    pub fn of(role: Role) -> Self {
        Self { role, by_rule: false, by_invitation: None }
    }

    /// Who accepts an invitation keeps the higher role.
    pub fn with_invitation(before: Option<Self>, invited: Role) -> Self {
        let Some(before) = before else { return Self::of(invited) };
        let beside_a_rule = before.by_rule || before.by_invitation.is_some();
        Self {
            role: before.role.max(invited),
            by_invitation: beside_a_rule
                .then(|| before.by_invitation.map_or(invited, |role| role.max(invited))),
            ..before
        }
    }

    /// With what an SSO rule gives: roles that an admin gave stay as they are.
    pub fn with_rule(before: Option<Self>, given: Role) -> Self {
        match before {
            None => Self { role: given, by_rule: true, by_invitation: None },
            Some(before) if before.by_rule || before.by_invitation.is_some() => {
                Self { role: before.role.max(given), by_rule: true, ..before }
            }
            Some(before) => before,
        }
    }

    /// What stays when SSO rules give nothing.
    pub fn without_rule(self) -> Option<Self> {
        if !self.by_rule {
            return Some(self);
        }
        self.by_invitation.map(|role| Self { role, by_rule: false, ..self })
    }

    /// Admin by a rule that gives nothing now, because a project keeps its last admin.
    pub fn kept_admin(left: Option<Self>) -> Self {
        let by_invitation = left.and_then(|left| left.by_invitation);
        Self { role: Role::Admin, by_rule: true, by_invitation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_RULE: MemberRole =
        MemberRole { role: Role::Creator, by_rule: true, by_invitation: None };

    #[test]
    fn an_invitation_gives_its_role_where_there_is_none() {
        let given = MemberRole::with_invitation(None, Role::Creator);
        assert_eq!(given, MemberRole::of(Role::Creator));
    }

    #[test]
    fn the_higher_role_counts() {
        let before = Some(MemberRole::of(Role::Publisher));
        let lower = MemberRole::with_invitation(before, Role::Viewer);
        let higher = MemberRole::with_invitation(before, Role::Admin);
        assert_eq!((lower, higher), (MemberRole::of(Role::Publisher), MemberRole::of(Role::Admin)));
    }

    #[test]
    fn an_invitation_beside_a_rule_is_kept_apart_and_outlives_it() {
        let both = MemberRole::with_invitation(Some(BY_RULE), Role::Viewer);
        assert_eq!(both, MemberRole { by_invitation: Some(Role::Viewer), ..BY_RULE });
        let left = both.without_rule().expect("a role");
        assert_eq!((left.role, left.by_rule), (Role::Viewer, false));
    }

    #[test]
    fn of_two_invitations_beside_a_rule_the_higher_is_kept() {
        let one = MemberRole::with_invitation(Some(BY_RULE), Role::Admin);
        let two = MemberRole::with_invitation(Some(one), Role::Viewer);
        assert_eq!(two.by_invitation, Some(Role::Admin));
    }

    #[test]
    fn a_rule_leaves_what_an_admin_gave() {
        let by_admin = MemberRole::of(Role::Viewer);
        assert_eq!(MemberRole::with_rule(Some(by_admin), Role::Admin), by_admin);
        assert_eq!(by_admin.without_rule(), Some(by_admin));
    }

    #[test]
    fn a_rule_raises_the_role_of_an_invitation_beside_it() {
        let invited = MemberRole::with_invitation(Some(BY_RULE), Role::Viewer).without_rule();
        let raised = MemberRole::with_rule(invited, Role::Publisher);
        assert_eq!(
            raised,
            MemberRole { role: Role::Publisher, by_rule: true, by_invitation: Some(Role::Viewer) }
        );
    }

    #[test]
    fn of_two_rules_the_higher_counts() {
        let given = MemberRole::with_rule(Some(BY_RULE), Role::Viewer);
        assert_eq!(given, BY_RULE);
    }

    #[test]
    fn what_only_a_rule_gave_goes_with_it() {
        assert_eq!(BY_RULE.without_rule(), None);
    }

    #[test]
    fn a_last_admin_who_is_kept_keeps_their_invitation_too() {
        let left = MemberRole::of(Role::Viewer);
        let left = MemberRole { by_invitation: Some(Role::Viewer), ..left };
        let kept = MemberRole::kept_admin(Some(left));
        assert_eq!((kept.role, kept.by_rule), (Role::Admin, true));
        assert_eq!(kept.by_invitation, Some(Role::Viewer));
    }
}
