//! Where a request can send a browser on: to pages of ours, however the target is spelt.

use reqwest::{Response, Url};

use crate::support::{PASSWORD, Place, Server};

const ADA: &str = "ada@example.com";

/// Spellings that some browser reads as another site. Tabs and line breaks come percent-encoded in
/// a form or an address.
const ELSEWHERE: [&str; 20] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\u{0}/evil.example",
    "/\u{7f}/evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "/.//evil.example",
    "/..//evil.example",
    "/x/..//evil.example",
    "/%2e%2e//evil.example",
];

/// The page that a browser goes to, read as it reads it.
fn target(server: &Server, answer: &Response) -> Url {
    let location = answer.headers()["location"].to_str().expect("text");
    Url::parse(&server.url).expect("an address").join(location).expect("an address")
}

fn place() -> Place {
    let place = Place::demo();
    place.account(ADA, "admin");
    place
}

#[tokio::test]
async fn a_form_comes_back_to_a_page_of_ours_however_back_is_spelt() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    for back in ELSEWHERE {
        let answer = ada
            .plain("columns/choose", &[("columns[0]", "status"), ("back", back)], "/journeys")
            .await;
        assert_eq!(answer.headers()["location"], "/journeys", "{back:?}");
    }
    for (back, page) in [
        ("/api-keys?a=b%20c#d", "/api-keys?a=b%20c#d"),
        ("/%2f%2fevil.example", "/%2f%2fevil.example"),
    ] {
        let answer = ada
            .plain("columns/choose", &[("columns[0]", "status"), ("back", back)], "/journeys")
            .await;
        assert_eq!(answer.headers()["location"], page);
        assert_eq!(
            target(&server, &answer).origin(),
            Url::parse(&server.url).expect("an address").origin()
        );
    }
}

#[tokio::test]
async fn an_action_on_journeys_comes_back_to_a_page_of_ours() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    for back in ELSEWHERE {
        let answer = ada
            .plain(
                "journeys/operate",
                &[("action", "pause"), ("matching", "?q=x"), ("back", back)],
                "/journeys",
            )
            .await;
        assert_eq!(answer.status(), 303, "{back:?}");
        let target = target(&server, &answer);
        assert_eq!(target.host_str(), Some("127.0.0.1"), "{back:?}: {target}");
        assert_eq!(target.path(), "/journeys", "{back:?}");
    }
}

#[tokio::test]
async fn a_sign_in_goes_on_to_a_page_of_ours() {
    let place = place();
    let server = place.serve();
    // Nine of them: the tenth attempt would be the last for a while.
    for next in [4, 5, 6, 7, 0, 2, 13, 16, 17].map(|index: usize| ELSEWHERE[index]) {
        let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
        let answer = server.browser().plain("session/sign-in", &form, "/sign-in").await;
        assert_eq!(answer.headers()["location"], "/journeys", "{next:?}");
    }
}

#[tokio::test]
async fn a_sign_in_goes_on_to_no_address_of_ours_that_leads_elsewhere() {
    let place = place();
    let server = place.serve();
    for next in [
        "/t/c/a-link-of-a-message",
        "/u/a-link-of-a-message",
        "/hooks/token/mailgun",
        "/sign-in/provider",
        "/x/../t/c/a-link-of-a-message",
    ] {
        let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
        let answer = server.browser().plain("session/sign-in", &form, "/sign-in").await;
        assert_eq!(answer.headers()["location"], "/journeys", "{next:?}");
    }
}

#[tokio::test]
async fn the_page_that_a_form_came_from_is_one_of_ours() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let journey = ada.ids("status=running").await[0].clone();
    for from in ["//evil.example/x", "/\\evil.example", "/\t/evil.example", "/.//evil.example"] {
        let answer = ada.plain("journeys/preview-stop", &[("ids[0]", &journey)], from).await;
        assert_eq!(target(&server, &answer).path(), "/journeys", "{from:?}");
        // And where it did not work, the way back in the page.
        let page = ada
            .plain("journeys/preview-stop", &[("ids[0]", "nonsense")], from)
            .await
            .text()
            .await
            .expect("text");
        assert!(!page.contains("evil.example"), "{from:?}: {page}");
    }
}

#[tokio::test]
async fn cancel_leads_back_to_a_page_of_ours() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let journey = ada.ids("status=running").await[0].clone();
    for page in ["stop", "label"] {
        for back in [
            "https%3A%2F%2Fevil.example",
            "%2F%2Fevil.example",
            "%2F%09%2Fevil.example",
            "javascript%3Aalert(1)",
        ] {
            let (status, html) =
                ada.page(&format!("/journeys/{page}?ids[]={journey}&back={back}")).await;
            assert_eq!(status, 200);
            for (place, _) in html.match_indices("href=\"") {
                let target = html[place + 6..].split('"').next().expect("an address");
                assert!(
                    !target.contains("evil.example") && !target.starts_with("javascript"),
                    "{page}: {target}"
                );
            }
        }
    }
}
