//! The versions of a journey with their stats, and links to each.

use leptos::prelude::*;

use crate::{
    api::request::may,
    ui::components::{status_badge::StatusBadge, time::ShortDate},
};
use wayfare_domain::{
    access::permissions::Permission, ids::JourneyId, journeys::read_model::VersionSummary,
    stats::format_count,
};

/// Newest first, as they come. `opened` is the version that the page shows.
#[component]
pub fn VersionsTable(
    journey: JourneyId,
    versions: Vec<VersionSummary>,
    opened: Option<i64>,
) -> impl IntoView {
    let edits = may(Permission::EditJourneys);
    let several = versions.len() > 1;
    view! {
        <section class="card" aria-labelledby="versions-title" data-live="versions">
            <h2 id="versions-title">"Versions"</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-labelledby="versions-title">
                <table class="plain-table" aria-label="Versions">
                    <thead>
                        <tr>
                            <th scope="col">"Version"</th>
                            <th scope="col">"Status"</th>
                            <th scope="col" class="cell-number">"Entered"</th>
                            <th scope="col" class="cell-number">"Inside"</th>
                            <th scope="col">"Published"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {versions
                            .into_iter()
                            .map(|version| view! { <VersionRow journey=journey version=version edits=edits opened=opened /> })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
            {several.then(|| view! { <p><a href=format!("/journeys/{journey}/compare")>"Compare versions"</a></p> })}
        </section>
    }
}

#[component]
fn VersionRow(
    journey: JourneyId,
    version: VersionSummary,
    edits: bool,
    opened: Option<i64>,
) -> impl IntoView {
    let number = version.number;
    let published = version.published_by.clone().zip(version.published_at);
    let is_open = opened == Some(number);
    view! {
        <tr aria-current=is_open.then_some("true")>
            <th scope="row">
                {if edits && !is_open {
                    view! {
                        <a href=format!("/journeys/{journey}/edit?version={number}") aria-label=format!("Open version {number}")>
                            {number}
                        </a>
                    }
                        .into_any()
                } else {
                    number.into_any()
                }}
            </th>
            <td>
                <StatusBadge status=version.status />
            </td>
            <td class="cell-number">{format_count(version.figures.entered)}</td>
            <td class="cell-number">{format_count(version.figures.inside)}</td>
            <td>{published.map(|(by, at)| view! { <ShortDate at=at /> " by " {by.name} })}</td>
        </tr>
    }
}
