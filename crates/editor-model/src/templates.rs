//! Journeys to start from. Each is a complete document that could be published as it is; what a
//! shop calls its events and what it writes to people is the author's to change.

use wayfare_domain::journeys::document::JourneyDocument;

/// One journey to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// The word in forms.
    pub key: &'static str,
    text: &'static str,
}

macro_rules! templates {
    ($($key:literal,)*) => {
        /// In the order in which they are offered.
        pub const TEMPLATES: [Template; 10] =
            [$(Template { key: $key, text: include_str!(concat!("templates/", $key, ".json")) },)*];
    };
}

templates! {
    "welcome_series",
    "abandoned_cart",
    "browse_abandonment",
    "win_back",
    "onboarding_drip",
    "birthday",
    "post_purchase_review",
    "trial_ending",
    "nps_follow_up",
    "re_permission",
}

impl Template {
    pub fn from_key(key: &str) -> Option<Self> {
        TEMPLATES.into_iter().find(|template| template.key == key)
    }

    /// The document. They are part of the program, and a test reads each.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn document(&self) -> serde_json::Result<JourneyDocument> {
        serde_json::from_str(self.text)
    }
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
