//! Flags and environment. Every setting has a flag, a `WAYFARE_*` variable and a sentence in `--help`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
#[command(name = "wayfare", version, about = "Customer journeys in one binary and one file.", max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the pages and the API.
    Serve(ServeArgs),
    /// Make the database, or bring its schema up to date, and exit.
    Migrate(DatabaseArgs),
    /// Load the demo project: journeys of a shop, a bank and a travel app in every status.
    Demo(DemoArgs),
    /// Read journeys from a JSON file, as drafts: all of them or none.
    Import(ImportArgs),
    /// Write all journeys as JSON to the standard output.
    Export(DatabaseArgs),
    /// Check that the counters add up and the file is whole; exits with 1 where they do not.
    Check(DatabaseArgs),
    /// Write a consistent copy of the database, also while the server runs.
    Backup(BackupArgs),
}

#[derive(Debug, Args)]
pub struct DatabaseArgs {
    /// The database: one SQLite file, made where there is none.
    #[arg(long, env = "WAYFARE_DATABASE", default_value = "wayfare.db", value_name = "FILE")]
    pub database: PathBuf,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub struct LogArgs {
    /// What is logged: error, warn, info, debug or trace, also by module (info,wayfare::server=debug).
    #[arg(long, env = "WAYFARE_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
    /// How log lines look: text for people, json for programs. They go to the standard error.
    #[arg(long, env = "WAYFARE_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen. Without accounts only this machine itself (127.0.0.1, [::1]) is allowed; port 0 takes a free one.
    #[arg(long, env = "WAYFARE_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDR:PORT")]
    pub listen: SocketAddr,
    /// Connections that read the database at the same time.
    #[arg(long, env = "WAYFARE_READERS", default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub readers: u32,
    /// Seconds that running requests get to finish when the server is told to stop.
    #[arg(long, env = "WAYFARE_SHUTDOWN_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    pub shutdown_seconds: u64,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Make this many journeys instead, for load tests.
    #[arg(long, value_name = "N")]
    pub journeys: Option<usize>,
    /// Do nothing where the database has journeys already.
    #[arg(long)]
    pub if_empty: bool,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file, in the form that `docs/journey-json.md` describes; - reads the standard input.
    #[arg(value_name = "FILE.json")]
    pub file: PathBuf,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not exist yet.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub database: DatabaseArgs,
}
