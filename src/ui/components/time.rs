//! Moments. Both sides write the same UTC text; the exact moment is in the title.

use leptos::prelude::*;

use wayfare_domain::time::Timestamp;

/// "23 Nov 2026" with the minute in its title.
#[component]
pub fn ShortDate(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string() title=at.long_date()>{at.short_date()}</time> }
}

/// "23 Nov 2026, 18:30 UTC".
#[cfg(feature = "ssr")]
#[component]
pub fn LongDate(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string()>{at.long_date()}</time> }
}
