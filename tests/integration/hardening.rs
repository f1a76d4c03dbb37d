//! What surrounds every answer: headers, limits, and what is believed of a request. A passive scan
//! is the first test.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{PASSWORD, Place, Server, session_in};

const ADA: &str = "ada@example.com";

pub fn place() -> Place {
    let place = Place::demo();
    place.account(ADA, "admin");
    place
}

/// The value of a header, or nothing.
fn value<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn every_kind_of_answer_has_the_headers_that_protect_it() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let pages = [
        "/journeys",
        "/team",
        "/api-keys",
        "/audit",
        "/projects",
        "/account",
        "/journeys/new",
        "/nothing",
        "/sign-in",
        "/setup",
        "/password/x",
    ];
    let others = [
        "/audit.csv",
        "/api/ui/journeys/list?query=",
        "/api/v1/journeys",
        "/healthz",
        "/pkg/nothing.js",
    ];
    for path in pages.into_iter().chain(others) {
        let answer = ada
            .client
            .get(format!("{}{path}", server.url))
            .header("accept", "text/html")
            .send()
            .await
            .expect("an answer");
        let headers = answer.headers();
        let policy = value(headers, "content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {part} in {policy}");
        }
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval' "),
            "{path}: {policy}"
        );
        for (name, wanted) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(value(headers, name), wanted, "{path}: {name}");
        }
        assert!(value(headers, "permissions-policy").contains("geolocation=()"), "{path}");
        assert!(
            headers.get("server").is_none() && headers.get("x-powered-by").is_none(),
            "{path} names no program"
        );
        assert!(headers.get("access-control-allow-origin").is_none(), "{path} is for this site");
        let kept = value(headers, "cache-control");
        assert!(
            path == "/healthz" || path.starts_with("/pkg/") || kept.contains("no-store"),
            "{path} is kept nowhere: {kept}"
        );
    }
}

#[tokio::test]
async fn every_script_and_style_of_a_page_is_the_sites_own_or_carries_the_nonce() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let mut nonces = Vec::new();
    let journey = ada.ids("status=running").await[0].clone();
    for path in [
        "/journeys".to_string(),
        format!("/journeys/{journey}"),
        "/team".to_string(),
        "/audit".to_string(),
    ] {
        let answer = ada
            .client
            .get(format!("{}{path}", server.url))
            .header("accept", "text/html")
            .send()
            .await
            .expect("an answer");
        let policy = value(answer.headers(), "content-security-policy").to_string();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .expect("a nonce")
            .to_string();
        let page = answer.text().await.expect("text");
        for script in page.split("<script").skip(1).filter_map(|rest| rest.split('>').next()) {
            assert!(
                script.contains(&format!("nonce=\"{nonce}\"")) || script.contains("src=\"/pkg/"),
                "{path}: <script{script}>"
            );
        }
        for sign in [" style=\"", "javascript:", " onclick=", " onload=", "<style"] {
            assert!(!page.contains(sign), "{path}: {sign}");
        }
        nonces.push(nonce);
    }
    let count = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), count, "a nonce is used once");
}

#[tokio::test]
async fn a_forged_form_is_refused_even_with_the_right_cookie() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let forge = async |headers: &[(&str, &str)]| {
        let mut request = ada
            .client
            .post(format!("{}/api/ui/journeys/operate", server.url))
            .form(&[("action", "pause"), ("matching", "?status=running")]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer").status().as_u16()
    };
    let port = server.url.rsplit(':').next().expect("a port").to_string();
    let sister = format!("http://localhost:{port}");
    let over_tls = format!("https://127.0.0.1:{port}");
    for headers in [
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", sister.as_str())],
        // The same name and port, but another scheme: anybody between here and there could have
        // written that page, or does TLS.
        vec![("origin", over_tls.as_str())],
        vec![("origin", over_tls.as_str()), ("sec-fetch-site", "same-origin")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site"), ("origin", "https://other.example.com")],
    ] {
        assert_eq!(forge(&headers).await, 403, "{headers:?}");
    }
    assert_eq!(ada.list("status=paused").await["total"], 8, "nothing was changed");
    assert_eq!(
        forge(&[("origin", server.url.as_str()), ("sec-fetch-site", "same-origin")]).await,
        200
    );
}

#[tokio::test]
async fn a_page_without_tls_is_another_site_where_people_come_over_tls() {
    let place = place();
    let server = place.serve_with(&[
        "--trusted-proxies",
        "127.0.0.1/32",
        "--public-url",
        "https://wayfare.example.com",
    ]);
    let sign_in = async |headers: &[(&str, &str)]| {
        let form = [("email", ADA), ("password", PASSWORD)];
        let mut request = server
            .browser()
            .client
            .post(format!("{}/api/ui/session/sign-in", server.url))
            .form(&form);
        for (name, value) in [("host", "wayfare.example.com")].iter().chain(headers) {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer").status().as_u16()
    };
    for proto in ["https", "http", ""] {
        let proto = ("x-forwarded-proto", proto);
        assert_eq!(
            sign_in(&[proto, ("origin", "http://wayfare.example.com")]).await,
            403,
            "{proto:?}"
        );
        assert_eq!(
            sign_in(&[proto, ("origin", "http://wayfare.example.com"), ("sec-fetch-site", "none")])
                .await,
            403
        );
        assert_eq!(sign_in(&[proto, ("origin", "https://wayfare.example.com:8443")]).await, 403);
        assert_eq!(
            sign_in(&[proto, ("origin", "https://wayfare.example.com")]).await,
            200,
            "{proto:?}"
        );
    }
}

#[tokio::test]
async fn a_function_that_changes_something_is_not_reached_by_a_link() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let trace = ada
        .client
        .request(reqwest::Method::TRACE, format!("{}/journeys", server.url))
        .send()
        .await
        .expect("an answer");
    assert_eq!(trace.status(), 405);
    for path in [
        "/api/ui/journeys/operate?action=pause&matching=?",
        "/api/ui/session/sign-out",
        "/api/ui/account/sign-out-everywhere",
    ] {
        let status = ada.get(path).await.status().as_u16();
        assert!(matches!(status, 400 | 404 | 405), "{path}: {status}");
    }
    assert_eq!(ada.list("status=paused").await["total"], 8);
}

/// The first line of the answer to a request as it goes over the wire.
async fn first_line(server: &Server, request: &str) -> String {
    let address = server.url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let request = format!("{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_string()
}

#[tokio::test]
async fn methods_that_nothing_here_has_are_refused_to_everybody() {
    let place = place();
    let server = place.serve();
    for request in ["CONNECT a.example.com:1", "TRACE /journeys", "TRACE /healthz"] {
        let line = first_line(&server, request).await;
        assert!(line.starts_with("HTTP/1.1 405 "), "{request}: {line}");
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_does_its_work_once() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let invite = [("email", "bob@example.com"), ("role", "viewer")];
    let link: String = ada.post("people/invite", &invite).await.json().await.expect("a link");
    let secret = link.rsplit('/').next().expect("a secret");
    let join = [("link", secret), ("name", "Bob"), ("password", PASSWORD)];
    assert_eq!(server.browser().post("session/join-new", &join).await.status(), 200);
    assert_eq!(server.browser().post("session/join-new", &join).await.status(), 410);
    let journeys = ada.ids("status=running").await;
    let (_, first) = ada.operate("pause", &journeys[..2], &[]).await;
    let (_, again) = ada.operate("pause", &journeys[..2], &[]).await;
    assert_eq!((&first["report"]["changed"], &again["report"]["changed"]), (&2.into(), &0.into()));
}

#[tokio::test]
async fn what_proxies_say_is_believed_of_configured_ones_only() {
    let place = place();
    let stranger = place.serve();
    let sign_in = async |server: &Server| {
        let request =
            server.browser().client.post(format!("{}/api/ui/session/sign-in", server.url));
        let request =
            request.header("x-forwarded-for", "198.51.100.7").header("x-forwarded-proto", "https");
        let request = request
            .header("x-forwarded-host", "evil.example")
            .form(&[("email", ADA), ("password", PASSWORD)]);
        request.send().await.expect("an answer")
    };
    let answer = sign_in(&stranger).await;
    assert!(session_in(&answer).is_some(), "plain HTTP stays plain HTTP");
    assert!(answer.headers().get("strict-transport-security").is_none());
    let ada = stranger.signed_in(ADA).await;
    let log = ada.get("/audit.csv").await.text().await.expect("text");
    assert!(!log.contains("198.51.100.7"), "the address is the one that was seen");
    let link: String = {
        let request = ada
            .client
            .post(format!("{}/api/ui/people/invite", stranger.url))
            .header("x-forwarded-host", "evil.example");
        let answer = request
            .form(&[("email", "bob@example.com"), ("role", "viewer")])
            .send()
            .await
            .expect("an answer");
        answer.json().await.expect("a link")
    };
    assert!(link.starts_with(&stranger.url), "{link}");
    drop(stranger);

    let behind = place.serve_with(&[
        "--trusted-proxies",
        "127.0.0.1/32",
        "--public-url",
        "https://wayfare.example.com",
    ]);
    let request = behind.browser().client.post(format!("{}/api/ui/session/sign-in", behind.url));
    let request = request
        .header("host", "wayfare.example.com")
        .header("origin", "https://wayfare.example.com");
    let request = request
        .header("x-forwarded-for", "203.0.113.66, 198.51.100.7")
        .header("x-forwarded-proto", "https");
    let answer =
        request.form(&[("email", ADA), ("password", PASSWORD)]).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let cookie = value(answer.headers(), "set-cookie").to_string();
    assert!(cookie.starts_with("__Host-wayfare_session=") && cookie.contains("Secure"), "{cookie}");
    assert!(value(answer.headers(), "strict-transport-security").contains("max-age=31536000"));
    let session = cookie.split(';').next().expect("a cookie");
    let request =
        behind.browser().client.get(format!("{}/audit.csv", behind.url)).header("cookie", session);
    let log = request
        .header("host", "wayfare.example.com")
        .header("x-forwarded-proto", "https")
        .send()
        .await
        .expect("an answer");
    let log = log.text().await.expect("text");
    assert!(
        log.contains("198.51.100.7") && !log.contains("203.0.113.66"),
        "the nearest address that is no proxy of ours: {log}"
    );
}

#[tokio::test]
async fn a_foreign_host_is_refused_before_anything_else() {
    let place = place();
    let server = place.serve();
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "127.0.0.1:80@evil.example",
        "[::1]evil.example",
        "localhost:80/evil",
        "localhost:1, evil.example",
        "localhost:evil",
        "",
    ] {
        let answer = speak(
            &server,
            &format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        )
        .await;
        let page = speak(
            &server,
            &format!("GET /sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        )
        .await;
        assert!(
            page.starts_with("HTTP/1.1 421") || page.starts_with("HTTP/1.1 400"),
            "{host}: {page:.80}"
        );
        assert!(!answer.contains("wayfare_session"));
    }
}

/// Sends bytes as they are and answers what comes back.
pub async fn speak(server: &Server, request: &str) -> String {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("connected");
    // The server may have answered and hung up before all was sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn bodies_and_headers_have_limits() {
    let place = place();
    let server = place.serve();
    let ada = server.signed_in(ADA).await;
    let large = "x".repeat(2 * 1024 * 1024);
    assert_eq!(ada.post("filters/save", &[("saved_filter_name", &large)]).await.status(), 413);
    let key: String = ada
        .post("keys/create", &[("name", "Shop"), ("scopes[0]", "operate")])
        .await
        .json()
        .await
        .expect("a key");
    let request =
        ada.client.post(format!("{}/api/v1/journeys", server.url)).bearer_auth(&key).body(large);
    assert_eq!(request.send().await.expect("an answer").status(), 413);
    let header = format!(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n",
        "x".repeat(300_000)
    );
    let answer = speak(&server, &header).await;
    // Hanging up on what is still being sent may take the answer with it.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer:.80}");
    let many: String = (0..200).map(|number| format!("X-{number}: y\r\n")).collect();
    assert!(
        speak(&server, &format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"))
            .await
            .starts_with("HTTP/1.1 431")
    );
    assert_eq!(server.get("/healthz").await.status(), 200, "it serves on");
}

#[tokio::test]
async fn who_sends_headers_forever_is_hung_up_on() {
    let place = place();
    let server = place.serve();
    let answer = speak(&server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}
