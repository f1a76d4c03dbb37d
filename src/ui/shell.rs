//! The document around every page: its head, the bar at the top, and the errors of plain forms. The
//! server alone makes it; the browser's half never sees it, so it costs no module.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use super::{
    app::App,
    components::{
        for_project::ForProject,
        icon::{Icon, Symbol},
        section::{here, is_under},
    },
    dom::{APP, shown_project},
};
use crate::api::{
    hold::current_hold,
    request::{FormProblem, RequestAuth},
};
use wayfare_domain::{
    access::{
        actor::Membership,
        permissions::{Permission, Role},
    },
    hold::Hold,
    ids::ProjectId,
};

/// Addresses of the site's files; they carry hashes and are known only to the server.
#[derive(Debug, Clone, Default)]
pub struct PageFiles {
    pub style: String,
    pub start: String,
    pub glue: String,
    pub wasm: String,
    /// The page that is the editor's, and what it loads.
    pub editor: EditorFiles,
    /// For plain pages with parts that change.
    pub live: String,
    pub icon: String,
}

/// What only the editor's page loads.
#[derive(Debug, Clone, Default)]
pub struct EditorFiles {
    pub style: String,
    pub start: String,
    pub glue: String,
    pub wasm: String,
}

/// Which pages do more than show what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HydrationMode {
    /// Complete as it is.
    Plain,
    /// The list, which the browser's half takes over.
    List,
    /// Plain, with the editor's canvas mounted into it.
    Editor,
}

/// The HTML document.
///
/// Only the list is taken over by the browser's half: it is where scripts make a difference. The
/// other pages are complete as they are sent, say so right away with `data-hydrated`, and need no
/// module. The editor is mounted into one of them.
pub fn shell(files: PageFiles, liveliness: HydrationMode) -> impl IntoView {
    let comes_alive = liveliness == HydrationMode::List;
    let editor = (liveliness == HydrationMode::Editor && !files.editor.start.is_empty())
        .then(|| view! { <EditorLinks files=files.editor.clone() /> });
    let scripts = (comes_alive && !files.start.is_empty()).then(|| {
        view! {
            <link rel="modulepreload" href=files.glue.clone() />
            <link rel="preload" href=files.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="" />
            <script r#type="module" src=files.start.clone()></script>
        }
    });
    let caller = use_context::<RequestAuth>().unwrap_or_default();
    let live = (!comes_alive && !files.live.is_empty() && caller.standing.is_some())
        .then(|| view! { <script r#type="module" src=files.live.clone()></script> });
    let problem = use_context::<FormProblem>();
    let role = caller.role();
    let held = caller.standing.as_ref().and_then(|_| current_hold());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-hydrated=(!comes_alive).then_some("true")>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href=files.icon.clone() r#type="image/svg+xml" />
                <link rel="stylesheet" href=files.style.clone() />
                {scripts}
                {editor}
                {live}
                <MetaTags />
            </head>
            <body data-role=role.map(Role::key) data-project=shown_project()>
                <a class="skip-link" href="#content">
                    "Skip to content"
                </a>
                <TopBar caller=caller />
                {held.map(|hold| view! { <HeldBanner hold=hold role=role /> })}
                {problem.map(|problem| view! { <Problem problem=problem /> })}
                <div id=APP>
                    <App />
                </div>
            </body>
        </html>
    }
}

#[component]
fn EditorLinks(files: EditorFiles) -> impl IntoView {
    view! {
        <link rel="stylesheet" href=files.style />
        <link rel="modulepreload" href=files.glue />
        <link rel="preload" href=files.wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script r#type="module" src=files.start nonce=leptos::nonce::use_nonce()></script>
    }
}

/// The error of the form on this page.
#[component]
fn Problem(problem: FormProblem) -> impl IntoView {
    view! {
        <div class="form-problem" role="alert">
            <Icon symbol=Symbol::Alert />
            <p>{problem.error.sentence()}</p>
        </div>
    }
}

/// Says on every page that the server is held, and lets admins release it.
#[component]
fn HeldBanner(hold: Hold, role: Option<Role>) -> impl IntoView {
    let may_release = role.is_some_and(|role| role.allows(Permission::ManageProjects));
    view! {
        <section class="held" aria-label="Held">
            <Icon symbol=Symbol::Alert />
            <p>{hold.reason.sentence()} {(!may_release).then_some(" An admin can release it.")}</p>
            {may_release
                .then(|| {
                    view! {
                        <form method="post" action="/api/ui/hold/release">
                            <ForProject />
                            <button class="button" r#type="submit">
                                "Release"
                            </button>
                        </form>
                    }
                })}
        </section>
    }
}

#[component]
fn TopBar(caller: RequestAuth) -> impl IntoView {
    let Some(auth) = caller.standing else {
        return view! {
            <header class="topbar">
                <Brand />
            </header>
        }
        .into_any();
    };
    let current = auth.project().map(|project| project.id);
    let role = auth.role();
    let local = auth.is_local();
    let name = auth.actor.name.clone();
    view! {
        <header class="topbar">
            <Brand />
            <Switcher memberships=auth.memberships.clone() current=current />
            <MainNavigation role=role />
            {if local { view! { <LocalMode token=caller.client.local_token /> }.into_any() } else { view! { <PersonMenu name=name role=role /> }.into_any() }}
        </header>
    }
    .into_any()
}

#[component]
fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="/journeys">
            <Icon symbol=Symbol::Brand />
            <span class="brand-name">"Wayfare"</span>
        </a>
    }
}

/// The projects of the user. Each is a button of a form, because choosing one is a change.
#[component]
fn Switcher(memberships: Vec<Membership>, current: Option<ProjectId>) -> impl IntoView {
    let shown = memberships.iter().find(|membership| Some(membership.project.id) == current);
    let Some(shown) = shown.map(|membership| membership.project.name.clone()) else {
        return ().into_any();
    };
    let label = format!("Switch project: {shown}");
    view! {
        <button class="switcher" r#type="button" popovertarget="projects-menu" aria-label=label>
            <span class="switcher-name">{shown}</span>
            <Icon symbol=Symbol::UpDown />
        </button>
        <div id="projects-menu" class="menu menu-start" popover="auto" aria-label="Projects" role="group">
            <form method="post" action="/api/ui/projects/switch">
                {memberships
                    .into_iter()
                    .map(|membership| {
                        let chosen = Some(membership.project.id) == current;
                        view! {
                            <button
                                class="menu-item"
                                r#type="submit"
                                name="project"
                                value=membership.project.id.to_string()
                                aria-current=chosen.then_some("true")
                            >
                                <span class="menu-mark">{chosen.then(|| view! { <Icon symbol=Symbol::Check /> })}</span>
                                <span class="menu-text">{membership.project.name}</span>
                            </button>
                        }
                    })
                    .collect_view()}
            </form>
            <a class="menu-item" href="/projects" rel="external">
                <span class="menu-mark"></span>
                "All projects"
            </a>
        </div>
    }
    .into_any()
}

/// Pages that belong to another one of the bar.
const PARTS: [(&str, &str); 6] = [
    ("/segments", "/profiles"),
    ("/imports", "/profiles"),
    ("/enrolments", "/profiles"),
    ("/operations", "/journeys"),
    ("/channels", "/delivery"),
    ("/suppressions", "/delivery"),
];

/// The pages that the role allows.
#[component]
fn MainNavigation(role: Option<Role>) -> impl IntoView {
    let pages = [
        ("/journeys", "Journeys", Permission::SeeJourneys),
        ("/profiles", "Profiles", Permission::SeeJourneys),
        ("/delivery", "Delivery", Permission::SeeJourneys),
        ("/team", "Team", Permission::ManageMembers),
        ("/api-keys", "API keys", Permission::ManageKeys),
        ("/audit", "Audit log", Permission::SeeAuditLog),
    ];
    let here = here();
    let shown = pages
        .into_iter()
        .filter(move |(.., permission)| role.is_some_and(|role| role.allows(*permission)));
    view! {
        <nav class="topnav" aria-label="Main">
            {shown
                .map(|(address, title, _)| {
                    let part_of = |page: &str| PARTS.iter().any(|(part, whole)| *whole == page && is_under(&here, part));
                    let current = is_under(&here, address) || part_of(address);
                    view! {
                        <a href=address rel=(address != "/journeys").then_some("external") aria-current=current.then_some("page")>
                            {title}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// Says on every page that no account exists yet, and links to the page that creates the first.
#[component]
fn LocalMode(
    /// It asks for the token that was printed.
    token: bool,
) -> impl IntoView {
    let (open_to, title) = if token {
        (
            " · open to anyone with the printed address · create the first account",
            "Until the first account exists, anyone with the address printed at startup has full \
                access.",
        )
    } else {
        (
            " · open to anyone who reaches this port · create the first account",
            "Until the first account exists, anyone who reaches this port has full access, also \
                through a proxy that hides them.",
        )
    };
    view! {
        <a
            class="local-mode"
            href="/setup"
            rel="external"
            title=title
        >
            <Icon symbol=Symbol::Shield />
            <span>"Local mode"<span class="local-mode-more">{open_to}</span></span>
        </a>
    }
}

#[component]
fn PersonMenu(name: String, role: Option<Role>) -> impl IntoView {
    let title = role.map_or("No role yet", Role::title);
    view! {
        <button class="person" r#type="button" popovertarget="person-menu">
            <Icon symbol=Symbol::Person />
            <span class="person-name">{name.clone()}</span>
            <span class="person-role">{title}</span>
        </button>
        <div id="person-menu" class="menu" popover="auto" aria-label=name role="group">
            <a class="menu-item" href="/account" rel="external">
                "Your account"
            </a>
            <form method="post" action="/api/ui/session/sign-out">
                <button class="menu-item" r#type="submit">
                    "Sign out"
                </button>
            </form>
        </div>
    }
}
