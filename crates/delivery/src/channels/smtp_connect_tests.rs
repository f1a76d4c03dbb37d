use std::{sync::Arc, time::Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::channels::{
    SendResult,
    mail::Mail,
    redact::Redactor,
    server_for_tests::{HOST, UNREAD_MAX, endless_handshakes, flood, serve, server_tls},
    smtp_pool::Pool,
    smtp_stream::ANSWER_MAX,
};

/// What a private authority has signed for the server of the test.
struct Certificates {
    authority: String,
    acceptor: TlsAcceptor,
}

impl Certificates {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
            .expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![HOST.to_string()]).expect("parameters");
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        let config = server_tls(&certificate, &key);
        Self { authority: issuer.pem(), acceptor: Arc::new(config).into() }
    }

    /// The other side of a server there, by STARTTLS.
    fn pool(&self, port: u16) -> Pool {
        Pool::new(self.server(port, TlsMode::Starttls))
    }

    fn server(&self, port: u16, security: TlsMode) -> Server {
        Server {
            outside: EgressClient::new(vec!["127.0.0.0/8".parse().expect("a network")])
                .expect("a client"),
            host: HOST.to_string(),
            port,
            security,
            tls: Some(SmtpTls::new(HOST, Some(&self.authority)).expect("an authority")),
            credentials: Some(Credentials::new("shop".to_string(), "secret".to_string())),
            hello: ClientId::Domain("here".to_string()),
        }
    }
}

fn mail() -> Mail {
    Mail {
        from: "news@shop.example".parse().expect("an address"),
        to: "ada@example.com".parse().expect("an address"),
        wire: "Subject: Hello\r\n\r\nHello\r\n.\r\n".to_string(),
    }
}

async fn expect(stream: &mut BufReader<TcpStream>, command: &str) {
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("a command");
    assert!(line.starts_with(command), "{line}");
}

/// A mail server up to STARTTLS, which it answers so.
async fn plain_part(socket: TcpStream, offer: &str, answer: &str) -> TcpStream {
    let mut stream = BufReader::new(socket);
    stream.write_all(b"220 mail.example ESMTP\r\n").await.expect("written");
    expect(&mut stream, "EHLO here\r\n").await;
    stream.write_all(offer.as_bytes()).await.expect("written");
    if !answer.is_empty() {
        expect(&mut stream, "STARTTLS\r\n").await;
        stream.write_all(answer.as_bytes()).await.expect("written");
    }
    stream.into_inner()
}

const OFFER: &str = "250-mail.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n";

/// The rest of a session: takes one message, and tells what it heard.
async fn encrypted_part(stream: impl AsyncRead + AsyncWrite + Unpin) -> Vec<String> {
    let (mut stream, mut heard) = (BufReader::new(stream), Vec::new());
    let mut line = String::new();
    // Whoever hangs up says no goodbye: an error then.
    while stream.read_line(&mut line).await.is_ok_and(|length| length > 0) {
        let said = std::mem::take(&mut line).trim_end().to_string();
        let answer = match said.split([' ', ':']).next() {
            Some("EHLO") => "250-mail.example\r\n250 AUTH PLAIN\r\n",
            Some("AUTH") => "235 welcome\r\n",
            Some("MAIL" | "RCPT") => "250 ok\r\n",
            Some("DATA") => "354 go on\r\n",
            Some(".") => "250 2.0.0 Ok: queued as 4F2A1\r\n",
            _ => "",
        };
        stream.write_all(answer.as_bytes()).await.expect("written");
        stream.flush().await.expect("written");
        heard.push(said);
    }
    heard
}

fn reason(error: &SmtpError) -> String {
    match error.handed(&Redactor::default(), 30) {
        SendResult::Deferred { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn after_starttls_a_session_goes_on_as_if_it_began() {
    let certificates = Certificates::new();
    let acceptor = certificates.acceptor.clone();
    let (port, served) = serve(|socket| async move {
        let socket = plain_part(socket, OFFER, "220 go ahead\r\n").await;
        encrypted_part(acceptor.accept(socket).await.expect("a handshake")).await
    })
    .await;
    let pool = certificates.pool(port);
    assert_eq!(pool.send(&mail()).await.expect("it is taken"), "2.0.0 Ok: queued as 4F2A1");
    drop(pool);
    let heard = served.await.expect("no panic");
    let commands: Vec<&str> =
        heard.iter().filter_map(|line| line.split([' ', ':']).next()).collect();
    assert_eq!(
        commands,
        ["EHLO", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "Subject", "", "Hello", "."]
    );
}

#[tokio::test]
async fn what_was_sent_along_with_the_answer_to_starttls_refuses_the_connection() {
    let certificates = Certificates::new();
    let acceptor = certificates.acceptor.clone();
    let (port, served) = serve(|socket| async move {
        let answer = "220 go ahead\r\n250-evil\r\n250 PIPELINING\r\n250 queued as FORGED\r\n";
        let socket = plain_part(socket, OFFER, answer).await;
        acceptor.accept(socket).await.is_ok()
    })
    .await;
    let error = certificates.pool(port).send(&mail()).await.expect_err("it is refused");
    assert!(matches!(error, SmtpError::Injected), "{error:?}");
    assert!(reason(&error).contains("sent more than its answer to STARTTLS"));
    assert!(!served.await.expect("no panic"), "there was a handshake");
}

#[tokio::test]
async fn what_is_sent_between_starttls_and_the_handshake_ends_the_connection() {
    let certificates = Certificates::new();
    let acceptor = certificates.acceptor.clone();
    let (port, served) = serve(|socket| async move {
        let mut socket = plain_part(socket, OFFER, "220 go ahead\r\n").await;
        // The handshake has begun, so the bytes come too late to be found before it.
        socket.peek(&mut [0; 1]).await.expect("a first byte");
        socket.write_all(b"250 queued as FORGED\r\n").await.expect("written");
        acceptor.accept(socket).await.is_ok()
    })
    .await;
    let error = certificates.pool(port).send(&mail()).await.expect_err("it is refused");
    assert!(reason(&error).starts_with("the mail server cannot be reached"), "{error:?}");
    assert!(!served.await.expect("no panic"), "there was a handshake");
}

#[tokio::test]
async fn a_greeting_without_an_end_is_told_with_the_servers_name() {
    let (port, served) = serve(|mut socket| async move {
        let mut sent = 0;
        while sent < 64 * ANSWER_MAX && socket.write_all(&[b'2'; 1024]).await.is_ok() {
            sent += 1024;
        }
    })
    .await;
    let error = Certificates::new().pool(port).send(&mail()).await.expect_err("it is too long");
    let sentence =
        "the mail server “127.0.0.1” sent more than an answer may have (64 KB, 200 lines)";
    assert_eq!(reason(&error), sentence);
    served.await.expect("no panic");
}

#[tokio::test]
async fn a_server_without_starttls_is_asked_for_nothing_else() {
    let (port, served) = serve(|socket| async move {
        let mut socket = plain_part(socket, "250-mail.example\r\n250 AUTH PLAIN\r\n", "").await;
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).await.expect("the end");
        rest
    })
    .await;
    let error = Certificates::new().pool(port).send(&mail()).await.expect_err("it is refused");
    assert!(matches!(error, SmtpError::NoEncryption), "{error:?}");
    assert!(served.await.expect("no panic").is_empty());
}

#[tokio::test]
async fn a_server_that_refuses_starttls_is_quoted() {
    let (port, served) = serve(|socket| plain_part(socket, OFFER, "454 4.7.0 not today\r\n")).await;
    let error = Certificates::new().pool(port).send(&mail()).await.expect_err("it is refused");
    assert_eq!(reason(&error), "the mail server refuses the connection (454 4.7.0 not today)");
    served.await.expect("no panic");
}

#[tokio::test]
async fn a_handshake_without_an_end_ends_the_connection_after_what_an_answer_may_have() {
    for (what, first, then) in endless_handshakes() {
        let since = Instant::now();
        let (port, served) = serve(async move |mut socket: TcpStream| {
            socket.write_all(&first).await.expect("it is read");
            flood(socket, &then).await
        })
        .await;
        let connected = Certificates::new().server(port, TlsMode::Tls).connect().await;
        assert!(matches!(connected, Err(SmtpError::Unreachable(_))), "{what}");
        let sent = served.await.expect("no panic");
        assert!(sent < UNREAD_MAX, "{what}: {sent} bytes");
        assert!(since.elapsed() < Duration::from_secs(8), "{what}: it was no time-out");
    }
}

#[tokio::test]
async fn a_handshake_that_never_begins_ends_the_connection_after_ten_seconds() {
    let since = Instant::now();
    let (port, served) = serve(async |mut socket: TcpStream| {
        let mut said = Vec::new();
        let _ = socket.read_to_end(&mut said).await;
    })
    .await;
    let connected = Certificates::new().server(port, TlsMode::Tls).connect().await;
    let error = connected.err().expect("there is no encryption");
    assert_eq!(reason(&error), "the mail server cannot be reached (it does not answer)");
    served.await.expect("the client has hung up");
    let held = since.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(25)).contains(&held), "{held:?}");
}
