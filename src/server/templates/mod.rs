//! Fills in what authors write: Liquid over the profile, the event that let her in, and the journey.

use crate::domain::{
    engine::calendar::Calendar,
    people::{Profile, Properties},
    time::Timestamp,
};

/// What a message is filled in with.
pub struct Facts<'a> {
    pub profile: &'a Profile,
    /// Of the event that let her in.
    pub event: &'a Properties,
    pub journey_id: &'a str,
    pub journey_name: &'a str,
    pub calendar: &'a dyn Calendar,
    /// IANA name of the zone she lives in.
    pub zone: &'a str,
    pub now: Timestamp,
}

/// Links that are a message's own. Without them (a preview, a test) nothing is counted and nobody is unsubscribed.
pub trait Links: Send + Sync {
    /// Leads to `target` and counts as a click.
    fn click(&self, target: &str) -> String;
    /// A picture that counts as a view.
    fn pixel(&self) -> String;
    /// One click unsubscribes (RFC 8058); opened in a browser it shows her preferences.
    fn unsubscribe(&self) -> String;
    /// Her preferences.
    fn preferences(&self) -> String;
}
pub struct CompiledMessage(crate::domain::graph::node::NodeKind);
impl CompiledMessage {
    pub fn new(k: &crate::domain::graph::node::NodeKind) -> Result<Self, Vec<crate::domain::error::FieldError>> {
        Ok(Self(k.clone()))
    }
    pub fn compose(&self, _: &Facts<'_>, _: Option<&dyn Links>) -> Result<crate::server::channels::Content, String> {
        use crate::{domain::graph::node::NodeKind, server::channels::*};
        match &self.0 {
            NodeKind::Sms { body } => Ok(Content::Sms { body: body.clone() }),
            NodeKind::Webhook { url, body, method, .. } => {
                Ok(Content::Webhook(WebhookContent { method: *method, url: url.clone(), headers: vec![], body: body.clone() }))
            }
            _ => Err("no".into()),
        }
    }
}
