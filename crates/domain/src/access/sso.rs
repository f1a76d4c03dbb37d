//! Which account someone is whom an identity provider (OpenID Connect) knows, and when a link
//! between the two is made or taken back.

use super::{
    account::{EmailAddress, LinkedIdentity},
    permissions::Role,
    refusal::AccessRefusal,
};
use crate::{ids::UserId, names::PersonName};

/// Whom the identity provider says someone is.
#[derive(Debug, Clone)]
pub struct SsoIdentity {
    pub identity: LinkedIdentity,
    pub email: Option<EmailAddress>,
    /// The provider has seen that the address is theirs.
    pub email_verified: bool,
    pub name: PersonName,
    /// What the rules give them now.
    pub roles: Vec<SsoRole>,
}

/// A role that an SSO rule gives.
#[derive(Debug, Clone)]
pub struct SsoRole {
    /// A project's name; none for every project.
    pub project: Option<String>,
    pub role: Role,
}

impl SsoIdentity {
    /// The address by which an account of theirs may be found or made. One that people write at
    /// the provider themselves must not be taken from its owner; nor is it told whether it has an
    /// account.
    ///
    /// # Errors
    /// Where there is none, or the provider does not vouch for it.
    pub fn confirmed_address(&self) -> Result<&EmailAddress, AccessRefusal> {
        let email = self.email.as_ref().ok_or(AccessRefusal::AddressNotShared)?;
        if self.email_verified { Ok(email) } else { Err(AccessRefusal::AddressNotConfirmed) }
    }
}

/// An account that may be the one of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SsoCandidate {
    pub user: UserId,
    pub is_suspended: bool,
    /// It has a password, or an identity at a provider: someone signs in to it already.
    pub is_in_use: bool,
}

/// The accounts that may be the one of an identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SsoCandidates {
    /// The one that the identity is linked to.
    pub linked: Option<SsoCandidate>,
    /// The one of its confirmed address.
    pub of_address: Option<SsoCandidate>,
}

/// The account to sign in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsoAccount<'a> {
    Linked(UserId),
    /// It was made and no one ever signed in to it; the identity is linked to it.
    Unclaimed(UserId),
    /// It is made, and the identity is linked to it.
    New(&'a EmailAddress),
}

/// The account that has this identity; else, where the provider vouches for the address, the
/// account of the address that no one signs in to yet; else a new one.
///
/// Who signs in to an account already links the provider from inside it: an address alone, even a
/// verified one, may be given to someone else tomorrow.
///
/// # Errors
/// Where the address is not theirs for sure, its account is someone's who signs in to it in another
/// way, or the account is suspended.
pub fn decide_account<'a>(
    person: &'a SsoIdentity,
    candidates: &SsoCandidates,
) -> Result<SsoAccount<'a>, AccessRefusal> {
    if let Some(linked) = candidates.linked {
        return linked.unless_suspended().map(SsoAccount::Linked);
    }
    let email = person.confirmed_address()?;
    match candidates.of_address {
        None => Ok(SsoAccount::New(email)),
        Some(account) if account.is_in_use => Err(AccessRefusal::AccountNotLinked),
        Some(account) => account.unless_suspended().map(SsoAccount::Unclaimed),
    }
}

impl SsoCandidate {
    fn unless_suspended(self) -> Result<UserId, AccessRefusal> {
        if self.is_suspended { Err(AccessRefusal::AccountSuspended) } else { Ok(self.user) }
    }
}

/// Is a link made when `user` links an identity from inside their account? `owner` has it now.
///
/// # Errors
/// Where it opens another account.
pub fn decide_link(owner: Option<UserId>, user: UserId) -> Result<bool, AccessRefusal> {
    match owner {
        None => Ok(true),
        Some(owner) if owner == user => Ok(false),
        Some(_) => Err(AccessRefusal::IdentityTaken),
    }
}

/// May someone take the link to an identity back?
///
/// # Errors
/// Where they could not sign in without it.
pub fn decide_unlink(has_password: bool) -> Result<(), AccessRefusal> {
    if has_password { Ok(()) } else { Err(AccessRefusal::NoPassword) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const SAM: UserId = UserId(Uuid::from_u128(2));
    /// No one ever signed in to it.
    const UNCLAIMED: SsoCandidate =
        SsoCandidate { user: ADA, is_suspended: false, is_in_use: false };
    const IN_USE: SsoCandidate = SsoCandidate { is_in_use: true, ..UNCLAIMED };

    fn person(email: Option<&str>, email_verified: bool) -> SsoIdentity {
        SsoIdentity {
            identity: LinkedIdentity {
                issuer: "https://sso.example.com".to_string(),
                subject: "1".to_string(),
            },
            email: email.map(|email| EmailAddress::parse(email).expect("an address")),
            email_verified,
            name: PersonName::parse("Ada").expect("a name"),
            roles: Vec::new(),
        }
    }

    fn linked(linked: SsoCandidate) -> SsoCandidates {
        SsoCandidates { linked: Some(linked), of_address: None }
    }

    fn of_address(account: SsoCandidate) -> SsoCandidates {
        SsoCandidates { linked: None, of_address: Some(account) }
    }

    #[test]
    fn a_linked_identity_opens_its_account_whatever_the_address_is_now() {
        for person in [person(None, false), person(Some("new@example.com"), false)] {
            assert_eq!(decide_account(&person, &linked(IN_USE)), Ok(SsoAccount::Linked(ADA)));
        }
    }

    #[test]
    fn a_confirmed_address_without_an_account_makes_one() {
        let ada = person(Some("ada@example.com"), true);
        let account = decide_account(&ada, &SsoCandidates::default());
        assert_eq!(
            account,
            Ok(SsoAccount::New(&EmailAddress::parse("ada@example.com").expect("one")))
        );
    }

    #[test]
    fn a_confirmed_address_opens_the_account_that_no_one_signs_in_to() {
        let ada = person(Some("ada@example.com"), true);
        let account = decide_account(&ada, &of_address(UNCLAIMED));
        assert_eq!(account, Ok(SsoAccount::Unclaimed(ADA)));
    }

    #[test]
    fn an_account_that_is_in_use_is_linked_from_inside_only() {
        let ada = person(Some("ada@example.com"), true);
        let account = decide_account(&ada, &of_address(IN_USE));
        assert_eq!(account, Err(AccessRefusal::AccountNotLinked));
    }

    #[test]
    fn an_address_that_is_not_confirmed_opens_nothing_and_tells_nothing() {
        let ada = person(Some("ada@example.com"), false);
        for candidates in [SsoCandidates::default(), of_address(UNCLAIMED), of_address(IN_USE)] {
            let account = decide_account(&ada, &candidates);
            assert_eq!(account, Err(AccessRefusal::AddressNotConfirmed));
        }
    }

    #[test]
    fn without_an_address_no_account_is_made() {
        let nameless = person(None, false);
        let account = decide_account(&nameless, &SsoCandidates::default());
        assert_eq!(account, Err(AccessRefusal::AddressNotShared));
    }

    #[test]
    fn no_one_signs_in_to_a_suspended_account() {
        let ada = person(Some("ada@example.com"), true);
        for candidates in [
            linked(SsoCandidate { is_suspended: true, ..IN_USE }),
            of_address(SsoCandidate { is_suspended: true, ..UNCLAIMED }),
        ] {
            assert_eq!(decide_account(&ada, &candidates), Err(AccessRefusal::AccountSuspended));
        }
    }

    #[test]
    fn that_an_account_is_suspended_is_not_told_to_who_does_not_sign_in_to_it() {
        let ada = person(Some("ada@example.com"), true);
        let account = of_address(SsoCandidate { is_suspended: true, ..IN_USE });
        assert_eq!(decide_account(&ada, &account), Err(AccessRefusal::AccountNotLinked));
    }

    #[test]
    fn an_identity_is_linked_to_one_account() {
        assert_eq!(decide_link(None, ADA), Ok(true));
        assert_eq!(decide_link(Some(ADA), ADA), Ok(false));
        assert_eq!(decide_link(Some(SAM), ADA), Err(AccessRefusal::IdentityTaken));
    }

    #[test]
    fn the_only_way_to_sign_in_is_not_taken_back() {
        assert_eq!(decide_unlink(true), Ok(()));
        assert_eq!(decide_unlink(false), Err(AccessRefusal::NoPassword));
    }
}
