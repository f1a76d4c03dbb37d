//! What a message says by each channel, with everything filled in.

use wayfare_domain::graph::node::WebhookMethod;

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
