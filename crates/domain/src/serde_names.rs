//! For tests of lists such as `Channel::ALL`: the names that a type reads, as its reader says them,
//! so that a variant that is missing from a list is found.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The names that are expected where `value` has one that is unknown; none where there is nothing
/// to name.
pub fn names_expected_by<T: DeserializeOwned>(value: Value) -> Vec<String> {
    let error = serde_json::from_value::<T>(value).err().expect("an unknown name").to_string();
    let (_, expected) = error.split_once(", ").expect("what is expected instead");
    expected.split('`').skip(1).step_by(2).map(str::to_string).collect()
}

/// Does `all` have every variant of its type, in their order?
pub fn assert_has_every_variant<T: Serialize + DeserializeOwned>(all: &[T]) {
    let keys: Vec<Value> =
        all.iter().map(|variant| serde_json::to_value(variant).expect("a key")).collect();
    assert_eq!(keys, names_expected_by::<T>(Value::from("?")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{entry::EntryRejection, exit_reason::ExitReason},
        journeys::{settings::EntryType, status::Status},
        messages::{event::MessageEventKind, message_status::MessageStatus},
        profiles::profile::Channel,
    };

    #[test]
    fn every_list_has_every_variant() {
        assert_has_every_variant(&Channel::ALL);
        assert_has_every_variant(&EntryType::ALL);
        assert_has_every_variant(&EntryRejection::ALL);
        assert_has_every_variant(&ExitReason::ALL);
        assert_has_every_variant(&MessageEventKind::ALL);
        assert_has_every_variant(&MessageStatus::ALL);
        assert_has_every_variant(&Status::ALL);
    }
}
