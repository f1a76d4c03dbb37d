//! One message, ready to go: everything is filled in.

use wayfare_domain::graph::node::WebhookMethod;

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Email(EmailContent),
    Sms { body: String },
    Push { title: String, body: String, link: Option<String> },
    Webhook(WebhookContent),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmailContent {
    pub subject: String,
    /// Always there; made from the HTML where the author wrote only that.
    pub text: String,
    pub html: Option<String>,
    /// For `List-Unsubscribe` with one click (RFC 8058).
    pub unsubscribe: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookContent {
    pub method: WebhookMethod,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}
