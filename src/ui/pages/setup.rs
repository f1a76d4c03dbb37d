//! `/setup`: the first account. From then on sign-in is required.

use leptos::prelude::*;

use crate::{
    api::session::read_sign_in,
    ui::components::{
        field::{NewPasswordField, TextField},
        page::{Loaded, Page},
    },
};
use wayfare_domain::{access::account::EMAIL_MAX, names::PERSON_MAX};

#[component]
pub fn SetupPage() -> impl IntoView {
    view! {
        <Page title="Create the first account">
            <Loaded
                load=|| async { read_sign_in() }
                view=|page| if page.local { view! { <FirstAccountForm /> }.into_any() } else { view! { <TooLate /> }.into_any() }
            />
        </Page>
    }
}

#[component]
fn FirstAccountForm() -> impl IntoView {
    view! {
        <p class="lead">
            "This account becomes the admin of every project. After that, everyone has to sign \
                in, and you can open Wayfare to others."
        </p>
        <form class="card form form-sign-in" method="post" action="/api/ui/session/found">
            <TextField label="Your name" name="name" autocomplete="name" max=PERSON_MAX autofocus=true />
            <TextField label="Email address" name="email" kind="email" autocomplete="username" max=EMAIL_MAX />
            <NewPasswordField />
            <div class="form-actions">
                <button class="button button-primary" r#type="submit">
                    "Create account"
                </button>
                <a class="button" href="/journeys">
                    "Not now"
                </a>
            </div>
        </form>
    }
}

#[component]
fn TooLate() -> impl IntoView {
    view! {
        <p class="card">"The first account already exists. " <a href="/sign-in">"Sign in"</a> ", or ask an admin to invite you."</p>
    }
}
