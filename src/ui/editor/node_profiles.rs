//! Who is at a node of a published version.

use leptos::{prelude::*, task::spawn_local};

use super::bench::Bench;
use crate::api::editor::people_at;
use wayfare_domain::{
    journeys::read_model::NodeStats,
    stats::{format_count, pluralize},
    versions::ProfileAtNode,
};

fn in_words(figures: &NodeStats) -> String {
    match figures.waiting() {
        0 => format!("{} came", format_count(figures.came)),
        waiting => format!("{} came · {} here", format_count(figures.came), format_count(waiting)),
    }
}

/// The same beside the outline, where the keyboard comes by. It stays while its figures change.
#[component]
pub fn PeopleButton(id: String) -> impl IntoView {
    let bench = Bench::here();
    let id = StoredValue::new(id);
    let text = Memo::new(move |_| bench.figures.read().get(&id.get_value()).map(in_words));
    let counted = Memo::new(move |_| text.read().is_some());
    let label = move || format!("{}. List people here", text.get().unwrap_or_default());
    move || {
        counted.get().then(|| {
            view! {
                <button class="button button-small" r#type="button" aria-label=label on:click=move |_| bench.people.set(Some(id.get_value()))>
                    {move || text.get().unwrap_or_default()}
                </button>
            }
        })
    }
}

/// Who came and who waits; pressed, it lists those who are there.
#[component]
pub fn PeopleHere(id: String, figures: NodeStats) -> impl IntoView {
    let bench = Bench::here();
    let text = in_words(&figures);
    let label = format!("{text} at {}. List people here", bench.title(&id));
    let open = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        bench.people.set(Some(id.clone()));
    };
    view! {
        <button class="step-figures" r#type="button" tabindex="-1" aria-label=label on:click=open>
            {text}
        </button>
    }
}

/// The people at a node, as a list.
#[component]
pub fn PeopleList(node: String) -> impl IntoView {
    let bench = Bench::here();
    let document = bench.document.get_value();
    let (journey, version) = (document.journey.to_string(), document.version);
    let title = bench.title(&node);
    let found = RwSignal::new(None::<Result<Vec<ProfileAtNode>, String>>);
    spawn_local(async move {
        let answer = people_at(journey, version, node).await.map_err(|error| error.sentence());
        found.try_set(Some(answer));
    });
    view! {
        <p class="dialog-text">{title}</p>
        {move || match found.get() {
            None => view! { <p class="hint">"Loading…"</p> }.into_any(),
            Some(Err(sentence)) => view! { <p class="complaint">{sentence}</p> }.into_any(),
            Some(Ok(people)) if people.is_empty() => view! { <p class="hint">"No one is at this \
                step now."</p> }.into_any(),
            Some(Ok(people)) => {
                let count = pluralize(people.len() as i64, "person", "people");
                view! {
                    <p class="hint">{count}</p>
                    <ul class="people-here">{people.into_iter().map(|person| view! { <PersonLine person=person /> }).collect_view()}</ul>
                }
                    .into_any()
            }
        }}
    }
}

#[component]
fn PersonLine(person: ProfileAtNode) -> impl IntoView {
    let name = person.identity.unwrap_or_else(|| "Profile without an identity".to_string());
    view! {
        <li>
            <a href=format!("/enrolments/{}", person.trip)>{name}</a>
            <span class="hint">{format!(" since {}", person.since.long_date())}</span>
        </li>
    }
}
