//! A form for a test send of a channel or of a message.

use leptos::prelude::*;

use crate::{
    api::request::{RequestAuth, submitted_value},
    ui::components::{for_project::ForProject, message_content::address_label},
};
use wayfare_domain::profiles::profile::Channel;

#[component]
pub fn TestCard(
    channel: Channel,
    action: &'static str,
    hint: &'static str,
    /// Further fields of the form.
    hidden: Vec<(&'static str, String)>,
    /// The message has an address of its own.
    #[prop(optional)]
    addressed: bool,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="test-title">
            <h2 id="test-title">"Send a test"</h2>
            <form class="form" method="post" action=action>
                <ForProject />
                <p class="hint">{hint}</p>
                {hidden
                    .into_iter()
                    .map(|(name, value)| view! { <input r#type="hidden" name=name value=value /> })
                    .collect_view()}
                {(!addressed)
                    .then(|| {
                        view! {
                            <label class="field">
                                <span class="field-label">{address_label(channel)}</span>
                                <input r#type="text" name="to" value=submitted_value("to").unwrap_or_else(|| own_address(channel)) required spellcheck="false" />
                            </label>
                        }
                    })}
                <div class="form-actions">
                    <button class="button" r#type="submit">
                        "Send test"
                    </button>
                </div>
            </form>
        </section>
    }
}

/// The address of the user who looks at the page. Only their email address is known.
fn own_address(channel: Channel) -> String {
    let auth = use_context::<RequestAuth>().and_then(|caller| caller.standing);
    let email = auth.as_ref().and_then(|auth| auth.email()).filter(|_| channel == Channel::Email);
    email.unwrap_or_default().to_string()
}
