//! Which keys may call an operation. A handler names the scopes, one alternative after the other:
//! `security(("key" = ["ingest"]), ("key" = ["browser"]))`. From that follow the places where the
//! key may stand, and a sentence.

use std::collections::BTreeMap;

use utoipa::openapi::{
    path::Operation,
    security::{
        ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
    },
};

/// The place that handlers name.
const KEY: &str = "key";
const SEGMENT: &str = "segment";
const CLEVERTAP: &str = "clevertap";

/// Where a request may have its key. Every operation takes it from each of them.
pub fn schemes() -> [(&'static str, SecurityScheme); 3] {
    let http = |scheme, text| {
        SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(text)).build())
    };
    let key = "An API key, `wf_…`. What it may do follows from its scopes, which each operation \
        names.";
    let passcode =
        ApiKeyValue::with_description("X-CleverTap-Passcode", "The API key is the passcode.");
    [
        (KEY, http(HttpAuthScheme::Bearer, key)),
        (
            SEGMENT,
            http(HttpAuthScheme::Basic, "The API key is the user name. The password is empty."),
        ),
        (CLEVERTAP, SecurityScheme::ApiKey(ApiKey::Header(passcode))),
    ]
}

/// Names every place of the key, and adds the sentence to the operation's description.
pub fn tell(operation: &mut Operation) {
    let alternatives: Vec<Vec<String>> =
        operation.security.iter().flatten().filter_map(scopes_of).collect();
    let everywhere = [KEY, SEGMENT, CLEVERTAP].into_iter().flat_map(|place| {
        alternatives.iter().map(move |scopes| SecurityRequirement::new(place, scopes.clone()))
    });
    let sentence = sentence(&alternatives);
    operation.security = Some(everywhere.collect());
    operation.description = Some(match operation.description.take() {
        Some(text) => format!("{text}\n\n{sentence}"),
        None => sentence,
    });
}

/// The scopes of one alternative, which its type keeps to itself.
fn scopes_of(requirement: &SecurityRequirement) -> Option<Vec<String>> {
    let value = serde_json::to_value(requirement).ok()?;
    let mut places: BTreeMap<String, Vec<String>> = serde_json::from_value(value).ok()?;
    places.remove(KEY)
}

/// "Needs the scope `ingest` or `browser`."
fn sentence(alternatives: &[Vec<String>]) -> String {
    let noun = if alternatives.iter().any(|scopes| scopes.len() > 1) { "scopes" } else { "scope" };
    let together = |scopes: &Vec<String>| {
        let scopes: Vec<String> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
        scopes.join(" and ")
    };
    let alternatives: Vec<String> = alternatives.iter().map(together).collect();
    let listed = match alternatives.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        all => all.concat(),
    };
    format!("Needs the {noun} {listed}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_what_has_to_be_together_and_what_has_not() {
        let needs = |alternatives: &[&[&str]]| {
            let owned = |scopes: &&[&str]| scopes.iter().map(|scope| scope.to_string()).collect();
            sentence(&alternatives.iter().map(owned).collect::<Vec<Vec<String>>>())
        };
        assert_eq!(needs(&[&["erase"]]), "Needs the scope `erase`.");
        assert_eq!(
            needs(&[&["profiles"], &["read"], &["operate"]]),
            "Needs the scope `profiles`, `read` or `operate`."
        );
        assert_eq!(
            needs(&[&["operate", "profiles"]]),
            "Needs the scopes `operate` and `profiles`."
        );
    }

    #[test]
    fn an_operation_takes_the_key_from_every_place() {
        let mut operation = Operation::new();
        operation.security = Some(vec![SecurityRequirement::new(KEY, ["erase"])]);
        operation.description = Some("For good.".to_string());
        tell(&mut operation);
        let places = schemes().map(|(name, _)| SecurityRequirement::new(name, ["erase"]));
        assert!(operation.security == Some(places.to_vec()));
        assert_eq!(operation.description.as_deref(), Some("For good.\n\nNeeds the scope `erase`."));
    }
}
