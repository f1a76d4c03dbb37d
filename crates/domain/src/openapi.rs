//! What the description of the API says of types whose JSON is not the form that Rust has of them.
//! All others derive it where they stand.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, SchemaFormat,
        schema::{AdditionalProperties, Schema, Type},
    },
};

use crate::{
    graph::criteria::Criteria,
    names::{DESCRIPTION_MAX, Description, JourneyName, LABEL_MAX, LabelName, NAME_MAX},
    profiles::property_value::{DEPTH_MAX, KEY_MAX, LIST_MAX, PROPERTIES_MAX, TEXT_MAX},
    time::Timestamp,
};

/// Stands for [`crate::profiles::Properties`], which is a map of another crate.
pub struct Properties;

impl PartialSchema for Properties {
    fn schema() -> RefOr<Schema> {
        let limits = format!(
            "Properties by name: at most {PROPERTIES_MAX}, with names of up to {KEY_MAX} \
                characters, texts of up to {TEXT_MAX}, lists of up to {LIST_MAX} items and \
                values nested up to {DEPTH_MAX} deep. A text that is an instant (RFC 3339) is \
                compared as one."
        );
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(limits))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for Properties {}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant in the form of RFC 3339. Answers have it in UTC."))
            .into()
    }
}

impl ToSchema for Timestamp {}

/// What criteria can be, by the key of their one member.
const CRITERIA: [&str; 9] =
    ["all", "any", "not", "property", "did", "did_time", "in_segment", "on_list", "reachable"];

impl PartialSchema for Criteria {
    fn schema() -> RefOr<Schema> {
        let [others @ .., last] = CRITERIA.map(|key| format!("`{key}`"));
        let meaning = format!(
            "A boolean expression about one profile: an object with one member, {} or {last}. \
                docs/journey-json.md describes each.",
            others.join(", ")
        );
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(meaning))
            .min_properties(Some(1))
            .max_properties(Some(1))
            .into()
    }
}

impl ToSchema for Criteria {}

macro_rules! text {
    ($name:ident, $max:ident, $meaning:literal) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($meaning))
                    .max_length(Some($max))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

text!(JourneyName, NAME_MAX, "The name of a journey.");
text!(Description, DESCRIPTION_MAX, "What a journey is for; may be empty.");
text!(LabelName, LABEL_MAX, "The name of a label.");

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::serde_names::names_expected_by;

    #[test]
    fn the_description_of_criteria_names_every_kind() {
        assert_eq!(names_expected_by::<Criteria>(json!({ "?": null })), CRITERIA);
    }
}
