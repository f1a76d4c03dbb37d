//! Credentials that were verified. Verifying a password takes a while, and so does the way to the
//! identity provider and back; meanwhile the owner of the account may have changed the password,
//! or ended the session that asks. So what was verified is compared once more, in the transaction
//! that acts on it.

use super::{account::LinkedIdentity, refusal::AccessRefusal};

/// What was verified before a session is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifiedCredential {
    /// The hash with which the password was compared, or that was stored for it just now.
    PasswordHash(String),
    /// Whom the identity provider vouches for.
    SsoIdentity(LinkedIdentity),
}

/// What opens an account, as it is in the transaction that acts on what was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCredentials {
    /// None while no password was chosen.
    pub password_hash: Option<String>,
    pub identities: Vec<LinkedIdentity>,
    pub is_suspended: bool,
}

/// May a session be opened for what was verified?
///
/// # Errors
/// Where it does not open the account any more; of a password it is not told why.
pub fn decide_session(
    verified: &VerifiedCredential,
    account: &AccountCredentials,
) -> Result<(), AccessRefusal> {
    match verified {
        VerifiedCredential::PasswordHash(hash) => require_password(Some(hash), account),
        VerifiedCredential::SsoIdentity(_) if account.is_suspended => {
            Err(AccessRefusal::AccountSuspended)
        }
        VerifiedCredential::SsoIdentity(identity) if account.identities.contains(identity) => {
            Ok(())
        }
        VerifiedCredential::SsoIdentity(_) => Err(AccessRefusal::AccountNotLinked),
    }
}

/// May the password be changed by who asks in a session? `verified` is the hash with which the
/// present password was compared; none where the account had none.
///
/// # Errors
/// Where the session has ended, or the password is another one by now.
pub fn decide_password_change(
    is_session_open: bool,
    verified: Option<&str>,
    account: &AccountCredentials,
) -> Result<(), AccessRefusal> {
    require_session(is_session_open)?;
    require_password(verified, account)
}

/// What is done from inside an account is done in a session that is still open.
///
/// # Errors
/// Where it has ended.
pub fn require_session(is_open: bool) -> Result<(), AccessRefusal> {
    if is_open { Ok(()) } else { Err(AccessRefusal::SessionEnded) }
}

fn require_password(
    verified: Option<&str>,
    account: &AccountCredentials,
) -> Result<(), AccessRefusal> {
    if account.password_hash.as_deref() == verified && !account.is_suspended {
        Ok(())
    } else {
        Err(AccessRefusal::WrongCredentials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(subject: &str) -> LinkedIdentity {
        LinkedIdentity {
            issuer: "https://sso.example.com".to_string(),
            subject: subject.to_string(),
        }
    }

    /// With the password of this hash, and linked to the provider's first person.
    fn account(password_hash: Option<&str>) -> AccountCredentials {
        AccountCredentials {
            password_hash: password_hash.map(str::to_string),
            identities: vec![identity("1")],
            is_suspended: false,
        }
    }

    fn suspended() -> AccountCredentials {
        AccountCredentials { is_suspended: true, ..account(Some("old")) }
    }

    fn password(hash: &str) -> VerifiedCredential {
        VerifiedCredential::PasswordHash(hash.to_string())
    }

    fn sso(subject: &str) -> VerifiedCredential {
        VerifiedCredential::SsoIdentity(identity(subject))
    }

    #[test]
    fn the_password_that_was_verified_opens_a_session() {
        assert_eq!(decide_session(&password("old"), &account(Some("old"))), Ok(()));
    }

    #[test]
    fn a_password_that_was_changed_after_it_was_verified_opens_no_session() {
        for now in [Some("new"), None] {
            let decision = decide_session(&password("old"), &account(now));
            assert_eq!(decision, Err(AccessRefusal::WrongCredentials), "{now:?}");
        }
    }

    #[test]
    fn a_password_opens_no_session_of_an_account_that_was_suspended_meanwhile() {
        let decision = decide_session(&password("old"), &suspended());
        assert_eq!(decision, Err(AccessRefusal::WrongCredentials));
    }

    #[test]
    fn a_linked_identity_opens_a_session_whatever_the_password() {
        for hash in [Some("old"), None] {
            assert_eq!(decide_session(&sso("1"), &account(hash)), Ok(()));
        }
    }

    #[test]
    fn an_identity_that_was_unlinked_meanwhile_opens_no_session() {
        let decision = decide_session(&sso("2"), &account(Some("old")));
        assert_eq!(decision, Err(AccessRefusal::AccountNotLinked));
    }

    #[test]
    fn an_identity_opens_no_session_of_an_account_that_was_suspended_meanwhile() {
        let decision = decide_session(&sso("1"), &suspended());
        assert_eq!(decision, Err(AccessRefusal::AccountSuspended));
    }

    #[test]
    fn the_password_that_was_verified_is_changed_in_an_open_session() {
        assert_eq!(decide_password_change(true, Some("old"), &account(Some("old"))), Ok(()));
    }

    #[test]
    fn a_first_password_is_chosen_where_there_is_none_yet() {
        assert_eq!(decide_password_change(true, None, &account(None)), Ok(()));
        let decision = decide_password_change(true, None, &account(Some("new")));
        assert_eq!(decision, Err(AccessRefusal::WrongCredentials));
    }

    #[test]
    fn a_password_that_was_changed_after_it_was_verified_changes_nothing() {
        let decision = decide_password_change(true, Some("old"), &account(Some("new")));
        assert_eq!(decision, Err(AccessRefusal::WrongCredentials));
    }

    #[test]
    fn a_suspended_account_changes_no_password() {
        let decision = decide_password_change(true, Some("old"), &suspended());
        assert_eq!(decision, Err(AccessRefusal::WrongCredentials));
    }

    #[test]
    fn a_session_that_has_ended_changes_no_password_even_the_right_one() {
        let decision = decide_password_change(false, Some("old"), &account(Some("old")));
        assert_eq!(decision, Err(AccessRefusal::SessionEnded));
    }

    #[test]
    fn nothing_is_done_from_inside_an_account_after_the_session_has_ended() {
        assert_eq!(require_session(true), Ok(()));
        assert_eq!(require_session(false), Err(AccessRefusal::SessionEnded));
    }
}
