//! Addresses of pages that have moved: links in bookmarks, chats and mails go on working.

use axum::{
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// Where a page was, and where it is. What follows the address stays.
const MOVED: [(&str, &str); 4] = [
    ("/people", "/team"),
    ("/trips", "/enrolments"),
    ("/keys", "/api-keys"),
    ("/channels/hooks", "/channels/webhooks"),
];

pub async fn redirect(uri: Uri) -> Response {
    let Some(target) = uri.path_and_query().and_then(|whole| new_address(whole.as_str())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, target)]).into_response()
}

fn new_address(address: &str) -> Option<String> {
    let moved = MOVED.iter().find_map(|(was, is)| Some((is, address.strip_prefix(was)?)));
    let (is, rest) = moved.filter(|(_, rest)| rest.is_empty() || rest.starts_with(['/', '?']))?;
    Some(format!("{is}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_an_address_moves_along() {
        for (was, is) in [
            ("/people", Some("/team")),
            ("/people?notice=saved", Some("/team?notice=saved")),
            ("/people/role?user=1&role=viewer", Some("/team/role?user=1&role=viewer")),
            ("/trips/7", Some("/enrolments/7")),
            ("/channels/hooks", Some("/channels/webhooks")),
            ("/peoples", None),
            ("/", None),
        ] {
            assert_eq!(new_address(was).as_deref(), is, "{was}");
        }
    }
}
