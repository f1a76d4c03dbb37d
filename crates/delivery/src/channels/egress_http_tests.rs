use std::{sync::Arc, time::Instant};

use http::Response;
use rcgen::{CertificateParams, KeyPair};
use rustls::RootCertStore;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::*;
use crate::channels::{
    EgressClient, FailureScope, SendResult,
    egress_stream::RECEIVED_MAX,
    http::Endpoint,
    redact::Redactor,
    server_for_tests::{HOST, UNREAD_MAX, endless_handshakes, flood, serve, server_tls},
};

const TOO_LONG: &str = "the receiver sent more than an answer may have (256 KB)";
const INTERIM: &[u8] = b"HTTP/1.1 103 Early Hints\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

fn client(authorities: RootCertStore) -> EgressClient {
    let local = vec!["127.0.0.0/8".parse().expect("a network")];
    EgressClient::trusting(authorities, local).expect("a client")
}

fn plain() -> EgressClient {
    client(RootCertStore::empty())
}

/// What an endpoint makes of it: the body of an answer, or the reason why there is none.
async fn ask(outside: &EgressClient, url: &str) -> Result<String, String> {
    let endpoint = Endpoint {
        name: "the receiver",
        timeout: Duration::from_secs(60),
        address_of: FailureScope::Message,
        hushed: &Redactor::default(),
    };
    let request = HttpRequest::new(Method::POST, url.parse().expect("an address"));
    match endpoint.send(outside, request).await {
        Ok(answer) => Ok(answer.body),
        Err(SendResult::Deferred { reason, fault: FailureScope::Channel, .. }) => Err(reason),
        Err(other) => panic!("{other:?}"),
    }
}

/// Reads the head of a request; none where the connection ended.
async fn read_head(stream: &mut BufReader<TcpStream>) -> Option<()> {
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
    }
    Some(())
}

/// What an endpoint makes of a receiver that answers so, and then like that without end.
async fn flooded(first: &'static [u8], then: &'static [u8]) -> Result<String, String> {
    let (port, served) = serve(async move |socket| {
        let mut stream = BufReader::new(socket);
        read_head(&mut stream).await.expect("a request");
        stream.write_all(first).await.expect("it is read");
        flood(stream, then).await;
    })
    .await;
    let answered = ask(&plain(), &format!("http://{HOST}:{port}/")).await;
    // The connection is over: no one reads any more.
    served.await.expect("no panic");
    answered
}

#[tokio::test]
async fn interim_answers_without_end_end_the_request() {
    assert_eq!(flooded(b"", INTERIM).await, Err(TOO_LONG.to_string()));
}

#[tokio::test]
async fn a_head_without_an_end_ends_the_request() {
    let first = b"HTTP/1.1 200 OK\r\nx-long: ";
    assert_eq!(flooded(first, b"a").await, Err(TOO_LONG.to_string()));
}

#[tokio::test]
async fn a_body_that_is_mostly_frames_ends_the_request() {
    let first = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(flooded(first, b"00000001\r\na\r\n").await, Err(TOO_LONG.to_string()));
}

#[tokio::test]
async fn a_handshake_without_an_end_ends_the_request_after_what_an_answer_may_have() {
    for (what, first, then) in endless_handshakes() {
        let since = Instant::now();
        let (port, served) = serve(async move |mut socket: TcpStream| {
            socket.write_all(&first).await.expect("it is read");
            flood(socket, &then).await
        })
        .await;
        let answered = ask(&plain(), &format!("https://{HOST}:{port}/")).await;
        assert!(answered.is_err(), "{what}: {answered:?}");
        let sent = served.await.expect("no panic");
        assert!(sent < UNREAD_MAX, "{what}: {sent} bytes");
        assert!(since.elapsed() < Duration::from_secs(5), "{what}: it was no time-out");
    }
}

#[tokio::test]
async fn a_handshake_that_never_begins_ends_the_request_after_five_seconds() {
    let since = Instant::now();
    let (port, served) = serve(async move |mut socket: TcpStream| {
        // What the client says, until it hangs up.
        let mut said = Vec::new();
        let _ = socket.read_to_end(&mut said).await;
        since.elapsed()
    })
    .await;
    let answered = ask(&plain(), &format!("https://{HOST}:{port}/")).await;
    assert!(answered.is_err(), "{answered:?}");
    let held = served.await.expect("no panic");
    assert!((Duration::from_secs(4)..Duration::from_secs(15)).contains(&held), "{held:?}");
}

#[tokio::test]
async fn a_long_body_is_read_as_far_as_it_is_of_interest() {
    let answered = flooded(b"HTTP/1.1 200 OK\r\n\r\n", b"a").await.expect("an answer");
    assert_eq!(answered.len(), BODY_MAX);
}

#[tokio::test]
async fn an_interim_answer_before_the_answer_is_skipped() {
    let (port, _served) = serve(async |socket| {
        let mut stream = BufReader::new(socket);
        read_head(&mut stream).await.expect("a request");
        stream.write_all(&[INTERIM, ANSWER].concat()).await.expect("it is read");
        stream.read_u8().await
    })
    .await;
    let answered = ask(&plain(), &format!("http://{HOST}:{port}/")).await;
    assert_eq!(answered, Ok("fine".to_string()));
}

#[tokio::test]
async fn each_request_of_a_connection_has_an_answer_of_its_own_to_count() {
    const REQUESTS: usize = 6;
    // All requests go over the first connection: the server takes no other.
    let (port, served) = serve(async |socket| {
        let mut stream = BufReader::new(socket);
        let hints = INTERIM.repeat(RECEIVED_MAX / 2 / INTERIM.len());
        for _ in 0..REQUESTS {
            read_head(&mut stream).await.expect("a request");
            stream.write_all(&hints).await.expect("they are read");
            let done = b"HTTP/1.1 204 No Content\r\n\r\n";
            stream.write_all(done).await.expect("it is read");
        }
    })
    .await;
    let outside = plain();
    for _ in 0..REQUESTS {
        let answered = ask(&outside, &format!("http://{HOST}:{port}/")).await;
        assert_eq!(answered, Ok(String::new()));
    }
    served.await.expect("no panic");
}

/// A receiver that speaks HTTP/2, and the authorities that vouch for it.
struct Http2 {
    acceptor: TlsAcceptor,
    authorities: RootCertStore,
}

impl Http2 {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![HOST.to_string()]).expect("parameters");
        let certificate = params.self_signed(&key).expect("a certificate");
        let mut authorities = RootCertStore::empty();
        authorities.add(certificate.der().clone()).expect("a certificate");
        let mut config = server_tls(&certificate, &key);
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self { acceptor: Arc::new(config).into(), authorities }
    }

    /// What an endpoint makes of a receiver that does this with its first connection.
    async fn ask<F>(
        self,
        session: impl FnOnce(TlsStream<TcpStream>) -> F + Send + 'static,
    ) -> Result<String, String>
    where
        F: Future<Output = ()> + Send,
    {
        let (port, served) = serve(async move |socket| {
            session(self.acceptor.accept(socket).await.expect("TLS")).await;
        })
        .await;
        let outside = client(self.authorities);
        let answered = ask(&outside, &format!("https://{HOST}:{port}/")).await;
        drop(outside);
        served.await.expect("no panic");
        answered
    }

    /// The same of one that answers each stream so, from the first to the last.
    async fn answers(
        self,
        answer: impl Fn(usize, h2::server::SendResponse<Bytes>) + Send + 'static,
    ) -> Result<String, String> {
        self.ask(async move |stream| {
            let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
            let mut count = 0;
            while let Some(Ok((_, respond))) = connection.accept().await {
                answer(count, respond);
                count += 1;
            }
        })
        .await
    }

    /// The same of one that sends this frame without end.
    async fn floods(self, frame: &'static [u8]) -> Result<String, String> {
        self.ask(async move |mut stream| {
            // Its settings, empty.
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.expect("they are read");
            let (mut requests, answers) = tokio::io::split(stream);
            let reading = async {
                let _ = tokio::io::copy(&mut requests, &mut tokio::io::sink()).await;
            };
            tokio::join!(reading, flood(answers, frame));
        })
        .await
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered_and_large_answers_are_no_flood() {
    let answered = Http2::new().answers(|_, mut respond| {
        let interim = Response::builder().status(103).body(()).expect("an interim answer");
        respond.send_informational(interim).expect("it is sent");
        let mut body = respond.send_response(Response::new(()), false).expect("it is sent");
        body.send_data(vec![b'a'; 1024 * 1024].into(), true).expect("it is sent");
    });
    assert_eq!(answered.await.expect("an answer").len(), BODY_MAX);
}

#[tokio::test]
async fn a_request_that_http_2_refuses_unseen_is_sent_again() {
    let answered = Http2::new().answers(|count, mut respond| {
        if count < RETRIES_MAX {
            return respond.send_reset(h2::Reason::REFUSED_STREAM);
        }
        let mut body = respond.send_response(Response::new(()), false).expect("it is sent");
        body.send_data("fine".into(), true).expect("it is sent");
    });
    assert_eq!(answered.await, Ok("fine".to_string()));
}

#[tokio::test]
async fn interim_answers_without_end_end_the_request_over_http_2() {
    // HEADERS of stream 1, `:status: 103`.
    let frame = b"\0\0\x05\x01\x04\0\0\0\x01\x08\x03103";
    assert_eq!(Http2::new().floods(frame).await, Err(TOO_LONG.to_string()));
}

#[tokio::test]
async fn frames_that_make_the_client_write_end_the_request_as_well() {
    let ping = b"\0\0\x08\x06\0\0\0\0\x0012345678";
    assert_eq!(Http2::new().floods(ping).await, Err(TOO_LONG.to_string()));
}
