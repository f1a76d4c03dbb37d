//! The least that could be done: a loop that hands messages to lettre or reqwest, as many at once
//! as Wayfare does, without an outbox, send rules, templates or a record of anything. `cargo xtask
//! bench deliver` prints its figures beside ours.
//!
//! `bare-delivery sink mail|hooks` prints a port and takes everything, until its input ends.
//! `bare-delivery send mail|hooks PORT COUNT TOGETHER` prints messages a second.
#![expect(
    clippy::expect_used,
    reason = "a measurement that cannot be made has nothing better to do"
)]

mod sink;

use std::{sync::Arc, time::Instant};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::MultiPart,
    transport::smtp::PoolConfig,
};
use tokio::sync::Semaphore;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().expect("a provider");
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["sink", what] => sink::take(what).await,
        ["send", what, port, count, together] => {
            let number = |text: &str| text.parse::<usize>().expect("a number");
            let (port, count, together) = (number(port), number(count), number(together));
            let start = Instant::now();
            match *what {
                "mail" => mail(port, count, together).await,
                _ => hooks(port, count, together).await,
            }
            println!("{:.0}", count as f64 / start.elapsed().as_secs_f64());
        }
        _ => {}
    }
}

async fn mail(port: usize, count: usize, together: usize) {
    let pool = PoolConfig::new().max_size(together as u32);
    let port = u16::try_from(port).expect("a port");
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(port)
        .pool_config(pool)
        .build();
    at_once(count, together, move |number| {
        let transport = transport.clone();
        async move {
            let text = format!("Hello P{number}, welcome.");
            let html = format!("<html><body><p>Hello P{number}, welcome.</p></body></html>");
            let message = Message::builder()
                .from("Shop <shop@example.com>".parse().expect("an address"))
                .to(format!("p{number}@example.com").parse().expect("an address"))
                .message_id(Some(format!("<{number}.bare@example.com>")))
                .subject(format!("Hello P{number}"))
                .multipart(MultiPart::alternative_plain_html(text, html))
                .expect("a message");
            transport.send(message).await.expect("sent");
        }
    })
    .await;
}

async fn hooks(port: usize, count: usize, together: usize) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    at_once(count, together, move |number| {
        let client = client.clone();
        async move {
            let request = client.post(format!("http://127.0.0.1:{port}/hook"));
            let request = request
                .header("content-type", "application/json")
                .header("idempotency-key", format!("{number}.bare"));
            let answer = request
                .body(format!("{{\"who\": \"P{number}\"}}"))
                .send()
                .await
                .expect("an answer");
            answer.bytes().await.expect("a body");
        }
    })
    .await;
}

async fn at_once<F: Future<Output = ()> + Send + 'static>(
    count: usize,
    together: usize,
    one: impl Fn(usize) -> F,
) {
    let permits = Arc::new(Semaphore::new(together));
    for number in 0..count {
        let permit = Arc::clone(&permits).acquire_owned().await.expect("a permit");
        let sending = one(number);
        tokio::spawn(async move {
            sending.await;
            drop(permit);
        });
    }
    let _all = permits.acquire_many(together as u32).await.expect("all are back");
}
