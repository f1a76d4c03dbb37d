//! `/sign-in`: an email address and a password, or single sign-on.

use leptos::prelude::*;

use super::query_value;
use crate::{
    api::session::read_sign_in,
    ui::components::{
        field::{PasswordField, TextField},
        page::{Loaded, Page},
    },
};
use wayfare_domain::{access::account::EMAIL_MAX, query_string::write_query};

#[component]
pub fn SignInPage() -> impl IntoView {
    let next = query_value("next");
    view! {
        <Page title="Sign in">
            <Loaded
                load=|| async { read_sign_in() }
                view=move |page| {
                    let next = next.clone();
                    let provider = page
                        .provider
                        .map(|name| {
                            let address = format!("/sign-in/provider?{}", write_query(&[("next", next.clone())]));
                            view! {
                                <p class="form-actions">
                                    <a class="button" href=address>
                                        {name}
                                    </a>
                                </p>
                            }
                        });
                    view! {
                        {page.local.then(|| view! { <LocalHint /> })}
                        <form class="card form form-sign-in" method="post" action="/api/ui/session/sign-in">
                            <input r#type="hidden" name="next" value=next />
                            <TextField label="Email address" name="email" kind="email" autocomplete="username" max=EMAIL_MAX autofocus=true />
                            <PasswordField />
                            <div class="form-actions">
                                <button class="button button-primary" r#type="submit">
                                    "Sign in"
                                </button>
                            </div>
                            <p class="hint">
                                "Forgot your password? Ask your administrator to run: "
                                <code>"wayfare user reset"</code>
                            </p>
                        </form>
                        {provider}
                    }
                        .into_any()
                }
            />
        </Page>
    }
}

#[component]
fn LocalHint() -> impl IntoView {
    view! {
        <p class="card card-warning">
            "No account exists yet, so you don’t need to sign in. " <a href="/journeys">"Go to the Journeys page"</a> " or "
            <a href="/setup">"create the first account"</a> "."
        </p>
    }
}
