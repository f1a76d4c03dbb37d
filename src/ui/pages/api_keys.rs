//! `/api-keys`: the API keys of the project.

use leptos::prelude::*;

use crate::{
    api::keys::read_keys,
    ui::components::{
        field::TextField,
        for_project::ForProject,
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::{
    access::{
        members::ApiKey,
        permissions::{KeyLifetime, KeyState, Scope},
    },
    names::KEY_MAX,
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
            <h2 id="keys-title">"API keys of this project"</h2>
            {none.then(|| view! { <p class="hint">"No API keys yet. Create one below: programs \
                need it to send events or operate journeys."</p> })}
            <ul class="rows" aria-label="API keys">
                {keys.into_iter().map(|key| view! { <KeyRow key=key /> }).collect_view()}
            </ul>
        </section>
        <section class="card" aria-labelledby="new-key-title">
            <h2 id="new-key-title">"New API key"</h2>
            <form class="form" method="post" action="/api/ui/keys/create">
                <ForProject />
                <TextField label="Name" name="name" max=KEY_MAX hint="The program that uses it, for example: shop backend." />
                <fieldset class="choices choices-long">
                    <legend>"Scopes"</legend>
                    {Scope::ALL.into_iter().filter(|scope| *scope != Scope::Browser).map(|scope| view! { <ScopeChoice scope=scope /> }).collect_view()}
                </fieldset>
                <fieldset class="choices choices-long">
                    <legend>"Browser key"</legend>
                    <ScopeChoice scope=Scope::Browser />
                </fieldset>
                <p class="hint">
                    "Anyone who opens your pages can read a key embedded in them. For such a \
                        key, choose only “browser”."
                </p>
                <label class="field">
                    <span class="field-label">"Expires"</span>
                    <select name="lifetime">
                        {KeyLifetime::ALL
                            .into_iter()
                            .map(|lifetime| {
                                view! {
                                    <option value=lifetime.key() selected=lifetime == KeyLifetime::Year>
                                        {lifetime.title()}
                                    </option>
                                }
                            })
                            .collect_view()}
                    </select>
                </label>
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Create key"
                    </button>
                </div>
                <p class="hint">
                    "The key is shown only once. You own it: it stops working when you can no \
                        longer manage API keys in this project."
                </p>
            </form>
        </section>
    }
}

#[component]
fn ScopeChoice(scope: Scope) -> impl IntoView {
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
}

#[component]
fn KeyRow(key: ApiKey) -> impl IntoView {
    let (revoked_at, id, state) = (key.revoked_at, key.id.to_string(), key.state);
    let name = key.name.clone();
    let others = key.kept_by.id != key.created_by.id;
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{key.name}</strong>
                <code>{key.hint} "…"</code>
                {key.scopes.into_iter().map(|scope| view! { <span class="badge">{scope}</span> }).collect_view()}
                <span class="hint">
                    "created by " {key.created_by.name} ", " <LongDate at=key.created_at /> " · "
                    {others.then(|| format!("owned by {} · ", key.kept_by.name))}
                    {match key.last_used_at {
                        Some(at) => view! { "last used " <LongDate at=at /> }.into_any(),
                        None => "never used".into_any(),
                    }}
                    {key.expires_at.filter(|_| revoked_at.is_none()).map(|at| view! { " · expires " <LongDate at=at /> })}
                </span>
                {key_state(state, &key.kept_by.name).map(|text| view! { <span class="hint">{text}</span> })}
            </span>
            {match revoked_at {
                Some(at) => view! { <span class="hint">"revoked " <LongDate at=at /></span> }.into_any(),
                None => {
                    view! {
                        {state.waits_for_keeper().then(|| view! { <KeyAction action="take-over" word="Take over" id=id.clone() name=name.clone() /> })}
                        <KeyAction action="revoke" word="Revoke" id=id.clone() name=name.clone() />
                    }
                        .into_any()
                }
            }}
        </li>
    }
}

#[component]
fn KeyAction(action: &'static str, word: &'static str, id: String, name: String) -> impl IntoView {
    view! {
        <form method="post" action=format!("/api/ui/keys/{action}")>
            <ForProject />
            <button class="button button-small" r#type="submit" name="key" value=id aria-label=format!("{word} {name}")>
                {word}
            </button>
        </form>
    }
}

/// Why a key does not work, or soon will not.
fn key_state(state: KeyState, keeper: &str) -> Option<String> {
    match state {
        KeyState::Good | KeyState::Revoked => None,
        KeyState::EndsSoon => Some("Expires soon. Create a replacement in time.".to_string()),
        KeyState::Expired => {
            Some("Expired. Requests that use it are refused. Create a new key.".to_string())
        }
        KeyState::KeeperSuspended => Some(format!(
            "Refused: the account of its owner, {keeper}, is suspended. Take it over or revoke it."
        )),
        KeyState::KeeperWithoutRight => Some(format!(
            "Refused: its owner, {keeper}, can no longer manage API keys here. Take it over or \
                revoke it."
        )),
    }
}
