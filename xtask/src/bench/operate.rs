//! What an operator waits for: pause, resume and the list, while nothing else happens and while
//! events come in at the full rate. `WAYFARE_BINARY` measures another build, to put it beside this
//! one.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{
    client::Client,
    target::{CONNECTIONS, Target},
};
use crate::server;

const JOURNEYS: usize = 10_000;
/// Actions and pages of each figure, and how long somebody looks at the answer before the next one.
const ROUNDS: usize = 400;
const LOOKS: Duration = Duration::from_millis(20);
/// Until the load is at its full rate.
const RAMP: Duration = Duration::from_secs(2);
/// Events of one request, and requests that are made beforehand for each connection.
const TOGETHER: u64 = 500;
const REQUESTS: u64 = 20;

pub fn run() -> Result<()> {
    let binary = server::measured()?;
    let target = Target::start(&binary, JOURNEYS)?;
    // Somebody is let in by one event of a hundred, as in a shop.
    target.publish(&json!({
        "name": "Bought",
        "settings": { "entry": { "event": { "name": "Bought" } }, "reentry": "after_exit" },
        "graph": {
            "nodes": [
                { "id": "entry", "step": { "entry": {} } },
                { "id": "set", "step": { "update_profile": { "set": [{ "property": "seen", "value": true }] } } }
            ],
            "connectors": [{ "from": "entry", "outlet": "next", "to": "set" }]
        }
    }))?;
    println!(
        "\nmilliseconds over HTTP, one connection each for actions and pages, {ROUNDS} of each, \
            {JOURNEYS} journeys"
    );
    println!("{:<64} {:>8} {:>8} {:>8}", "", "p50", "p95", "p99");
    operate(&target, "nothing else happens", ["", ""])?;
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let (target, stop, sent) = (&target, &stop, &sent);
                scope.spawn(move || send(target, connection, stop, sent))
            })
            .collect();
        thread::sleep(RAMP);
        let (before, start) = (sent.load(Ordering::Relaxed), Instant::now());
        let measured =
            operate(&target, "events at the full rate", [" (goal p99 < 50)", " (goal p99 < 15)"]);
        let rate = (sent.load(Ordering::Relaxed) - before) as f64 / start.elapsed().as_secs_f64();
        stop.store(true, Ordering::Relaxed);
        for sender in senders {
            sender.join().map_err(|_| anyhow::anyhow!("a sender failed"))??;
        }
        println!("events accepted meanwhile: {rate:.0} a second");
        measured
    })
}

/// Events of ten thousand people until told to stop.
fn send(target: &Target, connection: u64, stop: &AtomicBool, sent: &AtomicU64) -> Result<()> {
    let event = |number: u64| {
        let name = if number.is_multiple_of(100) { "Bought" } else { "Visited" };
        json!({ "identity": format!("p{}", number * 7_919 % 10_000), "name": name, "properties": { "total": 7 } })
    };
    let body = |request: u64| {
        let first = (connection * REQUESTS + request) * TOGETHER;
        json!({ "events": (first..first + TOGETHER).map(event).collect::<Vec<_>>() }).to_string()
    };
    let bodies: Vec<String> = (0..REQUESTS).map(body).collect();
    let mut client = target.client()?;
    for body in bodies.iter().cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
        target.send_text(&mut client, "/api/v1/events", body)?;
        sent.fetch_add(TOGETHER, Ordering::Relaxed);
    }
    Ok(())
}

fn operate(target: &Target, while_: &str, goals: [&str; 2]) -> Result<()> {
    let (actions, pages) = thread::scope(|scope| {
        let pages = scope.spawn(|| look(target));
        (act(target), pages.join())
    });
    let pages = pages.map_err(|_| anyhow::anyhow!("the reader failed"))?;
    let [pause, list] = goals;
    line(&format!("pause, resume: {while_}{pause}"), actions?);
    line(&format!("the list: {while_}{list}"), pages?);
    Ok(())
}

/// Pauses and resumes one journey.
fn act(target: &Target) -> Result<Vec<Duration>> {
    let mut client = target.client()?;
    let page = client.get("/journeys?status=running&entry=event", "")?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let id = page
        .split("name=\"ids[]\"")
        .nth(1)
        .and_then(|rest| rest.split("value=\"").nth(1)?.split('"').next());
    let id = id.context("no journey is running")?;
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let action = if round.is_multiple_of(2) { "pause" } else { "resume" };
        let answer =
            client.post("/api/ui/journeys/operate", &format!("action={action}&ids[0]={id}"))?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status == 200 && text.contains("\"changed\":1"), "{action}: {text}");
        times.push(answer.took);
        thread::sleep(LOOKS);
    }
    Ok(times)
}

/// Looks at the first page of the list.
fn look(target: &Target) -> Result<Vec<Duration>> {
    let mut client: Client = target.client()?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let answer = client.get("/journeys", "")?;
        ensure!(answer.status == 200, "the list answered {}", answer.status);
        times.push(answer.took);
        thread::sleep(LOOKS);
    }
    Ok(times)
}

fn line(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| {
        times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0
    };
    println!("{what:<64} {:>8.2} {:>8.2} {:>8.2}", at(0.5), at(0.95), at(0.99));
}
