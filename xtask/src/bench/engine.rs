//! The figures of the engine, over HTTP, on the release build, beside a bare SQLite program that
//! writes the same rows in the same run (docs/design.md, Performance): on an empty file, and again
//! with a million people inside and ten million events stored.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{
    bare::Bare,
    target::{CONNECTIONS, Target},
};
use crate::server;

/// How long events are sent for each size of batch.
const SENDING: Duration = Duration::from_secs(4);
const PEOPLE: u64 = 100_000;
const LATE: u64 = 5_000;
/// What the file is filled with before everything is measured again.
const INSIDE: u64 = 1_000_000;
const STORED: u64 = 10_000_000;
/// Journeys that let people in by one event, and how many people do it.
const CROWD: usize = 100;
const CROWDED: u64 = 1_000;
/// After this time nobody writes in small portions any more because an operator had to wait.
const OPERATORS_LEFT: Duration = Duration::from_secs(6);

pub fn run(small: bool) -> Result<()> {
    let binary = server::measured()?;
    let bare = Bare::build(&binary)?;
    let target = Target::start(&binary, 0)?;
    println!("\n═══ a new file");
    figures(&target, &bare, "new")?;
    if !small {
        fill(&target, &bare)?;
        println!("\n═══ {INSIDE} people inside, {STORED} events stored");
        figures(&target, &bare, "full")?;
    }
    Ok(())
}

fn figures(target: &Target, bare: &Bare, label: &str) -> Result<()> {
    accepted(target, bare, "Visited")?;
    people(target, bare, label)?;
    lateness(target, label)?;
    crowd(target, label)?;
    let (own, mapped) = target.server.memory()?;
    let size = std::fs::metadata(&target.server.database)?.len() as f64 / 1_048_576.0;
    println!(
        "\nmemory {own:.0} MB own, {mapped:.0} MB mapped from files; the file has {size:.0} MB"
    );
    Ok(())
}

fn heading(what: &str) {
    println!("\n{what}\n{:<44} {:>10} {:>10} {:>8}", "", "Wayfare", "bare", "share");
}

fn line(what: &str, ours: f64, theirs: f64) {
    println!("{what:<44} {ours:>10.0} {theirs:>10.0} {:>7.0}%", ours / theirs * 100.0);
}

fn accepted(target: &Target, bare: &Bare, name: &str) -> Result<()> {
    heading(&format!(
        "events accepted per second over HTTP, durable, {CONNECTIONS} connections (goal: ≥ 40,000 \
            and ≥ 40 % of bare SQLite)"
    ));
    for batch in [1, 50, 500] {
        let ours = send_for_a_while(target, batch, name)?;
        let theirs = bare.per_second("events", if batch == 1 { 3_000 } else { 200_000 }, batch)?;
        line(&format!("batches of {batch}"), ours, theirs);
    }
    Ok(())
}

/// Answers how many events were accepted in a second.
fn send_for_a_while(target: &Target, batch: u64, name: &str) -> Result<f64> {
    let sent = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let sent = &sent;
                scope.spawn(move || {
                    let mut client = target.client()?;
                    let bodies = event_bodies(connection * 7_919, batch, name);
                    for body in bodies.iter().cycle().take_while(|_| start.elapsed() < SENDING) {
                        target.send_text(&mut client, "/api/v1/events", body)?;
                        sent.fetch_add(batch, Ordering::Relaxed);
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a sender failed"))?)
    })?;
    Ok(sent.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64())
}

/// What a connection sends, made once: the two cores are to be the server's.
fn event_bodies(from: u64, batch: u64, name: &str) -> Vec<String> {
    let event = |number: u64| {
        let identity = format!("p{}", number % 10_000);
        json!({ "identity": identity, "name": name, "properties": { "total": 7 } })
    };
    let starts = (0..(10_000 / batch)).map(|round| from + round * batch);
    starts
        .map(|start| {
            json!({ "events": (start..start + batch).map(event).collect::<Vec<Value>>() })
                .to_string()
        })
        .collect()
}

/// Entry, split, profile update.
fn three_nodes(name: &str, entry: &Value) -> Value {
    json!({
        "name": name,
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

/// Entry and a delay.
fn two_nodes(name: &str, event: &str, delay: &Value) -> Value {
    json!({
        "name": name,
        "settings": { "entry": { "event": { "name": event } } },
        "graph": {
            "nodes": [
                { "id": "entry", "step": { "entry": {} } },
                { "id": "delay", "step": { "delay": delay } }
            ],
            "connectors": [{ "from": "entry", "outlet": "next", "to": "delay" }]
        }
    })
}

fn people(target: &Target, bare: &Bare, label: &str) -> Result<()> {
    heading(&format!(
        "people per second through a 3-node journey, {PEOPLE} people (goal: ≥ 50,000 and ≥ 50 % of \
            bare SQLite)"
    ));
    let list = format!("All {label}");
    let profile = |number: u64| json!({ "identity": format!("p{number}"), "properties": { "plan": "free" }, "lists": [list] });
    target.send_all("/api/v1/profiles", PEOPLE, profile)?;
    let start = Instant::now();
    let listed = target
        .publish(&three_nodes(&format!("Listed {label}"), &json!({ "list": { "name": list } })))?;
    target.until(&listed, "completed", PEOPLE)?;
    let ours = PEOPLE as f64 / start.elapsed().as_secs_f64();
    line(
        "existing profiles, from an uploaded list",
        ours,
        bare.per_second("people", PEOPLE, 4_000)?,
    );
    let newcomers = format!("{label}-");
    for (what, prefix) in [
        ("existing profiles, by events over HTTP", "p"),
        ("new profiles, by events over HTTP", &newcomers),
    ] {
        let name = format!("Signed Up {label} {prefix}");
        let journey = target.publish(&three_nodes(&name, &json!({ "event": { "name": name } })))?;
        let start = Instant::now();
        let event = |number: u64| json!({ "identity": format!("{prefix}{number}"), "name": name });
        target.send_all("/api/v1/events", PEOPLE, event)?;
        target.until(&journey, "completed", PEOPLE)?;
        println!("{what:<44} {:>10.0}", PEOPLE as f64 / start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// People who all wait for the same minute of the day.
fn lateness(target: &Target, label: &str) -> Result<()> {
    println!("\nlateness of {LATE} people due at the same moment (goal: p99 < 0.5 s)");
    let now = now()?;
    // Far enough ahead for everybody to be inside by then.
    let due = ((now + 15.0) / 60.0).ceil() * 60.0;
    let minute = (due / 60.0) as u64;
    let time = format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let name = format!("Began {label}");
    let journey =
        target.publish(&two_nodes(&name, &name, &json!({ "until": { "time": time } })))?;
    target.send_all(
        "/api/v1/events",
        LATE,
        |number| json!({ "identity": format!("p{number}"), "name": name }),
    )?;
    target.until(&journey, "entered", LATE)?;
    let mut late = Vec::new();
    for share in [50, 99, 100] {
        target.until(&journey, "completed", LATE * share / 100)?;
        late.push(self::now()? - due);
    }
    println!(
        "half of them within {:.3} s, 99 % within {:.3} s, all within {:.3} s",
        late[0], late[1], late[2]
    );
    Ok(())
}

fn now() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).context("a clock")?.as_secs_f64())
}

/// Many journeys that one event concerns.
fn crowd(target: &Target, label: &str) -> Result<()> {
    println!("\n{CROWD} running journeys and one event");
    let never = json!([{ "property": "total", "is": "greater_than", "value": 1_000 }]);
    let (all, none) = (format!("Crowd {label}"), format!("Nobody {label}"));
    let mut journeys = Vec::new();
    for number in 0..CROWD {
        let entry = json!({ "event": { "name": all } });
        journeys.push(target.publish(&three_nodes(&format!("{all} {number}"), &entry))?);
        let entry = json!({ "event": { "name": none, "filters": never } });
        target.publish(&three_nodes(&format!("{none} {number}"), &entry))?;
    }
    // Whoever published may have had to wait: for a few seconds everybody writes in small portions.
    sleep(OPERATORS_LEFT);
    let start = Instant::now();
    target.send_all(
        "/api/v1/events",
        CROWDED,
        |number| json!({ "identity": format!("p{number}"), "name": all }),
    )?;
    for journey in &journeys {
        target.until(journey, "completed", CROWDED)?;
    }
    let each = start.elapsed().as_secs_f64() / CROWDED as f64;
    let micro = each / CROWD as f64 * 1e6;
    println!(
        "all let the person in: {:.2} ms an event, {micro:.0} µs for each journey",
        each * 1e3
    );
    let per_second = send_for_a_while(target, 500, &none)?;
    let begin = Instant::now();
    target.until_idle()?;
    println!(
        "all look at it and none lets them in: {per_second:.0} events accepted a second; the last was \
            looked at {:.2} s after",
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}

/// A million people who wait, and everybody's past.
fn fill(target: &Target, bare: &Bare) -> Result<()> {
    println!("\nfilling the file: {INSIDE} people inside, {STORED} events");
    let journey = target.publish(&two_nodes(
        "Waiting",
        "Arrived",
        &json!({ "for": { "minutes": 43_200 } }),
    ))?;
    let start = Instant::now();
    target.send_all(
        "/api/v1/events",
        INSIDE,
        |number| json!({ "identity": format!("p{number}"), "name": "Arrived" }),
    )?;
    target.until(&journey, "entered", INSIDE)?;
    println!(
        "{INSIDE} people came in at {:.0} a second",
        INSIDE as f64 / start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let past = STORED - INSIDE;
    target.send_all("/api/v1/events", past, |number| {
        let identity = format!("p{}", number.wrapping_mul(2_654_435_761) % INSIDE);
        json!({ "identity": identity, "name": format!("Did {}", number % 20), "properties": { "total": number % 100 } })
    })?;
    println!(
        "{past} events were accepted at {:.0} a second",
        past as f64 / start.elapsed().as_secs_f64()
    );
    target.until_idle()?;
    bare.per_second("people", INSIDE, 4_000)?;
    bare.per_second("scattered", past, 4_000)?;
    Ok(())
}
