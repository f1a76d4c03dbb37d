//! Fills in what authors write: Liquid over the profile, the event that started the enrolment, and
//! the journey.
//!
//! A message is compiled once ([`CompiledMessage::new`]) and composed for each person. What it may
//! cost is limited (`budget.rs`), values cannot break out of their place (`escape_context.rs`), and
//! what is not there is nothing (`scope.rs`).

mod addresses;
#[cfg(test)]
mod bare_tests;
mod blocks;
mod budget;
mod compile;
pub mod content;
mod email;
mod escape_context;
mod expression;
mod filters;
#[cfg(test)]
mod finished_tests;
#[cfg(test)]
mod hostile_tests;
mod layout_cache;
mod link_rewriter;
mod lint;
mod markup;
mod markup_pieces;
mod message;
mod mjml;
mod parser;
mod placeholders;
mod sample;
#[cfg(test)]
mod tests;
mod text_part;
mod variable_scope;

use wayfare_domain::{
    engine::time_zones::TimeZones,
    profiles::{Profile, Properties},
    time::Timestamp,
};

pub use lint::check;
pub use message::{CompiledMessage, TemplateError, compose};
pub use sample::{SampleData, sample};

/// What a message is filled in with.
pub struct RenderContext<'a> {
    pub profile: &'a Profile,
    /// Of the event that let them in.
    pub event: &'a Properties,
    pub journey_id: &'a str,
    pub journey_name: &'a str,
    pub calendar: &'a dyn TimeZones,
    /// IANA name of the zone they live in.
    pub zone: &'a str,
    pub now: Timestamp,
}

/// Links that are a message's own. Without them (a preview, a test) nothing is counted and no one
/// is unsubscribed.
pub trait LinkBuilder: Send + Sync {
    /// Leads to `target` and counts as a click.
    fn click(&self, target: &str) -> String;
    /// A picture that counts as a view.
    fn pixel(&self) -> String;
    /// One click unsubscribes (RFC 8058); opened in a browser it shows their preferences.
    fn unsubscribe(&self) -> String;
    /// Their preferences.
    fn preferences(&self) -> String;
}
