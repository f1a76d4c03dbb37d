//! `/channels/webhooks`: the webhooks at which providers report message events, and the secrets that
//! verify them.

use leptos::prelude::*;

use crate::{
    api::provider_webhooks::read_provider_webhooks,
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        section::DELIVERY,
        time::LongDate,
    },
};
use wayfare_domain::messages::provider_webhook::ProviderWebhookView;

#[component]
pub fn HooksPage() -> impl IntoView {
    view! {
        <Page title="Provider webhooks" section=DELIVERY>
            <p class="lead">
                "Providers report here when a message is delivered, bounces, is marked as spam \
                    or leads to an unsubscribe. Requests count only if they are signed with the \
                    secret you enter. Keep the addresses secret, like passwords."
            </p>
            <Loaded
                load=read_provider_webhooks
                view=|hooks| hooks.into_iter().map(|hook| view! { <ProviderWebhook hook=hook /> }).collect_view().into_any()
            />
        </Page>
    }
}

#[component]
fn ProviderWebhook(hook: ProviderWebhookView) -> impl IntoView {
    let provider = hook.provider;
    let (key, title) = (provider.key(), provider.title());
    let (heading, field) = (format!("hook-{key}"), format!("address-{key}"));
    view! {
        <section class="card" aria-labelledby=heading.clone()>
            <h2 id=heading.clone()>{title}</h2>
            <div class="form">
                <div class="field">
                    <label class="field-label" for=field.clone()>
                        "Address" <span class="visually-hidden">{format!(" for {title}")}</span>
                    </label>
                    <input id=field class="secret" r#type="text" readonly value=hook.address spellcheck="false" />
                    <span class="hint">{provider.instruction()}</span>
                </div>
                {provider.secret_name().map(|name| view! { <Secret provider=key title=title name=name known=hook.secret /> })}
            </div>
        </section>
    }
}

#[component]
fn Secret(
    provider: &'static str,
    title: &'static str,
    name: &'static str,
    known: Option<(wayfare_domain::time::Timestamp, String)>,
) -> impl IntoView {
    let field = format!("secret-{provider}");
    let remove = known.is_some();
    view! {
        <p class="hint">
            {match known {
                Some((at, by)) => view! { "Secret entered by " {by} " on " <LongDate at=at /> "." }.into_any(),
                None => "No secret yet, so every request is refused. Enter the provider’s secret \
                    below.".into_any(),
            }}
        </p>
        <form class="form" method="post" action="/api/ui/hooks/save">
            <ForProject />
            <input r#type="hidden" name="provider" value=provider />
            <div class="field">
                <label class="field-label" for=field.clone()>
                    {name} <span class="visually-hidden">{format!(" of {title}")}</span>
                </label>
                <input id=field r#type="password" name="secret" required autocomplete="off" maxlength="1000" />
                <span class="hint">"Stored encrypted and never shown again."</span>
            </div>
            <div class="form-actions">
                <button class="button button-primary" r#type="submit" aria-label=format!("Save the secret of {title}")>
                    "Save"
                </button>
            </div>
        </form>
        {remove
            .then(|| {
                view! {
                    <form method="post" action="/api/ui/hooks/remove">
                        <ForProject />
                        <button
                            class="button button-small"
                            r#type="submit"
                            name="provider"
                            value=provider
                            aria-label=format!("Remove secret of {title}")
                        >
                            "Remove secret"
                        </button>
                    </form>
                }
            })}
    }
}
