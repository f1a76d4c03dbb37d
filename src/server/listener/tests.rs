//! The deadlines of a connection, with its requests and responses.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::StatusCode,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
};

use super::{
    ConnectionLimits, Connections, Deadlines, connection::converse, handle::EndOrder,
    watched::Socket,
};
use crate::http::TrustedProxies;

/// What fits into the pipe between client and server, in bytes.
const PIPE: usize = 4096;
const LARGE: usize = 64 * 1024;

impl Socket for DuplexStream {
    fn discard_unsent(&self) {}
}

fn router() -> Router {
    Router::new()
        .route("/small", get(|| async { "here you are" }))
        .route("/large", get(|| async { Bytes::from(vec![b'x'; LARGE]) }))
        .route(
            "/quiet",
            get(|| async {
                Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>())
            }),
        )
        .route("/body", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/unread", post(|| async { StatusCode::PAYLOAD_TOO_LARGE }))
}

/// No deadline, but for those that a test sets.
fn deadlines() -> Deadlines {
    let never = Duration::from_secs(3600);
    Deadlines {
        first_request: never,
        first_request_in_reserve: never,
        head: never,
        body: never,
        response: never,
        slow_reader: never,
        idle: never,
        undisturbed: never,
        check_interval: Duration::from_millis(10),
    }
}

/// A deadline that passes while a test waits for it.
const SOON: Duration = Duration::from_millis(100);
/// One that is many times as long as the pauses of anyone who is slow but steady, and shorter than
/// all of them together.
const STEADY: Duration = Duration::from_secs(2);

/// A client, and the server's side of its connection until that ends.
struct Conversation {
    client: DuplexStream,
    server: JoinHandle<()>,
}

impl Conversation {
    fn begin(deadlines: Deadlines) -> Self {
        let limits = ConnectionLimits { deadlines, ..ConnectionLimits::new(16) };
        let connections = Connections::new(limits, TrustedProxies::default());
        let (client, socket) = tokio::io::duplex(PIPE);
        let peer = SocketAddr::from(([192, 0, 2, 1], 4000));
        let slot = connections.admit(peer).expect("a place");
        let server = tokio::spawn(async move {
            tokio::select! {
                _ = converse(socket, peer, router(), slot.handle()) => {}
                () = connections.look_after() => {}
            }
        });
        Self { client, server }
    }

    async fn send(&mut self, text: &str) {
        self.client.write_all(text.as_bytes()).await.expect("sent");
    }

    async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
    }

    /// The server ends the connection, though the client does not.
    async fn ends(self) {
        let _open = self.client;
        tokio::time::timeout(Duration::from_secs(60), self.server)
            .await
            .expect("it ends")
            .expect("in order");
    }

    async fn rest(&mut self) -> String {
        let mut text = Vec::new();
        let _ = self.client.read_to_end(&mut text).await;
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[tokio::test]
async fn a_connection_that_brings_no_request_in_time_ends() {
    let silent = Conversation::begin(Deadlines { first_request: SOON, ..deadlines() });
    silent.ends().await;
    let mut unfinished = Conversation::begin(Deadlines { first_request: SOON, ..deadlines() });
    unfinished.send("GET /small HTTP/1.1\r\nHost: ").await;
    unfinished.ends().await;
}

#[tokio::test]
async fn a_later_request_has_to_be_whole_in_time_as_well() {
    let mut unfinished = Conversation::begin(Deadlines { head: SOON, ..deadlines() });
    unfinished.get("/small").await;
    let mut part = [0; 1024];
    let count = unfinished.client.read(&mut part).await.expect("an answer");
    assert!(part[..count].starts_with(b"HTTP/1.1 200 "));
    unfinished.send("GET /small HTTP/1.1\r\nHost: ").await;
    unfinished.ends().await;
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_more_ends() {
    let mut idle = Conversation::begin(Deadlines { idle: SOON, ..deadlines() });
    idle.get("/small").await;
    idle.ends().await;
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut() {
    let mut dead = Conversation::begin(Deadlines { response: SOON, ..deadlines() });
    dead.get("/large").await;
    dead.ends().await;
}

#[tokio::test]
async fn a_slow_but_steady_reader_gets_everything() {
    let mut slow = Conversation::begin(Deadlines { response: STEADY, ..deadlines() });
    slow.send("GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let mut received = Vec::new();
    loop {
        tokio::time::sleep(STEADY / 40).await;
        let mut part = [0; 1000];
        match slow.client.read(&mut part).await.expect("a part") {
            0 => break,
            count => received.extend_from_slice(&part[..count]),
        }
    }
    assert_eq!(received.iter().filter(|byte| **byte == b'x').count(), LARGE);
}

#[tokio::test]
async fn a_body_that_stops_coming_is_answered_with_408() {
    let mut stuck = Conversation::begin(Deadlines { body: SOON, ..deadlines() });
    stuck
        .send("POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly this")
        .await;
    let answer = stuck.rest().await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("connection: close"),
        "{answer}"
    );
    stuck.ends().await;
}

#[tokio::test]
async fn a_slow_but_steady_body_arrives() {
    let mut slow = Conversation::begin(Deadlines { body: STEADY, ..deadlines() });
    slow.send(
        "POST /body HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 50\r\n\r\n",
    )
    .await;
    for _ in 0..50 {
        tokio::time::sleep(STEADY / 40).await;
        slow.send("x").await;
    }
    let answer = slow.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n50"), "{answer}");
}

#[tokio::test]
async fn a_stream_with_nothing_to_send_stays() {
    let soon = Deadlines {
        first_request: SOON,
        head: SOON,
        body: SOON,
        response: SOON,
        idle: SOON,
        ..deadlines()
    };
    let mut quiet = Conversation::begin(soon);
    quiet.get("/quiet").await;
    tokio::time::sleep(10 * SOON).await;
    assert!(!quiet.server.is_finished());
}

#[tokio::test]
async fn a_request_in_hand_is_answered_before_its_connection_gives_way() {
    let connections = Connections::new(ConnectionLimits::new(16), TrustedProxies::default());
    let peer = SocketAddr::from(([192, 0, 2, 1], 4000));
    let slot = connections.admit(peer).expect("a place");
    let handle = slot.handle().clone();
    let (mut client, socket) = tokio::io::duplex(PIPE);
    let server = tokio::spawn(async move { converse(socket, peer, router(), slot.handle()).await });
    client
        .write_all(b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n")
        .await
        .expect("sent");
    while handle.activity.is_waiting() {
        tokio::task::yield_now().await;
    }
    handle.end(EndOrder::GiveWay);
    // The order is heard before the rest of the request comes.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    client.write_all(b"ab").await.expect("sent");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("connection: close"),
        "{answer}"
    );
    server.await.expect("it ended").expect("in order");
}

#[tokio::test]
async fn who_is_answered_before_their_body_was_read_may_send_it_to_its_end_and_ask_again() {
    let mut talk = Conversation::begin(deadlines());
    let head = format!("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: {LARGE}\r\n\r\n");
    talk.send(&head).await;
    talk.send(&"x".repeat(LARGE)).await;
    talk.send("GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let answers = talk.rest().await;
    assert!(answers.starts_with("HTTP/1.1 413 ") && answers.ends_with("here you are"), "{answers}");
}

#[tokio::test]
async fn a_body_that_nobody_reads_and_that_does_not_end_ends_the_connection() {
    let mut stops = Conversation::begin(deadlines());
    stops.send("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx").await;
    stops.ends().await;
    let mut goes_on = Conversation::begin(deadlines());
    goes_on.send("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n").await;
    let mut sent = 0;
    while goes_on.client.write_all(&[b'x'; PIPE]).await.is_ok() {
        sent += PIPE;
    }
    assert!((30..40).contains(&(sent / 1024 / 1024)), "{sent} bytes were taken");
}
