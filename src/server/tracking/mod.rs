//! What comes back from messages: links that are followed, pictures that are loaded, reports of
//! providers, bounces (docs/message-events.md). Here are the parts without HTTP around them:
//! tokens, signatures, forms.

pub mod bounce;
pub mod hook;
pub mod intake;
pub mod providers;
pub mod token;
pub mod visitor;
