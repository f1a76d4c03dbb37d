//! Greedy and slow clients harm themselves alone: what they take is bounded, and others are served
//! beside them.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

use crate::support::{PASSWORD, Place, Server, session_in};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
/// The places of all clients, and those of one.
const UNRESERVED: usize = 3840;
const PER_CLIENT: usize = 1024;
/// Longest wait for what happens sooner.
const PATIENCE: Duration = Duration::from_secs(60);

fn with_accounts() -> Place {
    let place = Place::demo();
    place.account(ADA, "admin");
    place.account(BOB, "viewer");
    place
}

/// A connection from an address of this machine's loopback network, 127.0.0.`host`.
async fn connect_from(server: &Server, host: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, host], 0))).expect("an address of its own");
    let address = server.url.trim_start_matches("http://").parse().expect("an address");
    socket.connect(address).await.expect("connected")
}

/// What comes back for a request on a connection of its own, as far as it comes.
async fn ask_from(server: &Server, host: u8, path: &str, headers: &str) -> String {
    let mut stream = connect_from(server, host).await;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n");
    // A refusal may come before the request was sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request that is in hand for as long as its body does not come.
async fn occupy(server: &Server, host: u8, headers: &str) -> TcpStream {
    let mut stream = connect_from(server, host).await;
    let head = format!(
        "POST /api/ui/session/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: \
            application/x-www-form-urlencoded\r\n\
         Content-Length: 100\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// Has the server answered, or hung up?
fn is_over(stream: &TcpStream) -> bool {
    !matches!(stream.try_read(&mut [0; 64]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

fn is_refused(answer: &str) -> bool {
    // Hanging up on a request that is still being sent may take the refusal with it.
    answer.is_empty() || answer.starts_with("HTTP/1.1 429 ")
}

#[tokio::test]
async fn one_address_holds_no_more_than_a_quarter_of_the_places() {
    let place = Place::demo();
    let server = place.serve();
    let mut held = Vec::new();
    for _ in 0..PER_CLIENT {
        held.push(occupy(&server, 1, "").await);
    }
    let answer = ask_from(&server, 1, "/healthz", "").await;
    assert!(is_refused(&answer), "{answer}");
    let answer = ask_from(&server, 2, "/healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "others are served: {answer}");
    held.truncate(PER_CLIENT - 10);
    let began = Instant::now();
    while !ask_from(&server, 1, "/healthz", "").await.starts_with("HTTP/1.1 200 ") {
        assert!(began.elapsed() < PATIENCE, "what was given back is there again");
    }
}

#[tokio::test]
async fn silent_sockets_of_an_address_make_room_for_its_next_ones() {
    let place = Place::demo();
    let server = place.serve();
    let mut silent = Vec::new();
    for _ in 0..PER_CLIENT + 100 {
        silent.push(connect_from(&server, 1).await);
    }
    // Before their own time is up.
    let began = Instant::now();
    while !ask_from(&server, 1, "/healthz", "").await.starts_with("HTTP/1.1 200 ") {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "neighbours behind one address do not lock each other out"
        );
    }
    let open = silent.iter().filter(|stream| !is_over(stream)).count();
    assert!(open < PER_CLIENT, "{open} are open");
}

#[tokio::test]
async fn a_client_behind_a_trusted_proxy_has_as_many_requests_as_others_have_connections() {
    let place = with_accounts();
    let server = place.serve_with(&["--trusted-proxies", "127.0.0.1/32"]);
    let greedy = "X-Forwarded-For: 203.0.113.7\r\n";
    let mut held = Vec::new();
    // Some more than may be: what is asked in between takes a place from one of them.
    for _ in 0..PER_CLIENT + 50 {
        held.push(occupy(&server, 1, greedy).await);
    }
    // A request counts from when the server has read it.
    let began = Instant::now();
    let refused = loop {
        let answer = ask_from(&server, 1, "/sign-in", greedy).await;
        if answer.starts_with("HTTP/1.1 429 ") {
            break answer;
        }
        assert!(began.elapsed() < PATIENCE, "{answer:.80}");
        // Slow but steady, so that none of them is overdue before the last one is read; on a slow
        // machine the first ones are over all the same.
        for stream in &mut held {
            if is_over(stream) {
                *stream = occupy(&server, 1, greedy).await;
            }
            let _ = stream.write_all(b"x").await;
        }
        sleep(Duration::from_secs(1)).await;
    };
    assert!(refused.contains("retry-after: "), "{refused}");
    for other in ["X-Forwarded-For: 203.0.113.8\r\n", ""] {
        let answer = ask_from(&server, 1, "/sign-in", other).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{other}: {answer:.80}");
    }
    drop(held);
}

#[tokio::test]
async fn people_who_are_signed_in_and_signs_of_life_are_served_when_the_places_are_used_up() {
    let place = with_accounts();
    let server = place.serve();
    let session = session_in(&server.browser().sign_in(ADA, PASSWORD).await).expect("a session");
    let known = format!("Accept: text/html\r\nCookie: wayfare_session={session}\r\n");
    let mut held: Vec<(u8, TcpStream)> = Vec::new();
    for number in 0..UNRESERVED + 10 {
        let host = 11 + u8::try_from(number % 4).expect("a small number");
        held.push((host, occupy(&server, host, "").await));
    }
    let began = Instant::now();
    // On a slow machine the first ones are over before the last ones are there.
    let forged = loop {
        let stranger = ask_from(&server, 20, "/sign-in", "").await;
        let cookie = "Cookie: wayfare_session=nobodys\r\n";
        let forged = ask_from(&server, 22, "/journeys", cookie).await;
        if [&stranger, &forged].iter().all(|answer| answer.starts_with("HTTP/1.1 503 ")) {
            break forged;
        }
        assert!(began.elapsed() < PATIENCE, "only the reserve is left: {forged:.80}");
        for (host, stream) in &mut held {
            if is_over(stream) {
                *stream = occupy(&server, *host, "").await;
            }
        }
    };
    assert!(forged.contains("x-content-type-options: nosniff"), "{forged}");
    for path in ["/healthz", "/readyz"] {
        let answer = ask_from(&server, 21, path, "").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    let page = ask_from(&server, 22, "/journeys", &known).await;
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("Journeys"), "{page:.80}");
}

#[tokio::test]
async fn a_body_that_stops_coming_is_answered_with_408() {
    let place = Place::demo();
    let server = place.serve();
    let mut stream = occupy(&server, 1, "").await;
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("it is hung up on")
        .expect("in order");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_and_a_slow_one_beside_it_gets_everything() {
    const PAGES: usize = 20;
    let place = Place::journeys(200);
    let server = place.serve();
    let request = "GET /journeys?per=100 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n";
    let requests =
        format!("{request}\r\n").repeat(PAGES - 1) + request + "Connection: close\r\n\r\n";
    let mut dead = connect_from(&server, 1).await;
    dead.write_all(requests.as_bytes()).await.expect("sent");
    let mut slow = connect_from(&server, 1).await;
    slow.write_all(requests.as_bytes()).await.expect("sent");
    let mut received = Vec::new();
    let mut part = vec![0; 16 * 1024];
    let began = Instant::now();
    // Writing is how one learns of a reset without reading.
    while dead.try_write(b"\r\n").is_ok() {
        assert!(began.elapsed() < PATIENCE, "a reader that takes nothing holds its pages for ever");
        sleep(Duration::from_millis(500)).await;
        let count = slow.read(&mut part).await.expect("the slow one is served");
        received.extend_from_slice(&part[..count]);
    }
    slow.read_to_end(&mut received).await.expect("the slow one gets the rest");
    assert_eq!(String::from_utf8_lossy(&received).matches("</html>").count(), PAGES);
}

#[tokio::test]
async fn one_person_has_a_bounded_number_of_streams_of_changes() {
    let place = with_accounts();
    let server = place.serve();
    let (ada, bob) = (server.signed_in(ADA).await, server.signed_in(BOB).await);
    let mut streams = Vec::new();
    for _ in 0..32 {
        let stream = ada.get("/api/ui/changes").await;
        assert_eq!(stream.status(), 200);
        streams.push(stream);
    }
    let refused = ada.get("/api/ui/changes").await;
    assert!(refused.status() == 429 && refused.headers().contains_key("retry-after"));
    assert_eq!(bob.get("/api/ui/changes").await.status(), 200, "others have their own");
    streams.clear();
    let began = Instant::now();
    while ada.get("/api/ui/changes").await.status() != 200 {
        assert!(began.elapsed() < PATIENCE, "what was closed is free again");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn descriptors_are_raised_to_what_the_system_allows() {
    let place = Place::demo();
    let server = place.serve_with_few_descriptors(300);
    let mut held = Vec::new();
    for _ in 0..600 {
        held.push(occupy(&server, 1, "").await);
    }
    let answer = ask_from(&server, 2, "/healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// What a client of HTTP/2 begins with, that knows without being told (RFC 9113, 3.3 and 3.4).
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// How long it takes until the server has closed a connection that its client leaves open.
async fn closed_after(mut stream: TcpStream) -> Duration {
    let since = Instant::now();
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it is closed");
    since.elapsed()
}

#[tokio::test]
async fn a_client_of_http_2_is_hung_up_on_at_once_and_holds_no_place() {
    let place = Place::empty();
    let server = place.serve();
    for _ in 0..3 {
        let mut stream = connect_from(&server, 7).await;
        stream.write_all(HTTP_2).await.expect("sent");
        let held = closed_after(stream).await;
        assert!(held < Duration::from_secs(5), "{held:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_ask_for_nothing_more_hold_up_no_shutdown() {
    let place = Place::empty();
    let mut server = place.serve_with(&["--shutdown-seconds", "30"]);
    let silent = connect_from(&server, 8).await;
    let mut idle = connect_from(&server, 8).await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.expect("sent");
    assert!(idle.read(&mut [0; 1024]).await.expect("an answer") > 0);
    let since = Instant::now();
    let ended = tokio::task::spawn_blocking(move || server.terminate()).await.expect("joined");
    assert!(ended.success(), "{ended}");
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    drop(silent);
}
