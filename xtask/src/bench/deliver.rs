//! The figures of delivery on the release build: messages a second from a full outbox to a sink for
//! mail and one for webhooks, each person moved along by what became of their message, beside a bare loop
//! around lettre and reqwest that sends to the same sinks in the same run.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{client::Client, target::Target};
use crate::{
    server,
    shell::{call, output, root, step},
    toolchain::clean,
};

/// The sinks are on this machine.
const FLAGS: [&str; 2] = ["--allow-networks", "127.0.0.0/8"];
/// The best of so many runs of each: what else the machine does takes away, and adds nothing.
const RUNS: usize = 3;

/// What is sent, how many of it, and how many at once.
struct Kind {
    what: &'static str,
    title: &'static str,
    count: u64,
    together: u64,
}

const KINDS: [Kind; 2] = [
    Kind { what: "hooks", title: "webhooks", count: 40_000, together: 64 },
    Kind { what: "mail", title: "e-mails over SMTP", count: 30_000, together: 16 },
];

pub fn run() -> Result<()> {
    let binary = server::measured()?;
    let words = [
        "build",
        "--locked",
        "--quiet",
        "--release",
        "--package",
        "bare-delivery",
        "--target-dir",
        "target/bare",
    ];
    step("compiling the bare loops and the sinks", || {
        call(clean(Command::new("cargo")).args(words))
    })?;
    let bare = root().join("target/bare/release/bare-delivery");
    println!("\nmessages per second (goal: ≥ 70 % of a bare loop), best of {RUNS} runs, in turns");
    println!(
        "{:<24} {:>10} {:>10} {:>8} {:>16} {:>10}",
        "", "Wayfare", "bare", "share", "CPU ms/1,000", "own MB"
    );
    for kind in KINDS {
        let sink = Sink::start(&bare, kind.what)?;
        let (mut ours, mut theirs, mut cpu, mut memory) = (0.0_f64, 0.0_f64, 0.0, 0.0_f64);
        for _ in 0..RUNS {
            let target = Target::start_with(&binary, 0, &FLAGS)?;
            let (rate, used) = send(&target, &kind, sink.port)?;
            if rate > ours {
                (ours, cpu) = (rate, used);
            }
            memory = memory.max(target.server.memory()?.0);
            let numbers =
                [sink.port.into(), kind.count, kind.together].map(|number: u64| number.to_string());
            let text = output(Command::new(&bare).args(["send", kind.what]).args(numbers))?;
            theirs = theirs.max(text.trim().parse().context("the bare loop prints a number")?);
        }
        println!(
            "{:<24} {ours:>10.0} {theirs:>10.0} {:>7.0}% {:>16.0} {memory:>10.0}",
            kind.title,
            ours / theirs * 100.0,
            cpu / kind.count as f64 * 1e6
        );
    }
    Ok(())
}

/// The channel, live, at a rate; none: as fast as it goes.
fn save_channel(target: &Target, kind: &Kind, port: u16, rate: &str, revision: u32) -> Result<()> {
    let form = match kind.what {
        "mail" => format!(
            "channel=email&fields[host]=127.0.0.1&fields[port]={port}&fields[security]=none&fields[from_name]=Shop&\
             fields[from_address]=shop@example.com"
        ),
        _ => "channel=webhook&fields[timeout_seconds]=5".to_string(),
    };
    let form = format!("{form}&live=on&per_second={rate}&revision={revision}");
    let answer = Client::connect(&target.server.address)?.post("/api/ui/channels/save", &form)?;
    anyhow::ensure!(
        answer.status == 200,
        "the channel was not saved: {}",
        String::from_utf8_lossy(&answer.body)
    );
    Ok(())
}

/// Fills the outbox while the channel lets one message a second through, then opens it. Answers
/// messages a second, and the seconds of processor that they took.
fn send(target: &Target, kind: &Kind, port: u16) -> Result<(f64, f64)> {
    save_channel(target, kind, port, "1", 0)?;
    target.send_all("/api/v1/profiles", kind.count, |number| {
        let properties =
            json!({ "email": format!("p{number}@example.com"), "name": format!("P{number}") });
        json!({ "identity": format!("p{number}"), "properties": properties, "lists": ["All"] })
    })?;
    let step = match kind.what {
        "mail" => json!({ "email": { "subject": "Hello {{ profile.name }}",
            "body": "<html><body><p>Hello {{ profile.name }}, welcome.</p></body></html>" } }),
        _ => {
            json!({ "webhook": { "url": format!("http://127.0.0.1:{port}/hook"), "body": "{\"who\": \"{{ profile.name }}\"}" } })
        }
    };
    let journey = target.publish(&one_message(&step))?;
    target.until(&journey, "entered", kind.count)?;
    let (before, start) = (target.server.processor_seconds()?, Instant::now());
    save_channel(target, kind, port, "", 1)?;
    target.until(&journey, "completed", kind.count)?;
    Ok((
        kind.count as f64 / start.elapsed().as_secs_f64(),
        target.server.processor_seconds()? - before,
    ))
}

fn one_message(step: &Value) -> Value {
    json!({
        "name": "Everybody",
        "settings": { "entry": { "list": { "name": "All" } } },
        "graph": {
            "nodes": [{ "id": "entry", "step": { "entry": {} } }, { "id": "message", "step": step }],
            "connectors": [{ "from": "entry", "outlet": "next", "to": "message" }]
        }
    })
}

/// Takes everything; ends with this value.
struct Sink {
    child: Child,
    /// It ends when this is closed, also where this process is killed.
    _input: ChildStdin,
    port: u16,
}

impl Sink {
    fn start(program: &PathBuf, what: &str) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["sink", what]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the sink cannot be started")?;
        let input = child.stdin.take().context("the sink has no input")?;
        let out = child.stdout.take().context("the sink has no output")?;
        let line = BufReader::new(out).lines().next().context("the sink says nothing")??;
        Ok(Self { child, _input: input, port: line.trim().parse().context("a port")? })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
