//! The rules of the product: pure, without I/O, compiled for the server and for the browser.
//!
//! Nothing in here knows SQL, HTTP or a view. What a status allows, what a name may hold, what a
//! URL of the list means and what a graph must look like is decided here once and used by every
//! other room.

pub mod access;
pub mod account;
pub mod actor;
pub mod audit;
pub mod columns;
pub mod delivery;
pub mod document;
pub mod editor;
pub mod engine;
pub mod error;
pub mod figures;
pub mod graph;
pub mod hold;
pub mod ids;
pub mod interrupt;
pub mod journey;
pub mod label;
pub mod list_page;
pub mod list_query;
pub mod operation;
pub mod people;
pub mod query_string;
pub mod reference;
pub mod selection;
pub mod settings;
pub mod status;
pub mod team;
pub mod text;
pub mod time;
pub mod transition;
pub mod unreadable;
