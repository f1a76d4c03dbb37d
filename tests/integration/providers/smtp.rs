//! The SMTP server of `end2end/support/smtp-sink.mjs`.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tempfile::TempDir;

/// The process; it ends with this value.
pub struct Sink {
    child: Child,
    pub port: u16,
    folder: TempDir,
}

/// A private authority and the certificate that it gave to `localhost`, in PEM files.
pub struct Certificates {
    folder: TempDir,
    pub authority: String,
}

impl Certificates {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
            .expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_string()]).expect("parameters");
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        std::fs::write(folder.path().join("cert.pem"), certificate.pem()).expect("written");
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("written");
        Self { authority: issuer.pem(), folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The flags that make the server use it.
    pub fn flags(&self) -> Vec<String> {
        vec!["--cert".to_string(), self.file("cert.pem"), "--key".to_string(), self.file("key.pem")]
    }
}

impl Sink {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(flags: &[String]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let modules = root.join("node_modules/smtp-server");
        assert!(
            modules.exists(),
            "the tools from npm are missing: `cargo xtask test` installs them, `npm ci` as well"
        );
        let folder = TempDir::new().expect("a folder");
        let mut child = Command::new("node")
            .arg(root.join("end2end/support/smtp-sink.mjs"))
            .arg(file_in(&folder))
            .args(flags)
            // It ends when the other end is closed, also where this process is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = lines
            .map_while(Result::ok)
            .find(|line| line.starts_with("listening on "))
            .expect("it listens");
        let port = line.rsplit(' ').next().and_then(|port| port.parse().ok()).expect("a port");
        Self { child, port, folder }
    }

    /// What it has acknowledged, in the order of arrival.
    pub fn messages(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(file_in(&self.folder)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a message")).collect()
    }
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("messages.jsonl")
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
