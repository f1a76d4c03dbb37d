//! What is done to accounts, members, projects and keys, as the audit log tells it.

use super::{
    account::LinkedIdentity,
    permissions::{Role, Scope},
    sessions::SignInMethod,
};
use crate::{audit::AuditEvent, stats::pluralize, time::Timestamp};

/// One thing that was done: an event, by which the log is filtered, and a summary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AccessChange<'a> {
    AccountCreated {
        email: &'a str,
    },
    AccountRenamed {
        before: &'a str,
        after: &'a str,
    },
    AccountSuspended,
    AccountRestored,
    PasswordLinkMade,
    PasswordChanged,
    SignedIn(SignInMethod),
    SignInFailed,
    SignedOutEverywhere {
        sessions: i64,
    },
    SsoLinked {
        identity: &'a LinkedIdentity,
        how: LinkMethod,
    },
    SsoUnlinked {
        identity: &'a LinkedIdentity,
        how: UnlinkMethod,
    },
    InvitationMade {
        email: &'a str,
        role: Role,
    },
    InvitationWithdrawn {
        email: &'a str,
    },
    /// Whoever made it may not invite people any more.
    InvitationEnded {
        email: &'a str,
    },
    Joined {
        email: &'a str,
        role: Role,
    },
    RoleChanged {
        name: &'a str,
        before: Role,
        after: Role,
    },
    RoleChangedBySso {
        name: &'a str,
        before: Option<Role>,
        after: Option<Role>,
    },
    MemberRemoved {
        name: &'a str,
        before: Role,
    },
    KeyCreated {
        key: AuditedKey<'a>,
        scopes: &'a [Scope],
        expires_at: Option<Timestamp>,
    },
    KeyTakenOver(AuditedKey<'a>),
    KeyRevoked(AuditedKey<'a>),
    ProjectCreated {
        name: &'a str,
    },
    ProjectRenamed {
        before: &'a str,
        after: &'a str,
    },
    ProjectArchived {
        name: &'a str,
    },
    ProjectUnarchived {
        name: &'a str,
    },
}

/// An API key, by what tells it from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditedKey<'a> {
    pub name: &'a str,
    /// The first characters of its secret.
    pub hint: &'a str,
}

/// How an identity at a provider came to its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkMethod {
    NewAccount,
    VerifiedAddress,
    FromAccount,
}

/// How an identity at a provider lost its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnlinkMethod {
    FromAccount,
    PasswordLink,
}

impl AccessChange<'_> {
    pub fn event(&self) -> AuditEvent {
        match self {
            AccessChange::AccountCreated { .. } => AuditEvent::AccountCreated,
            AccessChange::AccountRenamed { .. } => AuditEvent::AccountRenamed,
            AccessChange::AccountSuspended => AuditEvent::AccountSuspended,
            AccessChange::AccountRestored => AuditEvent::AccountRestored,
            AccessChange::PasswordLinkMade => AuditEvent::PasswordLinkMade,
            AccessChange::PasswordChanged => AuditEvent::PasswordChanged,
            AccessChange::SignedIn(_) => AuditEvent::SignedIn,
            AccessChange::SignInFailed => AuditEvent::SignInFailed,
            AccessChange::SignedOutEverywhere { .. } => AuditEvent::SignedOutEverywhere,
            AccessChange::SsoLinked { .. } => AuditEvent::SsoLinked,
            AccessChange::SsoUnlinked { .. } => AuditEvent::SsoUnlinked,
            AccessChange::InvitationMade { .. } => AuditEvent::InvitationMade,
            AccessChange::InvitationWithdrawn { .. } | AccessChange::InvitationEnded { .. } => {
                AuditEvent::InvitationWithdrawn
            }
            AccessChange::Joined { .. } => AuditEvent::Joined,
            AccessChange::RoleChanged { .. } => AuditEvent::RoleChanged,
            AccessChange::RoleChangedBySso { .. } => AuditEvent::RoleChangedBySso,
            AccessChange::MemberRemoved { .. } => AuditEvent::MemberRemoved,
            AccessChange::KeyCreated { .. } => AuditEvent::KeyCreated,
            AccessChange::KeyTakenOver(_) => AuditEvent::KeyTakenOver,
            AccessChange::KeyRevoked(_) => AuditEvent::KeyRevoked,
            AccessChange::ProjectCreated { .. } => AuditEvent::ProjectCreated,
            AccessChange::ProjectRenamed { .. } => AuditEvent::ProjectRenamed,
            AccessChange::ProjectArchived { .. } => AuditEvent::ProjectArchived,
            AccessChange::ProjectUnarchived { .. } => AuditEvent::ProjectUnarchived,
        }
    }

    /// What the entry says.
    pub fn summary(&self) -> String {
        match *self {
            AccessChange::AccountCreated { email }
            | AccessChange::InvitationWithdrawn { email } => email.to_string(),
            AccessChange::AccountSuspended
            | AccessChange::AccountRestored
            | AccessChange::PasswordLinkMade => "from the command line".to_string(),
            AccessChange::PasswordChanged => "and every other session ended".to_string(),
            AccessChange::SignedIn(how) => how.phrase().to_string(),
            AccessChange::SignInFailed => "wrong password".to_string(),
            AccessChange::SignedOutEverywhere { sessions } => {
                pluralize(sessions, "session ended", "sessions ended")
            }
            AccessChange::SsoLinked { identity, how } => {
                format!("{} at {}{}", identity.subject, identity.issuer, how.phrase())
            }
            AccessChange::SsoUnlinked { identity, how } => {
                format!("{} at {}{}", identity.subject, identity.issuer, how.phrase())
            }
            AccessChange::InvitationEnded { email } => {
                format!("{email}: the member who sent it can no longer invite people")
            }
            AccessChange::InvitationMade { email, role } | AccessChange::Joined { email, role } => {
                format!("{email} as {role}")
            }
            AccessChange::RoleChanged { name, before, after } => {
                format!("{name}: from {before} to {after}")
            }
            AccessChange::RoleChangedBySso { name, before, after } => {
                let role = |role: Option<Role>| role.map_or("no role", Role::key);
                format!("{name}: from {} to {}, by an SSO rule", role(before), role(after))
            }
            AccessChange::MemberRemoved { name, before } => format!("{name}, who was {before}"),
            AccessChange::KeyCreated { key, scopes, expires_at } => {
                let scopes: Vec<_> = scopes.iter().map(|scope| scope.key()).collect();
                let end = expires_at
                    .map(|end| format!(", until {}", end.long_date()))
                    .unwrap_or_default();
                format!("{}, {}{end}", key.text(), scopes.join(", "))
            }
            AccessChange::KeyTakenOver(key) | AccessChange::KeyRevoked(key) => key.text(),
            AccessChange::AccountRenamed { before, after }
            | AccessChange::ProjectRenamed { before, after } => {
                format!("from “{before}” to “{after}”")
            }
            AccessChange::ProjectCreated { name }
            | AccessChange::ProjectArchived { name }
            | AccessChange::ProjectUnarchived { name } => name.to_string(),
        }
    }
}

impl AuditedKey<'_> {
    fn text(&self) -> String {
        format!("{} ({}…)", self.name, self.hint)
    }
}

impl LinkMethod {
    fn phrase(self) -> &'static str {
        match self {
            LinkMethod::NewAccount => ", with a new account",
            LinkMethod::VerifiedAddress => ", found by its verified address",
            LinkMethod::FromAccount => ", from inside the account",
        }
    }
}

impl UnlinkMethod {
    fn phrase(self) -> &'static str {
        match self {
            UnlinkMethod::FromAccount => "",
            UnlinkMethod::PasswordLink => ", by a link for a new password",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> LinkedIdentity {
        LinkedIdentity { issuer: "https://sso.example.com".to_string(), subject: "17".to_string() }
    }

    #[test]
    fn a_changed_role_is_told_with_both() {
        let change =
            AccessChange::RoleChanged { name: "Ada", before: Role::Viewer, after: Role::Publisher };
        assert_eq!(change.summary(), "Ada: from viewer to publisher");
    }

    #[test]
    fn a_rule_gives_and_takes_whole_roles() {
        let change =
            |before, after| AccessChange::RoleChangedBySso { name: "Ada", before, after }.summary();
        let given = change(None, Some(Role::Creator));
        let taken = change(Some(Role::Admin), None);
        assert_eq!(given, "Ada: from no role to creator, by an SSO rule");
        assert_eq!(taken, "Ada: from admin to no role, by an SSO rule");
    }

    #[test]
    fn an_invitation_that_ended_with_its_makers_right_says_why() {
        let withdrawn = AccessChange::InvitationWithdrawn { email: "sam@example.com" };
        let ended = AccessChange::InvitationEnded { email: "sam@example.com" };
        assert_eq!(withdrawn.event(), ended.event());
        assert_eq!(
            ended.summary(),
            "sam@example.com: the member who sent it can no longer invite people"
        );
    }

    #[test]
    fn a_link_to_a_provider_is_told_with_who_made_it() {
        let identity = identity();
        let linked = |how| AccessChange::SsoLinked { identity: &identity, how }.summary();
        assert_eq!(
            [LinkMethod::NewAccount, LinkMethod::VerifiedAddress, LinkMethod::FromAccount]
                .map(linked),
            [
                "17 at https://sso.example.com, with a new account",
                "17 at https://sso.example.com, found by its verified address",
                "17 at https://sso.example.com, from inside the account",
            ]
        );
    }

    #[test]
    fn a_link_that_a_password_link_took_back_says_so() {
        let identity = identity();
        let unlinked = |how| AccessChange::SsoUnlinked { identity: &identity, how }.summary();
        assert_eq!(unlinked(UnlinkMethod::FromAccount), "17 at https://sso.example.com");
        assert_eq!(
            unlinked(UnlinkMethod::PasswordLink),
            "17 at https://sso.example.com, by a link for a new password"
        );
    }

    #[test]
    fn a_new_key_is_told_with_what_it_may_and_until_when() {
        let key = AuditedKey { name: "Shop", hint: "wf_abc" };
        let scopes = [Scope::Ingest, Scope::Read];
        let created =
            |expires_at| AccessChange::KeyCreated { key, scopes: &scopes, expires_at }.summary();
        assert_eq!(created(None), "Shop (wf_abc…), ingest, read");
        let end = Timestamp(0);
        let until = format!("Shop (wf_abc…), ingest, read, until {}", end.long_date());
        assert_eq!(created(Some(end)), until);
    }
}
