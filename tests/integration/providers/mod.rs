//! Providers to send to: a real SMTP server in a process of its own, and receivers that speak HTTP
//! as the providers do and misbehave on request.

pub mod http;
pub mod smtp;

use std::{net::SocketAddr, process::Command, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{io::AsyncReadExt, net::TcpListener};
use wayfare_delivery::channels::EgressClient;

/// The outside, with this machine in it.
pub fn outside() -> EgressClient {
    EgressClient::new(vec!["127.0.0.0/8".parse().expect("a network")]).expect("a client")
}

/// An RSA key as a service account has one, private in PEM and public in DER. Made by Node, which
/// the SMTP server needs anyway.
pub fn rsa_key() -> (String, Vec<u8>) {
    let script = "const { privateKey, publicKey } = \
        require('node:crypto').generateKeyPairSync('rsa', { modulusLength: 2048, \
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'pkcs1', \
        format: 'der' } }); \
        process.stdout.write(privateKey + '|' + publicKey.toString('base64'))";
    let made = Command::new("node").args(["-e", script]).output().expect("Node.js runs");
    let text = String::from_utf8(made.stdout).expect("text");
    let (private, public) = text.split_once('|').expect("two keys");
    (private.to_string(), STANDARD.decode(public).expect("base64"))
}

/// A machine that accepts connections and resets them.
pub async fn resetting() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut some = [0; 16];
                let _ = stream.read(&mut some).await;
                let _ = stream.set_zero_linger();
            });
        }
    });
    address
}

/// A port at which nothing listens.
pub async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address")
}

/// Longer than any time-out of a test.
pub const NEVER: Duration = Duration::from_secs(3600);
