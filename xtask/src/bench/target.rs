//! The server that the engine's figures are taken from, as a program with a key sees it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{client::Client, process::Server};

/// Connections that send at the same time.
pub const CONNECTIONS: u64 = 8;
/// Longest wait for a figure.
const PATIENCE: Duration = Duration::from_secs(600);

/// A server with a key.
pub struct Target {
    pub server: Server,
    key: String,
}

impl Target {
    pub fn start(binary: &Path, journeys: usize) -> Result<Self> {
        Self::start_with(binary, journeys, &[])
    }

    /// With further flags.
    pub fn start_with(binary: &Path, journeys: usize, flags: &[&str]) -> Result<Self> {
        let server = Server::start_with(binary, journeys, flags)?;
        let form = "name=Bench&scopes[0]=ingest&scopes[1]=read&scopes[2]=operate&scopes[3]=enter&scopes[4]=erase&scopes[5]=profiles";
        let answer = Client::connect(&server.address)?.post("/api/ui/keys/create", form)?;
        Ok(Self { server, key: serde_json::from_slice(&answer.body).context("a key")? })
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn client(&self) -> Result<Client> {
        Client::connect(&self.server.address)
    }

    pub fn send(&self, client: &mut Client, path: &str, body: &Value) -> Result<()> {
        self.send_text(client, path, &body.to_string())
    }

    pub fn send_text(&self, client: &mut Client, path: &str, body: &str) -> Result<()> {
        let answer = client.post_json(path, &self.key, body)?;
        ensure!(
            answer.status < 300,
            "{path} answered {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        Ok(())
    }

    pub fn publish(&self, document: &Value) -> Result<String> {
        let mut client = self.client()?;
        let made = client.post_json("/api/v1/journeys", &self.key, &document.to_string())?;
        let id: Value = serde_json::from_slice(&made.body)?;
        let id = id["id"].as_str().with_context(|| format!("no journey: {id}"))?.to_string();
        self.send(
            &mut client,
            "/api/v1/journeys/operate",
            &json!({ "ids": [id], "action": "publish" }),
        )?;
        Ok(id)
    }

    /// Waits until a figure of the journey has come to a number.
    pub fn until(&self, journey: &str, figure: &str, number: u64) -> Result<()> {
        let mut client = self.client()?;
        let start = Instant::now();
        loop {
            let detail = client.get_json(&format!("/api/v1/journeys/{journey}"), &self.key)?;
            if detail["versions"][0]["figures"][figure].as_u64() >= Some(number) {
                return Ok(());
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "{figure} never came to {number}: {}",
                detail["versions"][0]["figures"]
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the engine has looked at every event.
    pub fn until_idle(&self) -> Result<()> {
        let mut client = self.client()?;
        let start = Instant::now();
        loop {
            // The figure is written once a round.
            std::thread::sleep(Duration::from_millis(250));
            let metrics = client.get_text("/api/v1/metrics", &self.key)?;
            let behind = metrics
                .lines()
                .find_map(|line| line.strip_prefix("wayfare_events_behind "))
                .context("a figure")?;
            if behind.trim() == "0" {
                return Ok(());
            }
            ensure!(start.elapsed() < PATIENCE, "the engine is {behind} events behind");
        }
    }

    /// Records by their numbers, from several connections at once.
    pub fn send_all(&self, path: &str, count: u64, of: impl Fn(u64) -> Value + Sync) -> Result<()> {
        let field = path.rsplit('/').next().unwrap_or_default();
        let each = count.div_ceil(CONNECTIONS);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CONNECTIONS)
                .map(|connection| {
                    let of = &of;
                    scope.spawn(move || {
                        let mut client = self.client()?;
                        let end = ((connection + 1) * each).min(count);
                        for start in (connection * each..end).step_by(500) {
                            let records: Vec<Value> =
                                (start..(start + 500).min(end)).map(of).collect();
                            self.send(&mut client, path, &json!({ field: records }))?;
                        }
                        Ok(())
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| {
                thread.join().map_err(|_| anyhow::anyhow!("a sender failed"))?
            })
        })
    }
}
