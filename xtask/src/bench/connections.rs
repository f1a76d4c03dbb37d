//! How a signed-in user fares beside a greedy client at another address: thousands of sockets that
//! say nothing, and readers that ask for the largest things and take none of them. Only loopback
//! addresses are spoken to, and all of it ends by itself.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use socket2::{Domain, Socket, Type};

use super::{client::Client, process::Server};
use crate::{server, toolchain::clean};

const GREEDY: Ipv4Addr = Ipv4Addr::LOCALHOST;
const USER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const SILENT_SOCKETS: usize = 6_000;
const DEAD_READERS: usize = 200;
const JOURNEYS: usize = 1_000;
const LIST: &str = "/journeys";
const LARGE_PAGE: &str = "/journeys?per=100";
/// Requests for each figure, a pause between two of them.
const REQUESTS: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(4);
/// Whoever gets no answer for so long is shut out; after a few of those there is no more to learn.
const PATIENCE: Duration = Duration::from_secs(5);
const UNANSWERED_MAX: usize = 5;
/// What was closed is opened again, as a greedy client would do it.
const ROUND: Duration = Duration::from_millis(100);
const OPENED_IN_ROUND: usize = 200;
/// Until everything stands.
const ATTACK_STANDS: Duration = Duration::from_secs(6);
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "copper lantern drifting moss";

pub fn run(beside: Option<&Path>) -> Result<()> {
    raise_descriptors();
    let binary = server::measured()?;
    println!(
        "\n{SILENT_SOCKETS} silent sockets and {DEAD_READERS} dead readers of one address, the \
            list for a user of another"
    );
    measure("this build", &binary)?;
    beside.map_or(Ok(()), |other| measure("the other binary", other))
}

fn measure(title: &str, binary: &Path) -> Result<()> {
    let server = Server::start(binary, JOURNEYS)?;
    let cookie = sign_in(binary, &server)?;
    let asset = largest_asset(&server, &cookie)?;
    println!("\n{title}; the dead readers ask for {asset} and {LARGE_PAGE}");
    println!(
        "{:<28} {:>10} {:>12} {:>8} {:>12}",
        "", "p99 idle", "p99 beside", "ratio", "unanswered"
    );
    let kinds = [("on a kept connection", true), ("a connection each", false)];
    let idle = kinds.map(|(_, keeps)| sample(&server, &cookie, keeps));
    let stop = AtomicBool::new(false);
    let attack = Attack { address: server.address.parse()?, cookie: &cookie, asset: &asset };
    let (beside, memory) = std::thread::scope(|scope| {
        scope.spawn(|| attack.run(&stop));
        std::thread::sleep(ATTACK_STANDS);
        let beside = kinds.map(|(_, keeps)| sample(&server, &cookie, keeps));
        let memory = server.memory().and_then(|(own, _)| {
            Ok((own, server.memory_line("VmRSS")?, server.memory_line("VmHWM")?))
        });
        stop.store(true, Ordering::Relaxed);
        (beside, memory)
    });
    for (((kind, _), idle), beside) in kinds.iter().zip(&idle).zip(&beside) {
        let ratio = beside.p99 / idle.p99;
        println!(
            "{kind:<28} {:>7.2} ms {:>9.2} ms {ratio:>7.1}× {:>12}",
            idle.p99, beside.p99, beside.unanswered
        );
    }
    let (own, resident, largest) = memory?;
    println!(
        "own memory {own:.0} MB (goal < 150), VmRSS {resident:.0} MB, VmHWM {largest:.0} MB; goal \
            of the ratio < 3"
    );
    Ok(())
}

struct Sample {
    /// In milliseconds; whoever was shut out waited for as long as they had patience.
    p99: f64,
    unanswered: usize,
}

fn sample(server: &Server, cookie: &str, keeps: bool) -> Sample {
    let mut client = None;
    let (mut times, mut unanswered) = (Vec::with_capacity(REQUESTS), 0);
    while times.len() < REQUESTS && unanswered < UNANSWERED_MAX {
        let began = Instant::now();
        match ask(server, cookie, client.take()) {
            Ok(answered) => client = keeps.then_some(answered),
            Err(_) => unanswered += 1,
        }
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(PAUSE);
    }
    times.sort_by(f64::total_cmp);
    let p99 = times
        .get((times.len().saturating_sub(1) as f64 * 0.99).round() as usize)
        .copied()
        .unwrap_or_default();
    Sample { p99, unanswered }
}

fn ask(server: &Server, cookie: &str, client: Option<Client>) -> Result<Client> {
    let mut client = match client {
        Some(client) => client,
        None => Client::connect_from(USER, &server.address, PATIENCE)?,
    };
    let answer = client.get(LIST, cookie)?;
    ensure!(answer.status == 200, "{LIST} answered {}", answer.status);
    Ok(client)
}

/// Makes an account and answers the header with its session.
fn sign_in(binary: &Path, server: &Server) -> Result<String> {
    let mut add = clean(Command::new(binary))
        .args(["user", "add", EMAIL, "--password-stdin", "--database"])
        .arg(&server.database)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context("no account can be made")?;
    writeln!(add.stdin.take().context("the command has no input")?, "{PASSWORD}")?;
    ensure!(add.wait()?.success(), "no account was made");
    let form = format!("email={EMAIL}&password={}", PASSWORD.replace(' ', "+"));
    let answer = Client::connect_from(USER, &server.address, PATIENCE)?
        .post("/api/ui/session/sign-in", &form)?;
    let session =
        answer.headers.split("wayfare_session=").nth(1).and_then(|rest| rest.split(';').next());
    Ok(format!("Cookie: wayfare_session={}\r\n", session.context("no session")?))
}

/// Of the files that the list and the editor load.
fn largest_asset(server: &Server, cookie: &str) -> Result<String> {
    let mut client = Client::connect_from(USER, &server.address, PATIENCE)?;
    let mut page = |path: &str| -> Result<String> {
        Ok(String::from_utf8_lossy(&client.get(path, cookie)?.body).into_owned())
    };
    let list = page(LIST)?;
    let journey = list
        .split("name=\"ids[]\"")
        .nth(1)
        .and_then(|rest| rest.split("value=\"").nth(1)?.split('"').next());
    let editor = page(&format!("/journeys/{}/edit", journey.context("the list is empty")?))?;
    let is_of_name = |sign: char| sign.is_ascii_alphanumeric() || "/-_.".contains(sign);
    let addresses = [list, editor].concat();
    let addresses: BTreeSet<String> = addresses
        .split("/pkg/")
        .skip(1)
        .map(|rest| rest.chars().take_while(|sign| is_of_name(*sign)).collect())
        .collect();
    let mut largest = (0, LARGE_PAGE.to_string());
    for name in addresses {
        let path = format!("/pkg/{name}");
        largest = largest.max((client.get(&path, "")?.body.len(), path));
    }
    Ok(largest.1)
}

struct Attack<'a> {
    address: SocketAddr,
    cookie: &'a str,
    asset: &'a str,
}

impl Attack<'_> {
    fn run(&self, stop: &AtomicBool) {
        let mut sockets: Vec<(Option<&str>, Option<Socket>)> = Vec::new();
        sockets.extend(
            (0..DEAD_READERS)
                .map(|number| (Some(if number % 2 == 0 { self.asset } else { LARGE_PAGE }), None)),
        );
        sockets.extend((0..SILENT_SOCKETS).map(|_| (None, None)));
        while !stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            let mut opened = 0;
            for (asks_for, socket) in &mut sockets {
                if opened < OPENED_IN_ROUND
                    && socket.as_ref().is_none_or(|socket| !is_open(socket, asks_for.is_some()))
                {
                    *socket = self.open(*asks_for).ok();
                    opened += 1;
                }
            }
            std::thread::sleep(ROUND.saturating_sub(began.elapsed()));
        }
    }

    fn open(&self, asks_for: Option<&str>) -> std::io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((GREEDY, 0)).into())?;
        let Some(path) = asks_for else {
            socket.set_nonblocking(true)?;
            // It goes on in the background.
            let _ = socket.connect(&self.address.into());
            return Ok(socket);
        };
        socket.connect_timeout(&self.address.into(), Duration::from_millis(200))?;
        let cookie = self.cookie;
        (&socket).write_all(
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{cookie}\r\n", self.address).as_bytes(),
        )?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// A reader that reads nothing learns of its end from the system alone.
fn is_open(mut socket: &Socket, reads_nothing: bool) -> bool {
    if reads_nothing {
        return matches!(socket.take_error(), Ok(None));
    }
    let ended = socket.read(&mut [0; 16]).map_err(|error| error.kind());
    matches!(ended, Err(std::io::ErrorKind::WouldBlock | std::io::ErrorKind::NotConnected))
}

/// This program has as many sockets as the greedy client.
#[cfg(unix)]
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    // Where it fails, fewer sockets are opened.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

#[cfg(not(unix))]
fn raise_descriptors() {}
