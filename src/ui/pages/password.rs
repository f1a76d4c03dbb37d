//! `/password/:link`: choosing a password with a one-time link.

use leptos::prelude::*;

use super::part_of_path;
use crate::{
    api::session::read_password_link,
    ui::components::{
        field::NewPasswordField,
        page::{Loaded, Page},
    },
};
use wayfare_domain::access::account::{LinkedIdentity, PasswordOffer};

#[component]
pub fn PasswordPage() -> impl IntoView {
    let link = part_of_path("link");
    let asked = link.clone();
    view! {
        <Page title="Choose a password">
            <Loaded
                load=move || {
                    let link = asked.clone();
                    async move { read_password_link(&link).await }
                }
                view=move |offer: PasswordOffer| {
                    view! {
                        <form class="card form form-sign-in" method="post" action="/api/ui/session/choose-password">
                            <input r#type="hidden" name="link" value=link.clone() />
                            <label class="field">
                                <span class="field-label">"Email address"</span>
                                <input r#type="email" value=offer.email readonly autocomplete="username" />
                            </label>
                            <NewPasswordField />
                            <div class="form-actions">
                                <button class="button button-primary" r#type="submit">
                                    "Save password"
                                </button>
                            </div>
                            <p class="hint">"This signs out every device that uses this account."</p>
                            {(!offer.linked.is_empty()).then(|| view! { <Unlinks linked=offer.linked /> })}
                        </form>
                    }
                        .into_any()
                }
            />
        </Page>
    }
}

/// Who could sign in until now without knowing the password.
#[component]
fn Unlinks(linked: Vec<LinkedIdentity>) -> impl IntoView {
    view! {
        <p class="hint">
            "These SSO sign-ins are unlinked as well, with the roles that came with them. Link \
                your own again under “Your account”."
        </p>
        <ul class="rows" aria-label="Linked sign-ins">
            {linked
                .into_iter()
                .map(|identity| {
                    view! {
                        <li class="row">
                            <span class="row-main">
                                <strong>{identity.subject}</strong>
                                <span class="hint">{identity.issuer}</span>
                            </span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}
