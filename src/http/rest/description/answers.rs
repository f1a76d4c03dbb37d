//! What the server answers has no other fields than those described, and no defaults: what is left
//! out is not there. What it takes may have other fields where its type passes over them, and its
//! type says so itself.

use std::collections::BTreeSet;

use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    schema::{AdditionalProperties, ArrayItems},
};

use super::operations;

/// Says so of every object that answers have or refer to.
pub fn close(description: &mut OpenApi) {
    let mut names: Vec<String> = answered(description).iter_mut().flat_map(visit).collect();
    let mut seen = BTreeSet::new();
    let Some(components) = &mut description.components else { return };
    while let Some(name) = names.pop() {
        if let Some(schema) = components.schemas.get_mut(&name).filter(|_| seen.insert(name)) {
            names.extend(visit(schema));
        }
    }
}

/// The schemas of all answers: of the operations, and of the errors that they refer to.
fn answered(description: &OpenApi) -> Vec<RefOr<Schema>> {
    let operations = description.paths.paths.values().flat_map(operations);
    let own = operations.flat_map(|(_, operation)| operation.responses.responses.values());
    let shared = description.components.iter().flat_map(|components| components.responses.values());
    own.chain(shared)
        .filter_map(|response| match response {
            RefOr::T(response) => Some(response.content.values()),
            RefOr::Ref(_) => None,
        })
        .flatten()
        .filter_map(|content| match content {
            RefOr::T(content) => content.schema.clone(),
            RefOr::Ref(_) => None,
        })
        .collect()
}

/// Closes the objects in a schema; gives the names of the schemas that it refers to.
fn visit(schema: &mut RefOr<Schema>) -> Vec<String> {
    match schema {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next();
            name.map(str::to_string).into_iter().collect()
        }
        RefOr::T(schema) => visit_own(schema),
    }
}

fn visit_own(schema: &mut Schema) -> Vec<String> {
    match schema {
        Schema::Object(object) => {
            object.default = None;
            // An object without known properties is open: properties by name, a graph.
            if !object.properties.is_empty() && object.additional_properties.is_none() {
                let closed = AdditionalProperties::FreeForm(false);
                object.additional_properties = Some(Box::new(closed));
            }
            object.properties.values_mut().flat_map(visit).collect()
        }
        Schema::Array(array) => {
            let mut names: Vec<String> =
                array.prefix_items.iter_mut().flat_map(visit_own).collect();
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                names.extend(visit(items));
            }
            names
        }
        Schema::OneOf(one_of) => one_of.items.iter_mut().flat_map(visit).collect(),
        Schema::AllOf(all_of) => all_of.items.iter_mut().flat_map(visit).collect(),
        Schema::AnyOf(any_of) => any_of.items.iter_mut().flat_map(visit).collect(),
        // The enum may grow.
        _ => Vec::new(),
    }
}
