//! `/keys`: with what programs come in.

use leptos::prelude::*;

use crate::{
    api::keys::read_keys,
    domain::{access::Scope, team::ApiKey, text::KEY_MAX},
    ui::components::{
        field::TextField,
        page::{Loaded, Page},
        time::LongDate,
    },
};

#[component]
pub fn KeysPage() -> impl IntoView {
    view! {
        <Page title="API keys">
            <Loaded load=read_keys view=|keys| view! { <Cards keys=keys /> }.into_any() />
        </Page>
    }
}

#[component]
fn Cards(keys: Vec<ApiKey>) -> impl IntoView {
    let none = keys.is_empty();
    view! {
        <section class="card" aria-labelledby="keys-title">
            <h2 id="keys-title">"Keys of this project"</h2>
            {none.then(|| view! { <p class="hint">"None yet. A program needs one to send events or to operate journeys."</p> })}
            <ul class="rows" aria-label="API keys">
                {keys.into_iter().map(|key| view! { <KeyRow key=key /> }).collect_view()}
            </ul>
        </section>
        <section class="card" aria-labelledby="new-key-title">
            <h2 id="new-key-title">"New key"</h2>
            <form class="form" method="post" action="/api/ui/keys/create">
                <TextField label="What is it for?" name="name" max=KEY_MAX />
                <fieldset class="choices choices-long">
                    <legend>"What may it do?"</legend>
                    {Scope::ALL
                        .into_iter()
                        .map(|scope| {
                            view! {
                                <label class="choice">
                                    <input r#type="checkbox" name="scopes[]" value=scope.key() />
                                    <span>
                                        <strong>{scope.key()}</strong>
                                        ": "
                                        {scope.meaning()}
                                    </span>
                                </label>
                            }
                        })
                        .collect_view()}
                </fieldset>
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Create key"
                    </button>
                </div>
                <p class="hint">"It is shown once. Wayfare keeps only its fingerprint."</p>
            </form>
        </section>
    }
}

#[component]
fn KeyRow(key: ApiKey) -> impl IntoView {
    let name = key.name.clone();
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{key.name}</strong>
                <code>{key.hint} "…"</code>
                {key.scopes.into_iter().map(|scope| view! { <span class="badge">{scope}</span> }).collect_view()}
                <span class="hint">
                    "by " {key.created_by.name} ", " <LongDate at=key.created_at /> " · "
                    {match key.last_used_at {
                        Some(at) => view! { "last used " <LongDate at=at /> }.into_any(),
                        None => "never used".into_any(),
                    }}
                </span>
            </span>
            {match key.revoked_at {
                Some(at) => view! { <span class="hint">"revoked " <LongDate at=at /></span> }.into_any(),
                None => {
                    view! {
                        <form method="post" action="/api/ui/keys/revoke">
                            <button class="button button-small" r#type="submit" name="key" value=key.id.to_string() aria-label=format!("Revoke {name}")>
                                "Revoke"
                            </button>
                        </form>
                    }
                        .into_any()
                }
            }}
        </li>
    }
}
