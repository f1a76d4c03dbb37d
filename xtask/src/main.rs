//! The task runner: everything that is done to the project is a command here, and CI calls the same
//! ones.

mod advisories;
mod bench;
mod browser;
mod check;
mod debian;
mod dependencies;
mod file_sizes;
mod npm;
mod raw_html;
mod requests;
mod run;
mod server;
mod shell;
mod site;
mod style;
mod tasks;
mod test;
mod toolchain;
mod wasm;
mod words;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs, checks, tests and measures Wayfare.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build both halves and serve the demo project on http://127.0.0.1:3000.
    Run {
        /// The optimised build that is deployed, instead of the quick one.
        #[arg(long)]
        release: bool,
        /// Further flags of `wayfare serve`, behind --.
        #[arg(last = true)]
        serve: Vec<String>,
    },
    /// Build both halves. With --release: the deployable binary, at target/release/wayfare.
    Build {
        #[arg(long)]
        release: bool,
    },
    /// Format, lints of both halves with warnings denied, the direction of imports, and known
    /// advisories.
    Check,
    /// All tests: rules, store, HTTP, random requests, and the pages in a real browser on the
    /// release build.
    Test {
        /// Only one part.
        #[arg(long)]
        only: Option<Part>,
        /// Handed on to the test runner of that part.
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Measure: `bench list` prints the figures of the journey list beside their goals, `bench
    /// engine` those of the engine beside a bare SQLite program, `bench operate` what an operator
    /// waits for while events come in, `bench deliver` messages a second beside bare loops around
    /// lettre and reqwest, `bench editor` what the canvas costs a browser in each frame, `bench
    /// connections` how a user fares beside a greedy client.
    Bench {
        what: Benchmark,
        /// Journeys in the database; may be given more than once.
        #[arg(long)]
        journeys: Vec<usize>,
        /// Of the engine: only on a new file, without filling it.
        #[arg(long)]
        small: bool,
        /// Of the editor: steps of the journey; may be given more than once.
        #[arg(long)]
        steps: Vec<usize>,
        /// Of the connections: another binary, measured after this one.
        #[arg(long, value_name = "FILE")]
        beside: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Rust,
    /// Random requests against the description of the API.
    Requests,
    Browser,
}

#[derive(Clone, Copy, ValueEnum)]
enum Benchmark {
    List,
    Engine,
    Operate,
    Deliver,
    Editor,
    Connections,
}

/// Which build: quick to make, or quick to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn of(release: bool) -> Self {
        if release { Profile::Release } else { Profile::Dev }
    }
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run { release, serve } => run::run(Profile::of(release), &serve),
        Command::Build { release } => server::build(Profile::of(release)).map(|_| ()),
        Command::Check => check::check(),
        Command::Test { only, filter } => test::test(only, &filter),
        Command::Bench { what: Benchmark::List, journeys, .. } => bench::list::run(&journeys),
        Command::Bench { what: Benchmark::Engine, small, .. } => bench::engine::run(small),
        Command::Bench { what: Benchmark::Operate, .. } => bench::operate::run(),
        Command::Bench { what: Benchmark::Deliver, .. } => bench::deliver::run(),
        Command::Bench { what: Benchmark::Editor, steps, .. } => bench::editor::run(&steps),
        Command::Bench { what: Benchmark::Connections, beside, .. } => {
            bench::connections::run(beside.as_deref())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
