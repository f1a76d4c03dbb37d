//! The pages. Rendered on the server and complete without scripts; in the browser the same code
//! takes over and makes them smoother.

pub mod app;
pub mod components;
pub mod dom;
#[cfg(feature = "editor")]
pub mod editor;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod toaster;
