//! `/team`: the members of the project, their roles, and invitations.

use leptos::prelude::*;

use crate::{
    api::team::{TeamPageData, read_team},
    ui::components::{
        field::{RoleField, TextField},
        for_project::ForProject,
        page::{Loaded, Page},
        time::LongDate,
    },
};
use wayfare_domain::{
    access::{
        account::EMAIL_MAX,
        members::{Invitation, Member},
    },
    ids::UserId,
};

#[component]
pub fn TeamPage() -> impl IntoView {
    view! {
        <Page title="Team">
            <Loaded load=read_team view=|team| view! { <Cards team=team /> }.into_any() />
        </Page>
    }
}

#[component]
fn Cards(team: TeamPageData) -> impl IntoView {
    let me = team.me;
    let none = team.members.is_empty();
    view! {
        <section class="card" aria-labelledby="members-title">
            <h2 id="members-title">"Members"</h2>
            {none
                .then(|| {
                    view! {
                        <p class="hint">
                            "No members yet, because no account exists. " <a href="/setup">"Create the first account"</a> "."
                        </p>
                    }
                })}
            <ul class="rows" aria-label="Members">
                {team.members.into_iter().map(|member| view! { <MemberRow member=member me=me /> }).collect_view()}
            </ul>
        </section>
        <section class="card" aria-labelledby="invite-title">
            <h2 id="invite-title">"Invite a member"</h2>
            <form class="form" method="post" action="/api/ui/people/invite">
                <ForProject />
                <TextField label="Email address" name="email" kind="email" max=EMAIL_MAX />
                <RoleField label="Role" />
                <div class="form-actions">
                    <button class="button button-primary" r#type="submit">
                        "Create invitation"
                    </button>
                </div>
                <p class="hint">"You get a link to share. It works once and expires after 7 \
                    days."</p>
            </form>
        </section>
        {(!team.invitations.is_empty()).then(|| view! { <Invitations invitations=team.invitations /> })}
    }
}

#[component]
fn MemberRow(member: Member, me: UserId) -> impl IntoView {
    let id = member.person.id.to_string();
    let name = member.person.name.clone();
    view! {
        <li class="row">
            <span class="row-main">
                <strong>{member.person.name}</strong>
                {(member.person.id == me).then(|| view! { <span class="badge">"You"</span> })}
                <span class="hint">
                    {member.email} " · "
                    {match member.last_sign_in_at {
                        Some(at) => view! { "last signed in " <LongDate at=at /> }.into_any(),
                        None => "never signed in".into_any(),
                    }} {member.by_provider.then_some(" · role from SSO")}
                </span>
            </span>
            <form class="row-form" method="get" action="/team/role">
                <input r#type="hidden" name="user" value=id.clone() />
                <RoleField label=format!("Role of {name}") chosen=member.role quiet=true />
                <button class="button button-small" r#type="submit" aria-label=format!("Save role of {name}")>
                    "Save"
                </button>
            </form>
            <form method="get" action="/team/role">
                <input r#type="hidden" name="role" value="" />
                <button class="button button-small" r#type="submit" name="user" value=id aria-label=format!("Remove {name}")>
                    "Remove"
                </button>
            </form>
        </li>
    }
}

#[component]
fn Invitations(invitations: Vec<Invitation>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="invitations-title">
            <h2 id="invitations-title">"Open invitations"</h2>
            <ul class="rows" aria-label="Open invitations">
                {invitations
                    .into_iter()
                    .map(|invitation| {
                        view! {
                            <li class="row">
                                <span class="row-main">
                                    <strong>{invitation.email.clone()}</strong>
                                    <span class="hint">
                                        {invitation.role.title()} " · by " {invitation.created_by.name} " · expires "
                                        <LongDate at=invitation.expires_at />
                                    </span>
                                </span>
                                <form method="post" action="/api/ui/people/withdraw">
                                    <ForProject />
                                    <button
                                        class="button button-small"
                                        r#type="submit"
                                        name="invitation"
                                        value=invitation.id.to_string()
                                        aria-label=format!("Withdraw the invitation of {}", invitation.email)
                                    >
                                        "Withdraw"
                                    </button>
                                </form>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}
