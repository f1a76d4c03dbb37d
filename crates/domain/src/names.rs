//! Text that people type: names and descriptions, with their limits. Any Unicode, quotes and markup
//! are welcome and come back as typed; only surrounding white space, control characters and excess
//! length are not.

use serde::{Deserialize, Serialize};

use super::error::FieldError;

/// Longest name of a journey, in characters.
pub const NAME_MAX: usize = 200;
/// Longest description of a journey, in characters (the reference product allows 120, reference
/// 3.7; we are more generous on the way in so that imports survive).
pub const DESCRIPTION_MAX: usize = 500;
/// Longest name of a label, in characters.
pub const LABEL_MAX: usize = 50;
/// Longest name of a saved filter, in characters.
pub const SAVED_FILTER_MAX: usize = 80;
/// Longest name of a person, in characters.
pub const PERSON_MAX: usize = 100;
/// Longest name of a project, in characters.
pub const PROJECT_MAX: usize = 80;
/// Longest name of an API key, in characters.
pub const KEY_MAX: usize = 80;
/// Longest search text, in characters.
pub const SEARCH_MAX: usize = 200;

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $field:literal, $max:ident, required: $required:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes what a person typed.
            ///
            /// # Errors
            /// When it is too long, holds control characters, or is blank where something is
            /// needed.
            pub fn parse(text: &str) -> Result<Self, FieldError> {
                clean(text, $field, $max, $required).map(Self)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = FieldError;
            fn try_from(text: String) -> Result<Self, FieldError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(/// The name of a journey.
    JourneyName, "name", NAME_MAX, required: true);
text!(/// What a journey is for; may be empty.
    Description, "description", DESCRIPTION_MAX, required: false);
text!(/// The name of a label.
    LabelName, "label", LABEL_MAX, required: true);
text!(/// The name of a saved filter.
    SavedFilterName, "saved_filter_name", SAVED_FILTER_MAX, required: true);

text!(/// What a person is called.
    PersonName, "name", PERSON_MAX, required: true);
text!(/// What a project is called.
    ProjectTitle, "project_name", PROJECT_MAX, required: true);
text!(/// What an API key is for.
    KeyName, "key_name", KEY_MAX, required: true);

impl JourneyName {
    /// "Clone of NAME", shortened at the end where the prefix would make it too long.
    pub fn clone_of(&self) -> Self {
        let text: String = format!("Clone of {}", self.0).chars().take(NAME_MAX).collect();
        Self(text.trim_end().to_string())
    }
}

/// How names are compared in search and sorting: without regard to case.
pub fn search_key(text: &str) -> String {
    text.to_lowercase()
}

fn clean(text: &str, field: &str, max: usize, required: bool) -> Result<String, FieldError> {
    let text = text.trim();
    let what = field.replace('_', " ");
    if required && text.is_empty() {
        return Err(FieldError::new(field, "required", format!("Enter a {what}.")));
    }
    let length = text.chars().count();
    if length > max {
        let sentence = format!(
            "The {what} has {length} characters; the limit is {max}. Shorten it and try again."
        );
        return Err(FieldError::new(field, "too_long", sentence));
    }
    // A description may have line breaks; nothing else that cannot be seen is kept.
    let hidden =
        |c: char| is_unprintable(c) && !(field == "description" && matches!(c, '\n' | '\r' | '\t'));
    if text.chars().any(hidden) {
        let sentence = format!(
            "The {what} contains a control character (a line break, tab, null, or one that turns \
                the direction of the text). Remove it and try again."
        );
        return Err(FieldError::new(field, "control_character", sentence));
    }
    Ok(text.to_string())
}

/// Control characters, and those that turn the direction of what follows, so that a text reads as
/// another one (Unicode's UTR 36, 2.9). The marks that languages written from the right need stay.
pub fn is_unprintable(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_come_back_as_typed() {
        for name in [
            "<script>alert('x')</script>",
            "Ünïcode 🎉 “quotes” & 'more'",
            "a",
            "مرحبا",
            "%_\\ \"*",
        ] {
            assert_eq!(JourneyName::parse(name).map(|n| n.to_string()), Ok(name.to_string()));
        }
    }

    #[test]
    fn a_name_of_the_longest_length_fits_and_one_more_does_not() {
        assert!(JourneyName::parse(&"é".repeat(NAME_MAX)).is_ok());
        let error = JourneyName::parse(&"é".repeat(NAME_MAX + 1)).expect_err("too long");
        assert_eq!((error.path.as_str(), error.key.as_str()), ("name", "too_long"));
    }

    #[test]
    fn a_blank_name_is_refused_and_a_blank_description_is_not() {
        assert_eq!(JourneyName::parse(" \t ").expect_err("blank").key, "required");
        assert!(Description::parse("  ").is_ok());
    }

    proptest! {
        #[test]
        fn a_clone_of_any_name_has_a_valid_name(name in "\\PC{1,200}") {
            if let Ok(name) = JourneyName::parse(&name) {
                let clone = name.clone_of();
                prop_assert!(JourneyName::parse(clone.as_str()).is_ok());
                prop_assert!(clone.as_str().starts_with("Clone of "));
            }
        }
    }
}
