//! The rules of editing a journey, shared by the canvas in the browser and the server: commands and
//! their history, layout and routing, problems, differences, simulation and replay. Pure, like the
//! domain that it is built on; what the two halves tell each other is `wayfare_domain::versions`.

pub mod auto_layout;
pub mod clipboard;
pub mod delay_preview;
pub mod diff;
pub mod field_values;
pub mod geometry;
pub mod history;
pub mod outline;
pub mod palette;
pub mod placement;
pub mod problems;
pub mod replay;
pub mod routing;
pub mod simulation;
pub mod state;
pub mod template_variables;
#[cfg(any(test, feature = "server"))]
pub mod templates;
#[cfg(test)]
mod test_graphs;
