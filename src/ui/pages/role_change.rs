//! `/team/role`: confirms a change of role: of whom, from which role, to which.

use leptos::prelude::*;

use super::query_value;
use crate::{
    api::team::read_role_change,
    ui::components::{
        for_project::ForProject,
        page::{Loaded, Page},
    },
};
use wayfare_domain::access::{members::RoleChange, permissions::Role};

#[component]
pub fn RoleChangePage() -> impl IntoView {
    let (user, role) = (query_value("user"), query_value("role"));
    view! {
        <Page title="Change role" crumbs=vec![("/team".to_string(), "Team".to_string())]>
            <Loaded
                load=move || read_role_change(user.clone(), role.clone())
                view=|change| view! { <RoleChangePrompt change=change /> }.into_any()
            />
        </Page>
    }
    .into_any()
}

#[component]
fn RoleChangePrompt(change: RoleChange) -> impl IntoView {
    let name = change.member.person.name.clone();
    if change.wanted == Some(change.member.role) {
        return view! {
            <p class="card">
                {format!("{name} is already {}. ", change.member.role.with_article())} <a href="/team">"Back to the team"</a>
            </p>
        }
        .into_any();
    }
    let question = match change.wanted {
        Some(role) => format!("Make {name} {}?", role.with_article()),
        None => format!("Remove {name} from the project?"),
    };
    let answer = match change.wanted {
        Some(role) => format!("Make {name} {}", role.with_article()),
        None => format!("Remove {name}"),
    };
    view! {
        <section class="card" role="alertdialog" aria-labelledby="role-title" aria-describedby="role-text">
            <h2 id="role-title">{question}</h2>
            <div id="role-text">
                <p>
                    <strong>{name.clone()}</strong>
                    {format!(" ({}), in the project ", change.member.email)}
                    <strong>{change.project}</strong>
                </p>
                <p>{format!("Current role: {} ({})", change.member.role.title(), change.member.role.meaning())}</p>
                <p>{then(change.wanted)}</p>
            </div>
            <form class="dialog-actions" method="post" action="/api/ui/people/role">
                <ForProject />
                <input r#type="hidden" name="user" value=change.member.person.id.to_string() />
                <input r#type="hidden" name="role" value=change.wanted.map_or("", Role::key) />
                <input r#type="hidden" name="confirmed" value=change.proof />
                <a class="button" href="/team">
                    "Cancel"
                </a>
                <button class="button button-danger" r#type="submit">
                    {answer}
                </button>
            </form>
        </section>
    }
    .into_any()
}

fn then(wanted: Option<Role>) -> String {
    match wanted {
        Some(role) => format!("New role: {} ({})", role.title(), role.meaning()),
        None => "New role: none. They lose access to this project immediately.".to_string(),
    }
}
