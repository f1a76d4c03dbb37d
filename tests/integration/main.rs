//! The deployable program as others meet it: real HTTP, a real SQLite file, the real command line.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the plain ways to fail in a test, also in its helpers"
)]

mod access_recheck;
mod answers;
mod audit;
mod backup;
mod bad_input;
mod bounds;
mod catch_up;
mod channels;
mod clock_back;
mod connections;
mod consent;
mod contact_changes;
mod costly;
mod courier;
mod database_file;
mod deliver;
mod delivery_barriers;
mod editor;
mod form_project;
mod hardening;
mod hold;
mod import_people;
mod ingest;
mod invitations;
mod keys;
mod kill;
mod local_mode;
mod log_secrets;
mod malformed_requests;
mod masked_people;
mod messages;
mod obstacles;
mod old_database;
mod openapi;
mod operate;
mod project_names;
mod providers;
mod publish_race;
mod published_content;
mod receivers;
mod redirects;
mod retention;
mod roles;
mod route_table;
mod second_server;
mod secret_headers;
mod server_key;
mod set_aside;
mod shutdown;
mod sign_in;
mod spellings;
mod sso;
mod support;
mod team;
mod transfer;
mod transports;
mod typed_text;
mod unwritable_log;
mod words;
mod workers;
