//! The figures of the Journeys page, over HTTP, on the release build, beside the goals of
//! docs/design.md (Performance).

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};

use super::{client::Client, process::Server};
use crate::{server, shell::root};

/// Requests for each figure, after some that are not counted.
const ROUNDS: usize = 300;
const WARM_UP: usize = 30;
const SORTS: [&str; 11] = [
    "name",
    "status",
    "entry",
    "-start",
    "-entered",
    "-inside",
    "-goals",
    "-rate",
    "-versions",
    "-created",
    "-published",
];

pub fn run(journeys: &[usize]) -> Result<()> {
    let binary = server::measured()?;
    let sizes = if journeys.is_empty() { vec![10_000, 100_000] } else { journeys.to_vec() };
    let mut first_pages = Vec::new();
    for size in &sizes {
        first_pages.push(measure(&binary, *size)?);
    }
    if let (Some(small), Some(large)) = (first_pages.first(), first_pages.get(1)) {
        println!(
            "\nfirst page, {} against {} journeys: {:.2}× (goal: at most 1.5×)",
            sizes[1],
            sizes[0],
            large / small
        );
    }
    transfer(&binary)
}

/// Answers the median of the first page in milliseconds.
fn measure(binary: &Path, journeys: usize) -> Result<f64> {
    println!(
        "\n{journeys} journeys: milliseconds over HTTP, one connection, {ROUNDS} requests each"
    );
    println!("{:<44} {:>8} {:>8} {:>8}", "", "p50", "p95", "p99");
    let server = Server::start(binary, journeys)?;
    let mut client = Client::connect(&server.address)?;
    let first = time(&mut client, "the first page, complete HTML (goal p50 < 3)", "/journeys")?;
    time(&mut client, "100 rows a page", "/journeys?per=100")?;
    let last = journeys / 25;
    time(&mut client, "the last page", &format!("/journeys?page={last}"))?;
    for sort in SORTS {
        time(&mut client, &format!("sorted by {sort}"), &format!("/journeys?sort={sort}"))?;
    }
    for (what, query) in filters(&mut client)? {
        time(&mut client, &what, &format!("/journeys?{query}"))?;
    }
    uncached(&mut client)?;
    let (own, mapped) = server.memory()?;
    println!(
        "memory after these requests: {own:.0} MB own, {mapped:.0} MB mapped from files (goal < 80)"
    );
    pause(&mut client)?;
    Ok(first)
}

fn filters(client: &mut Client) -> Result<Vec<(String, String)>> {
    let page = String::from_utf8_lossy(&client.get("/journeys", "")?.body).into_owned();
    let value_of = |field: &str| {
        let at = page.find(&format!("name=\"{field}\""))?;
        let rest = &page[at..];
        let value = rest.split("value=\"").nth(1)?;
        Some(value.split('"').next()?.to_string())
    };
    let label = value_of("label[]").context("the page offers no label to filter by")?;
    let person = value_of("by[]").context("the page offers nobody to filter by")?;
    Ok(vec![
        ("search, many match: “win”".to_string(), "q=win".to_string()),
        ("search, few match: “00417”".to_string(), "q=00417".to_string()),
        ("search, two letters: “wi”".to_string(), "q=wi".to_string()),
        ("search, nothing matches".to_string(), "q=zzzzzz".to_string()),
        ("status running".to_string(), "status=running".to_string()),
        (
            "status restricted, sorted by name".to_string(),
            "status=restricted&sort=name".to_string(),
        ),
        ("entry type segment".to_string(), "entry=segment".to_string()),
        ("created by one person".to_string(), format!("by={person}")),
        ("one label".to_string(), format!("label={label}")),
        ("created this year".to_string(), "from=2026-01-01".to_string()),
        ("archived".to_string(), "archived=1".to_string()),
        (
            "label, status and search together".to_string(),
            format!("label={label}&status=running&q=win&sort=-entered"),
        ),
    ])
}

/// The first request of a filter counts its matches; later ones remember them until something
/// changes.
fn uncached(client: &mut Client) -> Result<()> {
    let mut times: Vec<Duration> = Vec::new();
    for (round, letters) in
        ["win", "onb", "ren", "pri", "sur", "wel", "car", "rev", "loy", "bir"].iter().enumerate()
    {
        let answer =
            client.get(&format!("/journeys?q={letters}&from=2020-01-{:02}", round + 1), "")?;
        ensure!(answer.status == 200, "the search answered {}", answer.status);
        times.push(answer.took);
    }
    print_line("searches never asked before (10 of them)", &mut times);
    Ok(())
}

fn time(client: &mut Client, what: &str, path: &str) -> Result<f64> {
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS + WARM_UP {
        let answer = client.get(path, "")?;
        ensure!(answer.status == 200, "{path} answered {}", answer.status);
        if round >= WARM_UP {
            times.push(answer.took);
        }
    }
    Ok(print_line(what, &mut times))
}

fn print_line(what: &str, times: &mut [Duration]) -> f64 {
    times.sort();
    let at = |share: f64| {
        times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0
    };
    println!("{what:<44} {:>8.2} {:>8.2} {:>8.2}", at(0.5), at(0.95), at(0.99));
    at(0.5)
}

/// Pause and resume a thousand running journeys again and again, by their ids.
fn pause(client: &mut Client) -> Result<()> {
    let mut ids = Vec::new();
    for page in 1..=10 {
        let body = client.get(&format!("/journeys?status=running&per=100&page={page}"), "")?.body;
        let page = String::from_utf8_lossy(&body).into_owned();
        ids.extend(page.split("name=\"ids[]\"").skip(1).filter_map(|rest| {
            Some(rest.split("value=\"").nth(1)?.split('"').next()?.to_string())
        }));
    }
    ids.sort();
    ids.dedup();
    let chosen: Vec<String> = ids
        .iter()
        .take(1_000)
        .enumerate()
        .map(|(index, id)| format!("ids[{index}]={id}"))
        .collect();
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for _ in 0..20 {
        for action in ["pause", "resume"] {
            let answer = client.post(
                "/api/ui/journeys/operate",
                &format!("action={action}&{}", chosen.join("&")),
            )?;
            let text = String::from_utf8_lossy(&answer.body);
            ensure!(
                answer.status == 200 && text.contains(&format!("\"changed\":{}", chosen.len())),
                "{action}: {text}"
            );
            times.entry(action).or_default().push(answer.took);
        }
    }
    for (action, times) in &mut times {
        print_line(&format!("{action} {} journeys (goal < 100)", chosen.len()), times);
    }
    Ok(())
}

/// What a browser that was never here loads, file by file.
fn transfer(binary: &Path) -> Result<()> {
    println!(
        "\na cold visit of the list (60 journeys): bytes over the wire with brotli (goal ≤ 256000 \
            in all)"
    );
    let server = Server::start(binary, 60)?;
    let mut client = Client::connect(&server.address)?;
    let accept = "Accept-Encoding: br\r\n";
    let page = client.get("/journeys", accept)?;
    let mut total = page.body.len();
    println!("{:<44} {:>8}", "/journeys", page.body.len());
    let manifest = std::fs::read_to_string(root().join("target/site-release/manifest.json"))?;
    let files: BTreeMap<String, String> = serde_json::from_str(&manifest)?;
    for name in files.values() {
        let file = client.get(&format!("/pkg/{name}"), accept)?;
        ensure!(
            file.status == 200 && file.headers.to_lowercase().contains("immutable"),
            "{name} is not served as it should be"
        );
        println!("{:<44} {:>8}", format!("/pkg/{name}"), file.body.len());
        total += file.body.len();
    }
    println!("{:<44} {total:>8}", "in all");
    Ok(())
}
