//! What comes back from messages: links that are followed, pictures that are loaded, reports of
//! providers, bounces (docs/message-events.md). Here are the parts without HTTP around them:
//! tokens, signatures, forms.

pub mod bot_filter;
pub mod bounce_parser;
pub mod event_writer;
pub mod provider_webhook;
pub mod providers;
pub mod token;
