//! The command line: its arguments, and what each command does. What needs no server runs the use
//! cases of the application in the name of whoever owns the machine.

pub mod args;
mod commands;
mod database_watch;
mod import_profiles;
pub mod open;
pub mod serve;
mod server_key;
mod users;

pub use commands::run_program;
