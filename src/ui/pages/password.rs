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
                view=move |email: String| {
                    view! {
                        <form class="card form form-sign-in" method="post" action="/api/ui/session/choose-password">
                            <input r#type="hidden" name="link" value=link.clone() />
                            <label class="field">
                                <span class="field-label">"Email address"</span>
                                <input r#type="email" value=email readonly autocomplete="username" />
                            </label>
                            <NewPasswordField />
                            <div class="form-actions">
                                <button class="button button-primary" r#type="submit">
                                    "Save password"
                                </button>
                            </div>
                            <p class="hint">"This signs out every device that uses this account."</p>
                        </form>
                    }
                        .into_any()
                }
            />
        </Page>
    }
}
