//! `/channels/hooks`: where providers report what became of messages, and with what their reports
//! are verified.

use leptos::prelude::*;

use crate::{
    api::hooks::read_hooks,
    domain::delivery::hook::HookView,
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
        section::DELIVERY,
        time::LongDate,
    },
};

#[component]
pub fn HooksPage() -> impl IntoView {
    view! {
        <Page title="Provider reports" section=DELIVERY>
            <p class="lead">
                "Providers say here what became of a message: delivered, bounced, marked as spam, \
                    unsubscribed. A report counts only if it is signed with the secret that you \
                    enter here. Addresses are secret as well; treat them like passwords."
            </p>
            <Loaded
                load=read_hooks
                view=|hooks| hooks.into_iter().map(|hook| view! { <Hook hook=hook /> }).collect_view().into_any()
            />
        </Page>
    }
}

#[component]
fn Hook(hook: HookView) -> impl IntoView {
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
    known: Option<(crate::domain::time::Timestamp, String)>,
) -> impl IntoView {
    let field = format!("secret-{provider}");
    let remove = known.is_some();
    view! {
        <p class="hint">
            {match known {
                Some((at, by)) => view! { "Reports are verified with what " {by} " entered on " <LongDate at=at /> "." }.into_any(),
                None => "No secret yet: every report is refused.".into_any(),
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
                <span class="hint">"It is kept sealed and never shown again."</span>
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
                            aria-label=format!("Remove the secret of {title}")
                        >
                            "Remove the secret"
                        </button>
                    </form>
                }
            })}
    }
}
