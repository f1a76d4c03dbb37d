//! Pages that belong together: one entry in the main navigation, and a navigation of their own with
//! the pages that the role allows.

use http::request::Parts;
use leptos::prelude::*;

use crate::api::request::may;
use wayfare_domain::access::permissions::Permission;

/// A page of a section: its address, its name there, and who may see it.
type Entry = (&'static str, &'static str, Permission);

#[derive(Debug, Clone, Copy)]
pub struct Section {
    pub name: &'static str,
    pub pages: &'static [Entry],
}

/// Channels, failed messages, provider webhooks and the suppression list.
pub const DELIVERY: Section = Section {
    name: "Delivery",
    pages: &[
        ("/delivery", "Overview", Permission::SeeJourneys),
        ("/channels", "Channels", Permission::ManageChannels),
        ("/channels/webhooks", "Provider webhooks", Permission::ManageChannels),
        ("/suppressions", "Suppression list", Permission::SeeJourneys),
    ],
};

/// The path of the requested page.
pub fn here() -> String {
    use_context::<Parts>().map(|parts| parts.uri.path().to_string()).unwrap_or_default()
}

/// Is it this page, or one below it?
pub fn is_under(here: &str, address: &str) -> bool {
    here.strip_prefix(address).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Section {
    /// The page that is shown, or the nearest one above it.
    fn current(self, here: &str) -> Option<&'static str> {
        let addresses = self.pages.iter().map(|(address, ..)| *address);
        addresses.filter(|address| is_under(here, address)).max_by_key(|address| address.len())
    }
}

#[component]
pub fn SectionNavigation(section: Section) -> impl IntoView {
    let here = here();
    let current = section.current(&here);
    let shown = section.pages.iter().filter(|(.., permission)| may(*permission));
    view! {
        <nav class="section-nav" aria-label=section.name>
            {shown
                .map(|(address, title, _)| {
                    let mark = (Some(*address) == current).then_some(if here == *address { "page" } else { "true" });
                    view! {
                        <a href=*address aria-current=mark>
                            {*title}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_page_of_a_section_is_the_current_one() {
        for (here, current) in [
            ("/channels", Some("/channels")),
            ("/channels/email", Some("/channels")),
            ("/channels/webhooks", Some("/channels/webhooks")),
            ("/suppressions", Some("/suppressions")),
            ("/suppressions.csv", None),
            ("/journeys", None),
        ] {
            assert_eq!(DELIVERY.current(here), current, "{here}");
        }
    }
}
