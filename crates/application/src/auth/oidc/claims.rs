//! What the provider says of a person, and which of two sources is believed.

use std::collections::HashMap;

use serde_json::Value;

/// What one source says: the ID token, which is signed, or UserInfo, which is not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdentityClaims {
    pub email: Option<String>,
    /// Of the address beside it, and of no other.
    pub email_verified: Option<bool>,
    pub name: Option<String>,
    /// Everything beyond the standard claims.
    pub further: HashMap<String, Value>,
}

impl IdentityClaims {
    /// The signed claims, with what they do not tell filled in from UserInfo. An address and
    /// whether it is verified come from one source together: a flag that was said of one address
    /// says nothing of another.
    pub fn completed_by(mut self, user_info: Self) -> Self {
        if self.email.is_none() {
            (self.email, self.email_verified) = (user_info.email, user_info.email_verified);
        }
        self.name = self.name.or(user_info.name);
        for (claim, value) in user_info.further {
            self.further.entry(claim).or_insert(value);
        }
        self
    }

    /// Has the provider seen that the address is this person's?
    pub fn is_verified(&self) -> bool {
        self.email.is_some() && self.email_verified == Some(true)
    }

    /// The values of a claim: by its name, or by a path through objects.
    pub fn values(&self, name: &str) -> Vec<String> {
        let mut parts = name.split('.');
        let found = self.further.get(name).or_else(|| {
            let first = self.further.get(parts.next()?)?;
            parts.try_fold(first, |value, part| value.get(part))
        });
        match found {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(values)) => {
                values.iter().filter_map(|value| value.as_str().map(str::to_string)).collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claimed(
        email: Option<&str>,
        email_verified: Option<bool>,
        further: Value,
    ) -> IdentityClaims {
        let further = serde_json::from_value(further).expect("claims");
        IdentityClaims { email: email.map(str::to_string), email_verified, name: None, further }
    }

    #[test]
    fn a_flag_is_never_read_beside_the_address_of_another_source() {
        let none = || json!({});
        for (token, info, email, verified) in [
            // What was wrong: the token's flag beside UserInfo's address.
            (
                claimed(Some("eve@x"), Some(true), none()),
                claimed(Some("ada@x"), None, none()),
                Some("eve@x"),
                true,
            ),
            (
                claimed(None, Some(true), none()),
                claimed(Some("ada@x"), None, none()),
                Some("ada@x"),
                false,
            ),
            (
                claimed(None, Some(true), none()),
                claimed(Some("ada@x"), Some(false), none()),
                Some("ada@x"),
                false,
            ),
            // And the other way about.
            (
                claimed(Some("ada@x"), None, none()),
                claimed(Some("eve@x"), Some(true), none()),
                Some("ada@x"),
                false,
            ),
            (
                claimed(Some("ada@x"), Some(false), none()),
                claimed(Some("ada@x"), Some(true), none()),
                Some("ada@x"),
                false,
            ),
            (
                claimed(Some("ada@x"), None, none()),
                claimed(None, Some(true), none()),
                Some("ada@x"),
                false,
            ),
            // Whole pairs.
            (
                claimed(None, None, none()),
                claimed(Some("ada@x"), Some(true), none()),
                Some("ada@x"),
                true,
            ),
            (
                claimed(Some("ada@x"), Some(true), none()),
                IdentityClaims::default(),
                Some("ada@x"),
                true,
            ),
            (claimed(None, Some(true), none()), claimed(None, Some(true), none()), None, false),
        ] {
            let shown = format!("{token:?} with {info:?}");
            let both = token.completed_by(info);
            assert_eq!((both.email.as_deref(), both.is_verified()), (email, verified), "{shown}");
        }
    }

    #[test]
    fn what_is_not_signed_adds_and_never_overrules() {
        let token = IdentityClaims {
            name: Some("Eve".into()),
            ..claimed(None, None, json!({"groups": ["staff"], "realm": {}}))
        };
        let info = IdentityClaims {
            name: Some("Ada".into()),
            ..claimed(
                None,
                None,
                json!({"groups": ["admins"], "realm": {"roles": ["admin"]}, "team": "shop"}),
            )
        };
        let both = token.completed_by(info);
        assert_eq!(both.name.as_deref(), Some("Eve"));
        assert_eq!(both.values("groups"), ["staff"]);
        assert!(both.values("realm.roles").is_empty());
        assert_eq!(both.values("team"), ["shop"]);
    }

    #[test]
    fn a_claim_is_found_by_name_or_by_path() {
        let claims = json!({"groups": ["a", 7, "b"], "role": "one", "realm_access": {"roles": ["deep"]}, "https://x.example/roles": ["odd"]});
        let claimed = claimed(None, None, claims);
        assert_eq!(claimed.values("groups"), ["a", "b"]);
        assert_eq!(claimed.values("role"), ["one"]);
        assert_eq!(claimed.values("realm_access.roles"), ["deep"]);
        assert_eq!(claimed.values("https://x.example/roles"), ["odd"]);
        assert!(claimed.values("nothing.here").is_empty());
    }
}
