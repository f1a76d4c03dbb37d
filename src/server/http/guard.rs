//! Local mode trusts whoever can reach this machine's own address, so it makes sure that it is really this machine's own
//! browser: a foreign `Host` (DNS rebinding) and a foreign `Origin` (another site's form) are refused.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, Method, Response, StatusCode, header},
    middleware::Next,
};

use super::assets::plain;

pub async fn refuse_foreign_requests(request: Request, next: Next) -> Response<Body> {
    match refusal(&request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    }
}

fn refusal(request: &Request) -> Option<Response<Body>> {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str));
    if !host.is_some_and(is_this_machine) {
        return Some(plain(
            StatusCode::MISDIRECTED_REQUEST,
            "Wayfare runs in local mode and answers only on this machine's own addresses (localhost, 127.0.0.1, [::1]).\n",
        ));
    }
    let same_origin = match text(header::ORIGIN) {
        None => true,
        Some(origin) => origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host),
    };
    let cross_site = text(HeaderName::from_static("sec-fetch-site")).is_some_and(|site| site == "cross-site");
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !same_origin || (cross_site && !reads) {
        return Some(plain(
            StatusCode::FORBIDDEN,
            "This request comes from another site and was refused. Nothing was changed.\n",
        ));
    }
    None
}

/// `localhost`, 127.0.0.0/8 or `[::1]`, with or without a port.
fn is_this_machine(host: &str) -> bool {
    let name = if let Some(rest) = host.strip_prefix('[') {
        rest.split(']').next().unwrap_or("")
    } else {
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for host in ["localhost", "localhost:3000", "LOCALHOST:1", "127.0.0.1:3000", "127.9.9.9", "[::1]:3000", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.nip.io:3000",
            "192.168.1.5:3000",
            "[2001:db8::1]:80",
            "0.0.0.0",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
