//! The figures of the engine, over HTTP, on the release build, beside a bare SQLite program that writes the same rows in the
//! same run (DESIGN section 10).

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{client::Client, process::Server};
use crate::{
    server,
    shell::{call, output, root, step},
    toolchain::clean,
};

const CONNECTIONS: u64 = 8;
/// How long events are sent for each size of batch.
const SENDING: Duration = Duration::from_secs(4);
const PEOPLE: u64 = 100_000;
const LATE: u64 = 5_000;

pub fn run() -> Result<()> {
    let binary = server::measured()?;
    let bare = Bare::build(&binary)?;
    accepted(&binary, &bare)?;
    people(&binary, &bare)?;
    lateness(&binary)
}

/// The bare program, and a database for it.
struct Bare {
    program: std::path::PathBuf,
    database: std::path::PathBuf,
}

impl Bare {
    fn build(binary: &Path) -> Result<Self> {
        let words = ["build", "--locked", "--quiet", "--release", "--package", "bare-sqlite", "--target-dir", "target/bare"];
        step("compiling the bare program", || call(clean(Command::new("cargo")).args(words)))?;
        let program = root().join("target/bare/release/bare-sqlite");
        let database = std::env::temp_dir().join(format!("wayfare-bare-{}.db", std::process::id()));
        call(clean(Command::new(binary)).args(["migrate", "--database"]).arg(&database).stdout(std::process::Stdio::null()))?;
        Ok(Self { program, database })
    }

    fn per_second(&self, what: &str, rows: u64, batch: u64) -> Result<f64> {
        let text = output(Command::new(&self.program).arg(what).arg(&self.database).args([rows.to_string(), batch.to_string()]))?;
        text.trim().parse().context("the bare program prints a number")
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.database.display()));
        }
    }
}

/// A server with a key.
struct Target {
    server: Server,
    key: String,
}

impl Target {
    fn start(binary: &Path, journeys: usize) -> Result<Self> {
        let server = Server::start(binary, journeys)?;
        let form = "name=Bench&scopes[0]=ingest&scopes[1]=read&scopes[2]=operate";
        let answer = Client::connect(&server.address)?.post("/api/ui/keys/create", form)?;
        Ok(Self { server, key: serde_json::from_slice(&answer.body).context("a key")? })
    }

    fn client(&self) -> Result<Client> {
        Client::connect(&self.server.address)
    }

    fn send(&self, client: &mut Client, path: &str, body: &Value) -> Result<()> {
        self.send_text(client, path, &body.to_string())
    }

    fn send_text(&self, client: &mut Client, path: &str, body: &str) -> Result<()> {
        let answer = client.post_json(path, &self.key, body)?;
        ensure!(answer.status < 300, "{path} answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        Ok(())
    }

    fn publish(&self, document: &Value) -> Result<String> {
        let mut client = self.client()?;
        let made = client.post_json("/api/v1/journeys", &self.key, &document.to_string())?;
        let id: Value = serde_json::from_slice(&made.body)?;
        let id = id["id"].as_str().with_context(|| format!("no journey: {id}"))?.to_string();
        self.send(&mut client, "/api/v1/journeys/operate", &json!({ "ids": [id], "action": "publish" }))?;
        Ok(id)
    }

    /// Waits until a figure of the journey has come to a number.
    fn until(&self, journey: &str, figure: &str, number: u64) -> Result<()> {
        let mut client = self.client()?;
        let start = Instant::now();
        loop {
            let detail = client.get_json(&format!("/api/v1/journeys/{journey}"), &self.key)?;
            if detail["versions"][0]["figures"][figure].as_u64() >= Some(number) {
                return Ok(());
            }
            ensure!(
                start.elapsed() < Duration::from_secs(300),
                "{figure} never came to {number}: {}",
                detail["versions"][0]["figures"]
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All the people, from several connections at once.
    fn send_people(&self, path: &str, of: impl Fn(u64) -> Value + Sync, field: &str) -> Result<()> {
        let each = PEOPLE / CONNECTIONS;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CONNECTIONS)
                .map(|connection| {
                    let of = &of;
                    scope.spawn(move || {
                        let mut client = self.client()?;
                        for start in (connection * each..(connection + 1) * each).step_by(500) {
                            let records: Vec<Value> = (start..(start + 500).min((connection + 1) * each)).map(of).collect();
                            self.send(&mut client, path, &json!({ field: records }))?;
                        }
                        Ok(())
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a sender failed"))?)
        })
    }
}

fn accepted(binary: &Path, bare: &Bare) -> Result<()> {
    println!(
        "\nevents accepted per second over HTTP, durable, {CONNECTIONS} connections (goal: ≥ 40,000 and ≥ 40 % of bare SQLite)"
    );
    println!("{:<44} {:>10} {:>10} {:>8}", "", "Wayfare", "bare", "share");
    for batch in [1, 50, 500] {
        let target = Target::start(binary, 0)?;
        let sent = AtomicU64::new(0);
        let start = Instant::now();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CONNECTIONS)
                .map(|connection| {
                    let (sent, target) = (&sent, &target);
                    scope.spawn(move || {
                        let mut client = target.client()?;
                        let bodies = event_bodies(connection * 7_919, batch);
                        for body in bodies.iter().cycle().take_while(|_| start.elapsed() < SENDING) {
                            target.send_text(&mut client, "/api/v1/events", body)?;
                            sent.fetch_add(batch, Ordering::Relaxed);
                        }
                        anyhow::Ok(())
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a sender failed"))?)
        })?;
        let ours = sent.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
        let theirs = bare.per_second("events", if batch == 1 { 3_000 } else { 200_000 }, batch)?;
        println!("{:<44} {ours:>10.0} {theirs:>10.0} {:>7.0}%", format!("batches of {batch}"), ours / theirs * 100.0);
    }
    Ok(())
}

/// What a connection sends, made once: the two cores are to be the server's.
fn event_bodies(from: u64, batch: u64) -> Vec<String> {
    let event = |number: u64| {
        let identity = format!("p{}", number % 10_000);
        json!({ "identity": identity, "name": "Visited", "properties": { "total": 7 } })
    };
    let starts = (0..(10_000 / batch)).map(|round| from + round * batch);
    starts.map(|start| json!({ "events": (start..start + batch).map(event).collect::<Vec<Value>>() }).to_string()).collect()
}

/// Entry, split, profile update.
fn three_nodes(entry: &Value) -> Value {
    json!({
        "name": "Three nodes",
        "settings": { "entry": entry },
        "graph": {
            "nodes": [
                { "id": "entry", "step": { "entry": {} } },
                { "id": "split", "step": { "random_split": { "shares": [{ "name": "a", "percent": 50 }, { "name": "b", "percent": 50 }] } } },
                { "id": "set", "step": { "update_profile": { "set": [{ "property": "seen", "value": true }] } } }
            ],
            "connectors": [
                { "from": "entry", "outlet": "next", "to": "split" },
                { "from": "split", "outlet": "a", "to": "set" },
                { "from": "split", "outlet": "b", "to": "set" }
            ]
        }
    })
}

fn people(binary: &Path, bare: &Bare) -> Result<()> {
    println!("\npeople per second through a 3-node journey, {PEOPLE} people (goal: ≥ 50,000 and ≥ 50 % of bare SQLite)");
    let target = Target::start(binary, 0)?;
    let profile = |number: u64| json!({ "identity": format!("p{number}"), "properties": { "plan": "free" }, "lists": ["All"] });
    target.send_people("/api/v1/profiles", profile, "profiles")?;
    let start = Instant::now();
    let listed = target.publish(&three_nodes(&json!({ "list": { "name": "All" } })))?;
    target.until(&listed, "completed", PEOPLE)?;
    let ours = PEOPLE as f64 / start.elapsed().as_secs_f64();
    // The bare program updates the same profiles: they are copied to it by number only.
    let theirs = bare.per_second("people", PEOPLE, 4_000)?;
    println!("{:<44} {:>10} {:>10} {:>8}", "", "Wayfare", "bare", "share");
    println!("{:<44} {ours:>10.0} {theirs:>10.0} {:>7.0}%", "existing profiles, from an uploaded list", ours / theirs * 100.0);
    for (what, prefix) in [("existing profiles, by events over HTTP", "p"), ("new profiles, by events over HTTP", "n")] {
        let name = format!("Signed Up {prefix}");
        let journey = target.publish(&three_nodes(&json!({ "event": { "name": name } })))?;
        let start = Instant::now();
        target.send_people(
            "/api/v1/events",
            |number| json!({ "identity": format!("{prefix}{number}"), "name": name }),
            "events",
        )?;
        target.until(&journey, "completed", PEOPLE)?;
        println!("{what:<44} {:>10.0}", PEOPLE as f64 / start.elapsed().as_secs_f64());
    }
    let (own, mapped) = target.server.memory()?;
    let size = std::fs::metadata(&target.server.database)?.len() as f64 / 1_048_576.0;
    println!("memory {own:.0} MB own, {mapped:.0} MB mapped from files; the file has {size:.0} MB");
    Ok(())
}

/// Five thousand people whose delay of a minute is over together.
fn lateness(binary: &Path) -> Result<()> {
    println!("\nlateness of {LATE} people due together (goal: all within 0.5 s)");
    let target = Target::start(binary, 0)?;
    let journey = target.publish(&json!({
        "name": "A minute",
        "settings": { "entry": { "event": { "name": "Began" } } },
        "graph": {
            "nodes": [
                { "id": "entry", "step": { "entry": {} } },
                { "id": "delay", "step": { "delay": { "for": { "minutes": 1 } } } }
            ],
            "connectors": [{ "from": "entry", "outlet": "next", "to": "delay" }]
        }
    }))?;
    let mut client = target.client()?;
    let events: Vec<Value> = (0..LATE).map(|number| json!({ "identity": format!("p{number}"), "name": "Began" })).collect();
    for batch in events.chunks(1_000) {
        target.send(&mut client, "/api/v1/events", &json!({ "events": batch }))?;
    }
    target.until(&journey, "entered", LATE)?;
    let minute = Instant::now();
    target.until(&journey, "completed", 1)?;
    let first = Instant::now();
    target.until(&journey, "completed", LATE)?;
    println!(
        "the last was {:.2} s behind the first, {:.1} s after the last entered",
        first.elapsed().as_secs_f64(),
        minute.elapsed().as_secs_f64()
    );
    Ok(())
}
