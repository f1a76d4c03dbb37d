//! The log. Lines go to the standard error by a thread of its own, so that anyone who has something
//! to tell never waits for it and never fails at it: neither when the reader of the lines has
//! stopped reading, nor when it is gone, nor on a full disk. What cannot be written is let go and
//! counted, and the number is told as soon as lines get through again.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    borrow::Cow,
    collections::VecDeque,
    io::{self, ErrorKind, Write},
    panic::PanicHookInfo,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Most bytes of lines that wait to be written; further ones are let go.
const BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// How long the end of the program waits for lines that are still to be written.
const LAST_LINES: Duration = Duration::from_secs(2);
/// When an output that takes nothing right now is tried again.
const AGAIN: Duration = Duration::from_millis(20);

/// There is one log and one program, hence one count of each.
static LOST: AtomicU64 = AtomicU64::new(0);
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Lines that could not be written since the start.
pub fn lost_lines() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Panics since the start, all of which were contained.
pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("“{0}” is not a log filter ({1}). Use a level such as info.")]
    Filter(String, tracing_subscriber::filter::ParseError),
    #[error("the log cannot be started: {0}")]
    Io(#[from] io::Error),
}

/// The running log. Dropping it gives the last lines a moment to be written.
pub struct Log(Lines);

impl Log {
    /// A line for the person at the terminal, behind what is in the log so far.
    pub fn plain_line(&self, line: &str) {
        self.0.tell(format!("{line}\n").as_bytes());
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.finish(LAST_LINES);
    }
}

/// Starts the log of this program, once. Panics are told in it as well, in the form of all other
/// lines.
///
/// # Errors
/// Where the filter cannot be read, or no thread can be started.
pub fn start(filter: &str, format: LogFormat) -> Result<Log, LogError> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| LogError::Filter(filter.to_string(), error))?;
    let lines = Lines::default();
    let (waiting, out) = (lines.clone(), standard_error()?);
    thread::Builder::new().name("log".to_string()).spawn(move || waiting.write_to(out))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines.clone())
        .log_internal_errors(false);
    match format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(tell_panic));
    Ok(Log(lines))
}

/// A handle of our own: the one of the standard library is locked for as long as someone writes,
/// which may be for ever.
#[cfg(unix)]
fn standard_error() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stderr().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn standard_error() -> io::Result<io::Stderr> {
    Ok(io::stderr())
}

fn tell_panic(panic: &PanicHookInfo<'_>) {
    PANICS.fetch_add(1, Ordering::Relaxed);
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let reason = panic.payload_as_str().unwrap_or("it says nothing");
    let backtrace = Backtrace::capture();
    let thread = thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    match backtrace.status() {
        BacktraceStatus::Captured => tracing::error!(reason, place, thread, %backtrace, "panic"),
        _ => tracing::error!(reason, place, thread, "panic"),
    }
}

/// Lines between those who tell and the thread that writes. Cheap to clone.
#[derive(Clone, Default)]
struct Lines(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: Mutex<Waiting>,
    /// Something is to be written, or nothing is any more.
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// One is being written.
    writing: bool,
    closed: bool,
}

impl Waiting {
    fn is_done(&self) -> bool {
        self.lines.is_empty() && !self.writing
    }
}

impl Lines {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never waits for the output.
    fn tell(&self, line: &[u8]) {
        let mut waiting = self.waiting();
        if waiting.closed || waiting.bytes + line.len() > BUFFER_BYTES {
            LOST.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back(line.to_vec());
        drop(waiting);
        self.0.changed.notify_all();
    }

    /// The next line, once there is one; none at the end.
    fn next(&self) -> Option<Vec<u8>> {
        let mut waiting = self.waiting();
        waiting.writing = false;
        loop {
            if let Some(line) = waiting.lines.pop_front() {
                waiting.bytes -= line.len();
                waiting.writing = true;
                return Some(line);
            }
            self.0.changed.notify_all();
            if waiting.closed {
                return None;
            }
            waiting = self.0.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes until the end.
    fn write_to(&self, out: impl Write) {
        let mut out = Output { out, torn: false };
        let mut told = lost_lines();
        while let Some(line) = self.next() {
            if out.put(&line).is_err() {
                LOST.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let lost = lost_lines();
            if lost > told && self.waiting().lines.is_empty() {
                told = lost;
                tracing::error!(lost, "log.lines_lost");
            }
        }
    }

    /// Lets nothing more in, and waits for what is there to be written.
    fn finish(&self, within: Duration) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        self.0.changed.notify_all();
        let _ = self.0.changed.wait_timeout_while(waiting, within, |waiting| !waiting.is_done());
    }
}

impl Write for Lines {
    /// A whole line at a time, as the subscriber hands them over.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.tell(&one_line(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What someone else wrote and is told of does not begin a line of its own, which would look like
/// one of ours.
fn one_line(line: &[u8]) -> Cow<'_, [u8]> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    if !text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Cow::Borrowed(line);
    }
    let mut flat = Vec::with_capacity(line.len() + 16);
    for byte in text {
        match byte {
            b'\n' => flat.extend(b"\\n"),
            b'\r' => flat.extend(b"\\r"),
            byte => flat.push(*byte),
        }
    }
    flat.push(b'\n');
    Cow::Owned(flat)
}

struct Output<W> {
    out: W,
    /// The last line was not written to its end: the next one begins a line of its own.
    torn: bool,
}

impl<W: Write> Output<W> {
    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.all(b"\n")?;
        }
        self.all(line)
    }

    fn all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.out.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    self.torn = !bytes.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A pipe that does not block and is full: as good as one that blocks.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(AGAIN),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Takes as many bytes at a time as it is told, and fails where it is told none.
    struct Scripted {
        takes: mpsc::Receiver<usize>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.takes.recv() {
                Ok(0) => Err(ErrorKind::StorageFull.into()),
                Ok(most) => {
                    let bytes = &bytes[..most.min(bytes.len())];
                    self.taken.lock().expect("no panic").extend(bytes);
                    Ok(bytes.len())
                }
                Err(_) => Ok(bytes.len()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn scripted() -> (mpsc::Sender<usize>, Arc<Mutex<Vec<u8>>>, Scripted) {
        let (sender, takes) = mpsc::channel();
        let taken = Arc::default();
        (sender, Arc::clone(&taken), Scripted { takes, taken })
    }

    #[test]
    fn an_output_that_takes_nothing_keeps_nobody_waiting_and_holds_a_bounded_number_of_lines() {
        let lines = Lines::default();
        let (script, taken, out) = scripted();
        let writer = thread::spawn({
            let lines = lines.clone();
            move || lines.write_to(out)
        });
        let line = vec![b'x'; BUFFER_BYTES / 4];
        for _ in 0..20 {
            lines.tell(&line);
        }
        assert!(lines.waiting().bytes <= BUFFER_BYTES);
        // It never takes anything: the end of the program does not wait for it either.
        lines.finish(Duration::from_millis(20));
        assert!(taken.lock().expect("no panic").is_empty());
        drop(script);
        writer.join().expect("the thread ends when the output takes again");
    }

    #[test]
    fn a_line_that_was_torn_does_not_spoil_the_next() {
        let (script, taken, out) = scripted();
        let mut out = Output { out, torn: false };
        for step in [3, 0, 1, 100] {
            script.send(step).expect("it listens");
        }
        assert!(out.put(b"first\n").is_err());
        out.put(b"second\n").expect("written");
        assert_eq!(*taken.lock().expect("no panic"), b"fir\nsecond\n");
    }

    #[test]
    fn whatever_a_line_tells_of_it_stays_one_line() {
        assert_eq!(*one_line(b"plain\n"), *b"plain\n");
        assert_eq!(
            *one_line(b"name=a\r\n2026 ERROR forged\n"),
            *b"name=a\\r\\n2026 ERROR forged\n"
        );
    }

    #[test]
    fn the_last_lines_are_written_before_the_end() {
        let lines = Lines::default();
        let (script, taken, out) = scripted();
        for _ in 0..100 {
            lines.tell(b"a line\n");
            script.send(100).expect("it listens");
        }
        let writer = thread::spawn({
            let lines = lines.clone();
            move || lines.write_to(out)
        });
        lines.finish(Duration::from_secs(60));
        assert_eq!(taken.lock().expect("no panic").len(), 700);
        writer.join().expect("the thread ends");
    }
}
