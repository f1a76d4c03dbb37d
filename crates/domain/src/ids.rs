//! Identifiers. Each is a UUIDv7 in a type of its own, so that a label's id cannot be passed for a
//! journey's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is wrong with a piece of text that should have been an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{text}” is not a valid {kind} id. An id looks like 0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01."
)]
pub struct MalformedId {
    /// What the id would have named: "journey", "label"…
    pub kind: &'static str,
    /// The text as it came, shortened.
    pub text: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = "uuid"))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; ids made later sort later.
            #[cfg(feature = "server")]
            #[expect(clippy::new_without_default, reason = "a fresh id is not a default value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                // Only the hyphenated form: one thing, one spelling, in every URL.
                let malformed = || MalformedId { kind: $kind, text: text.chars().take(60).collect() };
                if text.len() != 36 {
                    return Err(malformed());
                }
                Uuid::try_parse(text).map(Self).map_err(|_| malformed())
            }
        }
    };
}

id!(/// The tenancy boundary.
    ProjectId, "project");
id!(/// The ID of an account, or of the local admin.
    UserId, "user");
id!(/// The ID of a journey. It never changes.
    JourneyId, "journey");
id!(/// The ID of one version of a journey.
    VersionId, "version");
id!(/// The ID of a label of a project.
    LabelId, "label");
id!(/// A saved filter of a project.
    SavedFilterId, "saved filter");
id!(/// The ID of an operation: an action on one or many journeys.
    OperationId, "operation");
id!(/// One sign-in on one device.
    SessionId, "session");
id!(/// A link by which someone joins a project.
    InvitationId, "invitation");
id!(/// A key with which a program speaks for a project.
    ApiKeyId, "API key");
id!(/// A file of people or events that was read in.
    ImportId, "import");

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(number)
            }
        }

        impl From<$name> for i64 {
            fn from(key: $name) -> i64 {
                key.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

// The store's own numbers of what it keeps by the million: short, ascending as things are made, and
// stable as long as those are there. Statements about many things are put together by them. What is
// published (`/api/v1`, exports, messages) names nothing by them.
key!(/// Of a project.
    ProjectKey);
key!(/// Of a journey.
    JourneyKey);
key!(/// Of one version of a journey.
    VersionKey);
key!(/// Of a profile.
    ProfileKey);
key!(/// Of a person's way through a version, from its entry to its exit.
    EnrolmentKey);
key!(/// Of a message in the outbox.
    MessageKey);

impl JourneyId {
    /// The random tail of the id: short enough for a column, long enough to tell journeys apart and
    /// to search for.
    pub fn short(&self) -> String {
        let text = self.0.simple().to_string();
        text[text.len() - 12..].to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_from_its_own_text() {
        let id = JourneyId(Uuid::from_u128(0x0190_a5c2_7b1e_7c3d_9a4f_5e6d_7c8b_9a01));
        assert_eq!(id.to_string().parse::<JourneyId>(), Ok(id));
    }

    #[test]
    fn a_malformed_id_is_refused_with_what_it_was_for() {
        for text in [
            "",
            "7",
            "not-an-id",
            "0190a5c27b1e7c3d9a4f5e6d7c8b9a01",
            "{0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a0}",
        ] {
            let error = text.parse::<JourneyId>().expect_err("refused");
            assert!(error.to_string().contains("journey id"), "{error}");
        }
    }
}
