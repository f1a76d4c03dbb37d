//! `/account`: one's own name, password and devices.

use leptos::prelude::*;

use crate::{
    api::account::{AccountPage as Account, read_account},
    domain::{account::SessionView, text::PERSON_MAX},
    ui::components::{
        field::{NewPasswordField, PasswordField, TextField},
        page::{Loaded, Page},
        time::LongDate,
    },
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
                {account.has_password.then(|| view! { <PasswordField label="Present password" name="present" /> })}
                <NewPasswordField label="New password" />
                <p class="hint">"Every other device will be signed out."</p>
                <div class="form-actions">
                    <button class="button" r#type="submit">
                        "Change password"
                    </button>
                </div>
            </form>
        </section>
        <section class="card" aria-labelledby="devices-title">
            <h2 id="devices-title">"Devices"</h2>
            <p class="hint">"Where you are signed in. End what you do not know, and change your password."</p>
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
