//! `/invitations/:link`: joining a project.

use leptos::prelude::*;

use super::part_of_path;
use crate::{
    api::session::read_invitation,
    ui::components::{
        field::{NewPasswordField, TextField},
        page::{Loaded, Page},
    },
};
use wayfare_domain::{
    access::members::InvitationPreview, names::PERSON_MAX, query_string::write_query,
};

#[component]
pub fn InvitationPage() -> impl IntoView {
    let link = part_of_path("link");
    let asked = link.clone();
    view! {
        <Page title="Invitation">
            <Loaded
                load=move || {
                    let link = asked.clone();
                    async move { read_invitation(&link).await }
                }
                view=move |offer| view! { <Offer offer=offer link=link.clone() /> }.into_any()
            />
        </Page>
    }
}

#[component]
fn Offer(offer: InvitationPreview, link: String) -> impl IntoView {
    let lead = format!(
        "You are invited to the project “{}” as {} ({}). The invitation is for {}.",
        offer.project,
        offer.role.title(),
        offer.role.meaning(),
        offer.email
    );
    let form = match (offer.signed_in, offer.known) {
        (true, _) => view! { <JoinForm link=link project=offer.project /> }.into_any(),
        (false, true) => view! { <SignInFirst link=link /> }.into_any(),
        (false, false) => view! { <NewAccountForm link=link email=offer.email /> }.into_any(),
    };
    view! {
        <p class="lead">{lead}</p>
        {form}
    }
}

#[component]
fn JoinForm(link: String, project: String) -> impl IntoView {
    view! {
        <form class="form-actions" method="post" action="/api/ui/session/join">
            <input r#type="hidden" name="link" value=link />
            <button class="button button-primary" r#type="submit">
                {format!("Join {project}")}
            </button>
        </form>
    }
}

#[component]
fn SignInFirst(link: String) -> impl IntoView {
    let address = format!("/sign-in?{}", write_query(&[("next", format!("/invitations/{link}"))]));
    view! {
        <p class="card">
            "An account with this email address already exists. " <a href=address>"Sign in"</a> " to join."
        </p>
    }
}

#[component]
fn NewAccountForm(link: String, email: String) -> impl IntoView {
    view! {
        <form class="card form form-sign-in" method="post" action="/api/ui/session/join-new">
            <input r#type="hidden" name="link" value=link />
            <TextField label="Your name" name="name" autocomplete="name" max=PERSON_MAX autofocus=true />
            <label class="field">
                <span class="field-label">"Email address"</span>
                <input r#type="email" value=email readonly autocomplete="username" />
            </label>
            <NewPasswordField />
            <div class="form-actions">
                <button class="button button-primary" r#type="submit">
                    "Create account and join"
                </button>
            </div>
        </form>
    }
}
