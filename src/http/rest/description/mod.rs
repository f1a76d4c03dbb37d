//! The description of the API (OpenAPI 3.1). Operations and types describe themselves where they
//! stand; here is what is about all of them. `docs/openapi.json` is the same text.

mod answers;
pub mod errors;
mod scopes;

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
        PathItem, ServerBuilder,
        extensions::Extensions,
        path::Operation,
        schema::{Object, ObjectBuilder, SchemaType, Type},
        tag::TagBuilder,
    },
};

use super::{Answer, errors::ErrorBody};
use crate::{api::AppError, http::routes};
use errors::ErrorResponse;

const SUMMARY: &str = "Send profiles and events, and operate journeys.";
const DESCRIPTION: &str = "Send an API key of the project with each request. Where a request \
    stores something, an answer that it went well means that it is on the disk. docs/rest.md has \
    the limits.";
/// The groups of operations.
const TAGS: [(&str, &str); 6] = [
    ("Profiles", "Profiles and events."),
    ("Segments", "Saved sets of criteria."),
    ("Journeys", "The list, one journey, and operations on journeys."),
    ("Metrics", "For the operation of the server."),
    ("Segment", "What code that was written for Segment sends."),
    ("CleverTap", "What code that was written for CleverTap sends."),
];

/// The description without operations, to which the routes add theirs.
pub fn frame() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0"));
    let info = InfoBuilder::new()
        .title("Wayfare")
        .version("1")
        .description(Some(DESCRIPTION))
        .license(Some(license.build()))
        // The builder does not have this field of OpenAPI 3.1 yet.
        .extensions(Some(Extensions::from_iter([("summary", SUMMARY)])));
    let server = ServerBuilder::new().url("/").description(Some("This server."));
    let tag = |(name, text)| TagBuilder::new().name(name).description(Some(text)).build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([server.build()]))
        .components(Some(components()))
        .tags(Some(TAGS.map(tag)))
        .build()
}

/// What operations refer to by its name, apart from their own types.
fn components() -> Components {
    let mut schemas = vec![(ErrorBody::name().into_owned(), ErrorBody::schema())];
    ErrorBody::schemas(&mut schemas);
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .responses_from_iter(ErrorResponse::all());
    let schemes = scopes::schemes().into_iter();
    schemes
        .fold(components, |components, (name, scheme)| components.security_scheme(name, scheme))
        .build()
}

/// Adds to a description with all operations what follows from them.
pub fn complete(mut description: OpenApi) -> OpenApi {
    description.paths.paths.values_mut().flat_map(operations_mut).for_each(scopes::tell);
    answers::close(&mut description);
    description
}

/// For ids that libraries send as numbers as well.
pub fn text_or_number() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number]))
        .description(Some("A text or a number."))
        .build()
}

/// The methods of a path with their operations.
pub fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let all = [
        ("GET", &item.get),
        ("PUT", &item.put),
        ("POST", &item.post),
        ("DELETE", &item.delete),
        ("OPTIONS", &item.options),
        ("HEAD", &item.head),
        ("PATCH", &item.patch),
        ("TRACE", &item.trace),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let common = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
    let rare = [&mut item.options, &mut item.head, &mut item.patch, &mut item.trace];
    common.into_iter().chain(rare).flatten()
}

/// The description as a text, which is the same as long as the program runs.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn text() -> Result<&'static str, &'static serde_json::Error> {
    static TEXT: LazyLock<Result<String, serde_json::Error>> =
        LazyLock::new(|| Ok(routes::description().to_pretty_json()? + "\n"));
    TEXT.as_deref()
}

/// Describes the API for programs that read descriptions.
pub async fn show() -> Answer<Response> {
    let text = text().map_err(|error| {
        tracing::error!(%error, "api.not_described");
        AppError::Internal
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::text;
    use crate::http::rest::batch::RECORDS_MAX;
    use wayfare_domain::{
        journeys::label::{LABEL_HUES, LABELS_PER_JOURNEY},
        profiles::{ingest_json::LISTS_MAX, ingest_record::ID_MAX, property_value::KEY_MAX},
    };

    /// A limit of a field of a schema.
    fn limit(document: &Value, schema: &str, field: &str, keyword: &str) -> Option<u64> {
        document["components"]["schemas"][schema]["properties"][field][keyword].as_u64()
    }

    #[test]
    fn the_limits_that_are_described_are_those_of_the_code() {
        let document: Value = serde_json::from_str(text().expect("a text")).expect("JSON");
        for (schema, field, keyword, limit_of_code) in [
            ("EventBatch", "events", "maxItems", RECORDS_MAX),
            ("ProfileBatch", "profiles", "maxItems", RECORDS_MAX),
            ("EntrantBatch", "people", "maxItems", RECORDS_MAX),
            ("SegmentBatch", "batch", "maxItems", RECORDS_MAX),
            ("CleverTapUpload", "d", "maxItems", RECORDS_MAX),
            ("Event", "identity", "maxLength", ID_MAX),
            ("Event", "anonymous_id", "maxLength", ID_MAX),
            ("Event", "message_id", "maxLength", ID_MAX),
            ("Event", "name", "maxLength", KEY_MAX),
            ("Profile", "identity", "maxLength", ID_MAX),
            ("Profile", "anonymous_id", "maxLength", ID_MAX),
            ("Profile", "lists", "maxItems", LISTS_MAX),
            ("Entrant", "identity", "maxLength", ID_MAX),
            ("Entrant", "anonymous_id", "maxLength", ID_MAX),
            ("JourneyDocument", "labels", "maxItems", LABELS_PER_JOURNEY),
            ("Label", "hue", "maximum", usize::from(LABEL_HUES) - 1),
        ] {
            let described = limit(&document, schema, field, keyword);
            assert_eq!(described, u64::try_from(limit_of_code).ok(), "{schema}.{field}");
        }
    }
}
