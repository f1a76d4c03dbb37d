//! Requests that are malformed on the wire are told as what they are.

use crate::{
    hardening::{place, speak},
    support::Place,
};

#[tokio::test]
async fn a_request_for_two_hosts_is_malformed_and_nobody_guesses_which_was_meant() {
    let place = place();
    let server = place.serve();
    let address = server.url.trim_start_matches("http://").to_string();
    for path in ["/healthz", "/sign-in", "/api/v1/journeys", "/u/nobodys"] {
        for hosts in
            [[address.as_str(), "evil.example"], ["evil.example", &address], [address.as_str(); 2]]
        {
            let [first, second] = hosts;
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: {first}\r\nHost: {second}\r\n\
                    Connection: close\r\n\r\n"
            );
            let answer = speak(&server, &request).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{path} {hosts:?}: {answer:.80}");
        }
    }
}

#[tokio::test]
async fn a_body_whose_chunks_are_malformed_is_400_at_every_door_and_not_too_large() {
    let place = Place::empty();
    let server = place.serve();
    let address = server.url.trim_start_matches("http://").to_string();
    let program = crate::ingest::Program::new(&server).await;
    for path in [
        "/api/ui/journeys/operate",
        "/api/ui/session/sign-in",
        "/api/ui/editor/save",
        "/messages/html",
        "/api/v1/events",
        "/v1/track",
        "/1/upload",
        "/u/nobodys",
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\
                Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
            program.key()
        );
        let answer = speak(&server, &request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer:.200}");
    }
}
