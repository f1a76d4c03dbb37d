//! How long API keys open anything: until they are revoked, until their end, and as long as
//! someone answers for them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::permissions::{Permission, Role};
use crate::{
    error::FieldError,
    time::{DAY_MS, Timestamp},
};

/// From so long before its end on, a key's page says that it ends soon.
const SOON_MS: i64 = 14 * DAY_MS;

/// What decides whether a key opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFacts {
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub keeper: Keeper,
}

/// Who answers for a key or an invitation: who made it, or took it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// Local mode, or the command line: anyone who owns the machine.
    Owner,
    Account {
        suspended: bool,
        /// In the key's project.
        role: Option<Role>,
    },
}

/// Under which name the history and the audit log have what a key does.
pub fn actor_name_of_key(key: &str) -> String {
    format!("API key {key}")
}

/// What a key is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    Good,
    EndsSoon,
    Expired,
    Revoked,
    /// Their account is suspended.
    KeeperSuspended,
    /// They may not manage the keys of the project any more, or are not in it.
    KeeperWithoutRight,
}

impl Keeper {
    /// May they still do what they answer for?
    pub fn may(self, permission: Permission) -> bool {
        match self {
            Keeper::Owner => true,
            Keeper::Account { suspended, role } => {
                !suspended && role.is_some_and(|role| role.allows(permission))
            }
        }
    }
}

impl KeyFacts {
    pub fn state(&self, now: Timestamp) -> KeyState {
        if self.revoked_at.is_some() {
            return KeyState::Revoked;
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return KeyState::Expired;
        }
        match self.keeper {
            Keeper::Account { suspended: true, .. } => KeyState::KeeperSuspended,
            keeper if !keeper.may(Permission::ManageKeys) => KeyState::KeeperWithoutRight,
            _ if self.expires_at.is_some_and(|end| end <= now.plus(SOON_MS)) => KeyState::EndsSoon,
            _ => KeyState::Good,
        }
    }
}

impl KeyState {
    pub fn opens(self) -> bool {
        matches!(self, KeyState::Good | KeyState::EndsSoon)
    }

    /// It would open again if someone else answered for it.
    pub fn waits_for_keeper(self) -> bool {
        matches!(self, KeyState::KeeperSuspended | KeyState::KeeperWithoutRight)
    }
}

/// How long a new key lasts, as the form offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyLifetime {
    Quarter,
    Year,
    #[default]
    Forever,
}

impl KeyLifetime {
    pub const ALL: [KeyLifetime; 3] =
        [KeyLifetime::Quarter, KeyLifetime::Year, KeyLifetime::Forever];

    pub fn key(self) -> &'static str {
        match self {
            KeyLifetime::Quarter => "90-days",
            KeyLifetime::Year => "1-year",
            KeyLifetime::Forever => "never",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            KeyLifetime::Quarter => "After 90 days",
            KeyLifetime::Year => "After a year",
            KeyLifetime::Forever => "Never",
        }
    }

    pub fn end(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            KeyLifetime::Quarter => Some(now.plus(90 * DAY_MS)),
            KeyLifetime::Year => Some(now.plus(365 * DAY_MS)),
            KeyLifetime::Forever => None,
        }
    }
}

impl FromStr for KeyLifetime {
    type Err = FieldError;

    /// Nothing said is no end.
    fn from_str(text: &str) -> Result<Self, FieldError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let sentence = "This is not a valid expiry. Use 90-days, 1-year or never.";
        let known = KeyLifetime::ALL.into_iter().find(|lifetime| lifetime.key() == text);
        known.ok_or_else(|| FieldError::new("lifetime", "unknown_value", sentence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn state(expires_at: Option<Timestamp>, keeper: Keeper) -> KeyState {
        KeyFacts { expires_at, revoked_at: None, keeper }.state(NOW)
    }

    #[test]
    fn a_key_opens_until_its_end() {
        assert_eq!(state(None, Keeper::Owner), KeyState::Good);
        assert_eq!(state(Some(NOW.plus(DAY_MS)), Keeper::Owner), KeyState::EndsSoon);
        assert_eq!(state(Some(NOW.plus(90 * DAY_MS)), Keeper::Owner), KeyState::Good);
        assert_eq!(state(Some(NOW), Keeper::Owner), KeyState::Expired);
        assert!(KeyState::EndsSoon.opens() && !KeyState::Expired.opens());
    }

    #[test]
    fn a_key_opens_nothing_without_somebody_who_may_manage_keys() {
        let of = |suspended, role| state(None, Keeper::Account { suspended, role });
        assert_eq!(of(false, Some(Role::Admin)), KeyState::Good);
        assert_eq!(of(true, Some(Role::Admin)), KeyState::KeeperSuspended);
        for role in [None, Some(Role::Viewer), Some(Role::Publisher)] {
            assert_eq!(of(false, role), KeyState::KeeperWithoutRight);
        }
    }

    #[test]
    fn what_is_revoked_is_revoked() {
        let facts = KeyFacts { expires_at: None, revoked_at: Some(NOW), keeper: Keeper::Owner };
        assert_eq!(facts.state(NOW), KeyState::Revoked);
    }

    #[test]
    fn a_lifetime_comes_back_from_its_key() {
        assert!(
            KeyLifetime::ALL.into_iter().all(|lifetime| lifetime.key().parse() == Ok(lifetime))
        );
        assert_eq!("".parse(), Ok(KeyLifetime::Forever));
        assert!("soon".parse::<KeyLifetime>().is_err());
    }
}
