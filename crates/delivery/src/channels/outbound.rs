//! One message, ready to go: everything is filled in.

use wayfare_templates::content::Content;

/// One message with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundMessage {
    /// The same for every try of the same message: `Idempotency-Key` over HTTP, `Message-ID` in
    /// mail. Letters, digits and dots.
    pub key: String,
    /// Their address by this channel; empty for webhooks.
    pub to: String,
    /// What it is called in its subject's or receiver's eyes.
    pub to_name: Option<String>,
    pub content: Content,
}
