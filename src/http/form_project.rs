//! A form is carried out in the project that its page showed, or not at all: another tab, or a link
//! that was sent to them, may have led into another project meanwhile. Every form names its project
//! (`ui/components/for_project.rs`), and here is the one place that looks at it.

use crate::api::{
    AppError,
    request::{RequestAuth, other_project},
};
use wayfare_domain::query_string::{FOR_PROJECT, pairs};

/// What changes nothing in a project: who is signed in, one's own account, which project is looked
/// at and how.
const OF_NO_PROJECT: [&str; 5] = [
    "/api/ui/session/",
    "/api/ui/account/",
    "/api/ui/projects/switch",
    "/api/ui/columns/choose",
    "/sign-in/provider/link",
];

/// Does a form to this address name its project?
pub fn names_project(path: &str) -> bool {
    !OF_NO_PROJECT.iter().any(|start| path.starts_with(start))
}

/// The project that a form names, in a body of `application/x-www-form-urlencoded`.
pub fn named_in(body: &str) -> Option<String> {
    pairs(body).find(|(field, _)| field == FOR_PROJECT).map(|(_, project)| project)
}

/// `plain` for a form that a browser sends without a script: it has the field always. What a script
/// asks names things of its project, and the project where it makes new ones.
///
/// # Errors
/// Where the form was made for another project than the one that is looked at.
pub fn require(
    caller: &RequestAuth,
    path: &str,
    named: Option<&str>,
    plain: bool,
) -> Result<(), AppError> {
    let Some(project) = caller.project().filter(|_| names_project(path)) else { return Ok(()) };
    let fits = match named.filter(|named| !named.is_empty()) {
        Some(named) => named.parse() == Ok(project),
        None => !plain,
    };
    if fits { Ok(()) } else { Err(other_project()) }
}
