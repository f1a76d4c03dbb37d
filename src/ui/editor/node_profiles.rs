//! The profiles at a node of a published version.

use leptos::{prelude::*, task::spawn_local};

use super::context::{GraphState, OpenVersion, Overlay, Panels};
use crate::api::editor::people_at;
use wayfare_domain::{
    journeys::read_model::NodeStats,
    stats::{format_count, pluralize},
    versions::ProfileAtNode,
};

fn describe(stats: &NodeStats) -> String {
    match stats.waiting() {
        0 => format!("{} came", format_count(stats.came)),
        waiting => format!("{} came · {} here", format_count(stats.came), format_count(waiting)),
    }
}

/// The stats of a step beside the outline, where the keyboard reaches them. The button stays while
/// they change.
#[component]
pub fn OutlineStats(id: String) -> impl IntoView {
    let panels = Panels::here();
    let overlay = Overlay::here();
    let id = StoredValue::new(id);
    let text = Memo::new(move |_| overlay.stats.read().get(&id.get_value()).map(describe));
    let has_stats = Memo::new(move |_| text.read().is_some());
    let label = move || format!("{}. List people here", text.get().unwrap_or_default());
    move || {
        has_stats.get().then(|| {
            view! {
                <button class="button button-small" r#type="button" aria-label=label on:click=move |_| panels.profiles_at.set(Some(id.get_value()))>
                    {move || text.get().unwrap_or_default()}
                </button>
            }
        })
    }
}

/// The stats of a step on its box; pressed, they list the profiles there.
#[component]
pub fn BoxStats(id: String, stats: NodeStats) -> impl IntoView {
    let graph = GraphState::here();
    let panels = Panels::here();
    let text = describe(&stats);
    let label = format!("{text} at {}. List people here", graph.title(&id));
    let open = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        panels.profiles_at.set(Some(id.clone()));
    };
    view! {
        <button class="step-figures" r#type="button" tabindex="-1" aria-label=label on:click=open>
            {text}
        </button>
    }
}

/// The profiles at a node, as a list.
#[component]
pub fn ProfileList(node: String) -> impl IntoView {
    let open_version = OpenVersion::here();
    let graph = GraphState::here();
    let document = open_version.document();
    let (journey, version) = (document.journey.to_string(), document.version);
    let title = graph.title(&node);
    let profiles = RwSignal::new(None::<Result<Vec<ProfileAtNode>, String>>);
    spawn_local(async move {
        let result = people_at(journey, version, node).await.map_err(|error| error.sentence());
        profiles.try_set(Some(result));
    });
    view! {
        <p class="dialog-text">{title}</p>
        {move || match profiles.get() {
            None => view! { <p class="hint">"Loading…"</p> }.into_any(),
            Some(Err(sentence)) => view! { <p class="complaint">{sentence}</p> }.into_any(),
            Some(Ok(list)) if list.is_empty() => view! { <p class="hint">"No one is at this \
                step now."</p> }.into_any(),
            Some(Ok(list)) => {
                let count = pluralize(list.len() as i64, "person", "people");
                view! {
                    <p class="hint">{count}</p>
                    <ul class="people-here">{list.into_iter().map(|profile| view! { <ProfileLine profile=profile /> }).collect_view()}</ul>
                }
                    .into_any()
            }
        }}
    }
}

#[component]
fn ProfileLine(profile: ProfileAtNode) -> impl IntoView {
    let name = profile.identity.unwrap_or_else(|| "Profile without an identity".to_string());
    view! {
        <li>
            <a href=format!("/enrolments/{}", profile.enrolment)>{name}</a>
            <span class="hint">{format!(" since {}", profile.since.long_date())}</span>
        </li>
    }
}
