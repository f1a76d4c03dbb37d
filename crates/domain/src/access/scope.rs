//! What API keys may do. A key is made for some of these; one that browsers carry is made for
//! nothing else.

use std::str::FromStr;

use super::permissions::Permission;
use crate::error::FieldError;

/// What an API key was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    Ingest,
    Read,
    Operate,
    Enter,
    Erase,
    Profiles,
    /// Everybody who opens the page can read such a key: it sends, and changes no address and no
    /// consent of a known person (`crates/domain/src/profiles/sender.rs`).
    Browser,
}

impl Scope {
    pub const ALL: [Scope; 7] = [
        Scope::Ingest,
        Scope::Read,
        Scope::Operate,
        Scope::Enter,
        Scope::Erase,
        Scope::Profiles,
        Scope::Browser,
    ];

    pub const fn may(self, permission: Permission) -> bool {
        use Permission::{
            EditJourneys, EnterProfiles, EraseProfiles, IngestRecords, OperateJourneys,
            SeeJourneys, SeePersonalData,
        };
        match self {
            Scope::Ingest | Scope::Browser => matches!(permission, IngestRecords),
            Scope::Read => matches!(permission, SeeJourneys),
            Scope::Operate => matches!(permission, SeeJourneys | EditJourneys | OperateJourneys),
            Scope::Enter => matches!(permission, EnterProfiles),
            Scope::Erase => matches!(permission, EraseProfiles),
            Scope::Profiles => matches!(permission, SeePersonalData),
        }
    }

    pub fn key(self) -> &'static str {
        match self {
            Scope::Ingest => "ingest",
            Scope::Read => "read",
            Scope::Operate => "operate",
            Scope::Enter => "enter",
            Scope::Erase => "erase",
            Scope::Profiles => "profiles",
            Scope::Browser => "browser",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Scope::Ingest => "sends profiles and events",
            Scope::Read => {
                "reads journeys and their stats; profiles with masked addresses and without \
                    properties"
            }
            Scope::Operate => {
                "reads, creates, publishes, pauses, resumes, stops and archives journeys"
            }
            Scope::Enter => "enters people into journeys",
            Scope::Erase => "deletes profiles permanently",
            Scope::Profiles => "reads profiles with their addresses and properties",
            Scope::Browser => {
                "sends profiles and events from a browser; known profiles keep their addresses and \
                    consent"
            }
        }
    }

    /// The bit in the store.
    pub fn bit(self) -> i64 {
        1 << self as i64
    }

    /// The number in the store.
    pub fn to_bits(scopes: &[Self]) -> i64 {
        scopes.iter().fold(0, |bits, scope| bits | scope.bit())
    }

    pub fn of_bits(bits: i64) -> Vec<Self> {
        Scope::ALL.into_iter().filter(|scope| bits & scope.bit() != 0).collect()
    }

    /// May one key have all of these?
    ///
    /// # Errors
    /// Where there are none, or where browsers would carry more than the scope that is made for
    /// them.
    pub fn check(scopes: &[Self]) -> Result<(), FieldError> {
        if scopes.is_empty() {
            return Err(FieldError::new(
                "scopes",
                "required",
                "Choose at least one thing that the key may do.",
            ));
        }
        if scopes.contains(&Scope::Browser) && scopes.iter().any(|scope| *scope != Scope::Browser) {
            let sentence = "A browser key can only have the scope browser, because everyone who \
                opens the page can read it. Create two keys.";
            return Err(FieldError::new("scopes", "contradiction", sentence));
        }
        Ok(())
    }
}

impl FromStr for Scope {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Scope::ALL.into_iter().find(|scope| scope.key() == text).ok_or_else(|| {
            let known: Vec<&str> = Scope::ALL.into_iter().map(Scope::key).collect();
            FieldError::new(
                "scopes",
                "unknown_value",
                format!("That is not a scope. Use {}.", known.join(", ")),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_come_back_from_their_bits() {
        assert_eq!(
            Scope::of_bits(Scope::to_bits(&[Scope::Operate, Scope::Ingest, Scope::Operate])),
            vec![Scope::Ingest, Scope::Operate]
        );
        assert!(Scope::ALL.into_iter().all(
            |scope| scope.key().parse() == Ok(scope) && Scope::of_bits(scope.bit()) == [scope]
        ));
    }

    #[test]
    fn a_key_for_browsers_has_no_other_scope() {
        assert!(Scope::check(&[Scope::Browser]).is_ok());
        assert!(Scope::check(&[Scope::Ingest, Scope::Erase]).is_ok());
        for refused in [&[][..], &[Scope::Browser, Scope::Ingest], &[Scope::Erase, Scope::Browser]]
        {
            assert!(Scope::check(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn what_browsers_carry_may_send_and_nothing_else() {
        for permission in Permission::ALL {
            assert_eq!(
                Scope::Browser.may(permission),
                permission == Permission::IngestRecords,
                "{permission:?}"
            );
        }
    }
}
