//! Wayfare: customer journeys in one binary and one file. `docs/architecture.md` says where
//! what is.
#![recursion_limit = "512"]

pub mod api;
#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod http;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// The browser's entry point: takes over the page that the server rendered. The editor is a program
/// of its own (`editor.rs`).
#[cfg(all(feature = "hydrate", not(feature = "editor")))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    ui::dom::hydrate(ui::app::App);
}
