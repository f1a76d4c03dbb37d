//! The deployable program as others meet it: real HTTP, a real SQLite file, the real command line.
#![expect(clippy::expect_used, clippy::panic, reason = "the plain ways to fail in a test, also in its helpers")]

mod answers;
mod audit;
mod bad_input;
mod catch_up;
mod channels;
mod courier;
mod database_file;
mod deliver;
mod delivery_barriers;
mod editor;
mod hardening;
mod import_people;
mod ingest;
mod kill;
mod local_mode;
mod log_secrets;
mod messages;
mod obstacles;
mod openapi;
mod operate;
mod providers;
mod redirects;
mod retention;
mod roles;
mod route_table;
mod shutdown;
mod sign_in;
mod simulation;
mod sso;
mod support;
mod team;
mod transfer;
mod transports;
mod typed_text;
mod words;
