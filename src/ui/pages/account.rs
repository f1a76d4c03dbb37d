//! `/account`: name, password, single sign-on and devices of the user.

use leptos::prelude::*;

use crate::{
    api::account::{AccountPage as Account, read_account},
    ui::components::{
        field::{NewPasswordField, PasswordField, TextField},
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::{
    access::account::{LinkedIdentity, SessionView},
    names::PERSON_MAX,
};

#[component]
pub fn AccountPage() -> impl IntoView {
    view! {
        <Page title="Your account">
            <Loaded load=read_account view=|account| view! { <Cards account=account /> }.into_any() />
        </Page>
    }
}

#[component]
fn Cards(account: Account) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="name-title">
            <h2 id="name-title">"Name"</h2>
            <form class="form" method="post" action="/api/ui/account/rename">
                <TextField label="Your name" name="name" value=account.name autocomplete="name" max=PERSON_MAX />
                <p class="hint">{format!("You sign in as {}.", account.email)}</p>
                <div class="form-actions">
                    <button class="button" r#type="submit">
                        "Save name"
                    </button>
                </div>
            </form>
        </section>
        <section class="card" aria-labelledby="password-title">
            <h2 id="password-title">"Password"</h2>
            <form class="form" method="post" action="/api/ui/account/password">
                {account.has_password.then(|| view! { <PasswordField label="Current password" name="present" /> })}
                <NewPasswordField label="New password" />
                <p class="hint">"This signs out every other device."</p>
                <div class="form-actions">
                    <button class="button" r#type="submit">
                        "Change password"
                    </button>
                </div>
            </form>
        </section>
        {(account.provider.is_some() || !account.linked.is_empty())
            .then(|| view! { <SingleSignOn provider=account.provider linked=account.linked has_password=account.has_password /> })}
        <section class="card" aria-labelledby="devices-title">
            <h2 id="devices-title">"Devices"</h2>
            <p class="hint">"You are signed in on these devices. If you don’t recognise one, \
                sign it out and change your password."</p>
            <ul class="rows" aria-label="Devices">
                {account.sessions.into_iter().map(|session| view! { <Device session=session /> }).collect_view()}
            </ul>
            <form class="form-actions" method="post" action="/api/ui/account/sign-out-everywhere">
                <button class="button" r#type="submit">
                    "Sign out everywhere"
                </button>
            </form>
        </section>
    }
}

/// Single sign-on. It is linked from inside the account, because an email address alone proves too
/// little.
#[component]
fn SingleSignOn(
    provider: Option<String>,
    linked: Vec<LinkedIdentity>,
    has_password: bool,
) -> impl IntoView {
    let title = provider.clone().unwrap_or_else(|| "Single sign-on".to_string());
    let nothing = linked.is_empty();
    view! {
        <section class="card" aria-labelledby="sso-title">
            <h2 id="sso-title">{title}</h2>
            {(!nothing)
                .then(|| {
                    view! {
                        <p class="hint">"Signing in with one of these identities opens your \
                            account. Unlinking one also removes the roles that came with it."</p>
                        <ul class="rows" aria-label="Linked identities">
                            {linked.into_iter().map(|identity| view! { <Linked identity=identity /> }).collect_view()}
                        </ul>
                    }
                })}
            {provider
                .filter(|_| nothing)
                .map(|name| {
                    view! {
                        <form class="form" method="post" action="/sign-in/provider/link">
                            <p class="hint">{format!("Not linked yet. Link {name} to sign in \
                                with it as well.")}</p>
                            {has_password.then(|| view! { <PasswordField label="Your password" name="present" /> })}
                            <div class="form-actions">
                                <button class="button" r#type="submit">
                                    {format!("Link {name}")}
                                </button>
                            </div>
                        </form>
                    }
                })}
        </section>
    }
}

#[component]
fn Linked(identity: LinkedIdentity) -> impl IntoView {
    let unlink = format!("Unlink {} at {}", identity.subject, identity.issuer);
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{identity.subject.clone()}</strong>
                <span class="hint">{identity.issuer.clone()}</span>
            </span>
            <form method="post" action="/api/ui/account/unlink-provider">
                <input r#type="hidden" name="issuer" value=identity.issuer />
                <input r#type="hidden" name="subject" value=identity.subject />
                <button class="button button-small" r#type="submit" aria-label=unlink>
                    "Unlink"
                </button>
            </form>
        </li>
    }
}

#[component]
fn Device(session: SessionView) -> impl IntoView {
    let end = format!("Sign out {}", session.device);
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{session.device}</strong>
                {session.current.then(|| view! { <span class="badge">"This device"</span> })}
                <span class="hint">
                    {session.address} " · signed in " <LongDate at=session.created_at /> " · last seen " <LongDate at=session.last_seen_at />
                </span>
            </span>
            {(!session.current)
                .then(|| {
                    view! {
                        <form method="post" action="/api/ui/account/end-session">
                            <button class="button button-small" r#type="submit" name="session" value=session.id.to_string() aria-label=end>
                                "Sign out"
                            </button>
                        </form>
                    }
                })}
        </li>
    }
}
