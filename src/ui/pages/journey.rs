//! `/journeys/:id`: one journey: status, stats, versions, settings and history.

use leptos::prelude::*;

use super::{
    graph_picture::GraphPicture, id_of_path, message_findings::WarningsCard,
    message_table::MessageTable, missing_card::MissingCard, node_table::NodeTable,
    plain_outcome::PlainOutcome, versions_table::VersionsTable,
};
use crate::{
    api::{
        journeys::{JourneyPage as Loaded, get_journey},
        request::may,
    },
    ui::components::{
        for_project::ForProject,
        icon::{Icon, Symbol},
        label_chip::LabelChip,
        state::{ErrorState, LoadingState},
        status_badge::StatusBadge,
        time::LongDate,
        typed_text::DocumentTitle,
    },
};
use wayfare_domain::{
    access::permissions::Permission,
    graph::node::humanize_duration,
    ids::JourneyId,
    journeys::{
        read_model::{JourneyDetail, VersionSummary},
        settings::{ReentryRule, Settings},
        status::Status,
        transition::{Action, TransitionResult, transition},
    },
    operations::{HistoryEntry, ItemResult},
    stats::{VersionStats, format_count, format_percent},
};

#[component]
pub fn JourneyPage() -> impl IntoView {
    let id = id_of_path();
    let back = format!("/journeys/{id}");
    let loaded = Resource::new(move || id.clone(), async |id| get_journey(id).await);
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/journeys">"Journeys"</a>
            </nav>
            <PlainOutcome back=Signal::derive(move || back.clone()) />
            <Transition fallback=|| {
                view! { <LoadingState rows=8 /> }
            }>
                {move || Suspend::new(async move {
                    match loaded.await {
                        Ok(loaded) => view! { <Journey loaded=loaded /> }.into_any(),
                        Err(error) => {
                            view! {
                                <DocumentTitle text="Not found" />
                                <h1 class="visually-hidden">"Journey"</h1>
                                <ErrorState error=error />
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Journey(loaded: Loaded) -> impl IntoView {
    let detail = loaded.detail.clone();
    let summary = detail.summary.clone();
    let problems: Vec<String> = if summary.ever_published {
        Vec::new()
    } else {
        let messages = loaded.messages.problems.iter().cloned();
        let all = detail
            .graph
            .publish_errors()
            .into_iter()
            .chain(detail.settings.problems())
            .chain(messages);
        all.map(|problem| problem.sentence).collect()
    };
    // A draft beside the shown version has no stats of its own.
    let is_shown =
        |version: &&VersionSummary| version.status != Status::Draft || !summary.ever_published;
    let shown =
        detail.versions.iter().find(is_shown).map(|version| version.figures).unwrap_or_default();
    let description = if summary.description.is_empty() {
        "No description.".to_string()
    } else {
        summary.description.clone()
    };
    view! {
        <DocumentTitle text=summary.name.clone() />
        <div class="page-head" data-live="head">
            <div class="page-title">
                <h1>{summary.name.clone()}</h1>
                <p class="journey-meta">
                    <StatusBadge status=summary.status />
                    {summary.archived.then(|| view! { <span class="badge badge-archived"><Icon symbol=Symbol::Archive />"Archived"</span> })}
                    <span class="journey-id">{summary.id.to_string()}</span>
                    {summary.labels.iter().cloned().map(|label| view! { <LabelChip label=label /> }).collect_view()}
                </p>
            </div>
            <Actions loaded=loaded.clone() />
        </div>
        <p class="lead" id="description">{description}</p>
        <p class="hint">{summary.status.meaning()}</p>
        {(!problems.is_empty())
            .then(|| {
                view! {
                    <section class="card card-warning" aria-labelledby="problems-title">
                        <h2 id="problems-title">"Fix before publishing"</h2>
                        <ul>{problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect_view()}</ul>
                    </section>
                }
            })}
        <DraftHint detail=detail.clone() />
        <WarningsCard warnings=loaded.messages.warnings.clone() />
        <MissingCard missing=detail.missing.clone() />
        <FigureTiles figures=shown />
        <section class="section" aria-labelledby="steps-title">
            <h2 id="steps-title">"Steps"</h2>
            <GraphPicture graph=detail.graph.clone() />
            <div data-live="steps">
                <NodeTable detail=detail.clone() />
            </div>
            <div data-live="messages">
                <MessageTable detail=detail.clone() />
            </div>
        </section>
        <div class="columns">
            <SettingsCard detail=detail.clone() />
            <VersionsTable journey=summary.id versions=detail.versions opened=None />
        </div>
        <HistoryCard journey=summary.id history=loaded.history />
    }
}

/// The buttons of the page: the actions that the status allows now.
#[component]
fn Actions(loaded: Loaded) -> impl IntoView {
    let summary = loaded.detail.summary;
    let id = summary.id;
    let situation = summary.state(loaded.now);
    let edits = may(Permission::EditJourneys);
    let elsewhere = loaded.seat.is_some_and(|seat| seat.elsewhere);
    let limit = loaded.seat.and_then(|seat| seat.role.limit());
    let buttons = [
        (Action::Publish, "Publish", Symbol::Play),
        (Action::Pause, "Pause", Symbol::Pause),
        (Action::Resume, "Resume", Symbol::Play),
        (Action::Stop, "Stop", Symbol::Stop),
        (Action::Archive, "Archive", Symbol::Archive),
        (Action::Unarchive, "Unarchive", Symbol::Unarchive),
    ];
    view! {
        <div class="page-actions">
            {buttons
                .into_iter()
                .filter(|(action, ..)| matches!(transition(situation, *action), TransitionResult::Apply(_)))
                .filter(|(action, ..)| Permission::of_action(*action).is_some_and(may))
                .map(|(action, text, symbol)| view! { <ActionForm id=id action=action text=text symbol=symbol /> })
                .collect_view()}
            {if elsewhere {
                view! {
                    <a class="button" href=format!("/journeys/{id}/clone")>
                        <Icon symbol=Symbol::Copy />
                        "Clone"
                    </a>
                }
                    .into_any()
            } else if edits {
                view! {
                    <form method="post" action="/api/ui/journeys/clone">
                        <ForProject />
                        <button class="button" r#type="submit" name="id" value=id.to_string()>
                            <Icon symbol=Symbol::Copy />
                            "Clone"
                        </button>
                    </form>
                }
                    .into_any()
            } else {
                ().into_any()
            }}
            {edits
                .then(|| {
                    view! {
                        <a class="button" href=format!("/journeys/{id}/edit")>
                            <Icon symbol=Symbol::Edit />
                            "Edit"
                        </a>
                    }
                })}
            {limit.map(|limit| view! { <p class="role-note">{limit}</p> })}
        </div>
    }
}

/// One action on this journey. Stop and Publish lead to a page that asks first.
#[component]
fn ActionForm(id: JourneyId, action: Action, text: &'static str, symbol: Symbol) -> impl IntoView {
    let publish = format!("/journeys/{id}/publish");
    let (method, address, field) = match action {
        Action::Stop => ("get", "/journeys/stop", "ids[]"),
        // Asks for the name and the description first.
        Action::Publish => ("get", publish.as_str(), "id"),
        _ => ("post", "/api/ui/journeys/operate", "ids[]"),
    };
    view! {
        <form method=method action=address.to_string()>
            {(method == "post").then(|| view! { <ForProject /> })}
            <input r#type="hidden" name="action" value=action.key() />
            <input r#type="hidden" name=field value=id.to_string() />
            <input r#type="hidden" name="back" value=format!("/journeys/{id}") />
            <button class="button" class:button-primary=action == Action::Publish r#type="submit">
                <Icon symbol=symbol />
                {text}
            </button>
        </form>
    }
}

#[component]
fn FigureTiles(figures: VersionStats) -> impl IntoView {
    let rate = figures.rate().map_or_else(|| "–".to_string(), format_percent);
    let tiles = [
        ("Qualified", format_count(figures.qualified)),
        ("Control group", format_count(figures.control)),
        ("Entered", format_count(figures.entered)),
        ("Inside", format_count(figures.inside)),
        ("Goals met", format_count(figures.converted)),
        ("Rate", rate),
        ("Completed", format_count(figures.completed)),
        ("Timed out", format_count(figures.timed_out)),
        ("Stopped", format_count(figures.stopped)),
        ("Exited early", format_count(figures.force_exited)),
        ("Moved to a newer version", format_count(figures.version_exit)),
        ("Queued messages", format_count(figures.queued)),
    ];
    view! {
        <dl class="tiles" aria-label="Stats" data-live="figures">
            {tiles
                .into_iter()
                .map(|(title, value)| {
                    view! {
                        <div class="tile">
                            <dt>{title}</dt>
                            <dd>{value}</dd>
                        </div>
                    }
                })
                .collect_view()}
        </dl>
    }
}

#[component]
fn SettingsCard(detail: JourneyDetail) -> impl IntoView {
    let rows = settings_rows(&detail.settings);
    view! {
        <section class="card" aria-labelledby="settings-title">
            <h2 id="settings-title">"Settings"</h2>
            <dl class="facts">
                {rows
                    .into_iter()
                    .map(|(title, value)| {
                        view! {
                            <dt>{title}</dt>
                            <dd>{value}</dd>
                        }
                    })
                    .collect_view()}
                {detail.summary.start.map(|start| view! { <dt>"Start"</dt><dd><LongDate at=start /></dd> })}
            </dl>
        </section>
    }
}

fn settings_rows(settings: &Settings) -> Vec<(&'static str, String)> {
    let reentry = match settings.reentry {
        ReentryRule::Never => "Once only".to_string(),
        ReentryRule::AfterExit => "After exit".to_string(),
        ReentryRule::AfterHours(hours) => format!("{} after exit", duration(hours)),
    };
    let mut rows = vec![("Entry", settings.entry.describe()), ("Re-entry", reentry)];
    let mut add = |title, value: Option<String>| rows.extend(value.map(|value| (title, value)));
    add("End", settings.end.map(|end| end.long_date()));
    add("Entry limit", settings.entry_cap.map(|cap| format_count(cap as i64)));
    add(
        "Control group",
        (settings.control_percent > 0).then(|| format!("{}%", settings.control_percent)),
    );
    let goals: Vec<String> = settings
        .goals
        .iter()
        .map(|goal| format!("{} (“{}”)", goal.name, goal.event.name))
        .collect();
    add("Goals", (!goals.is_empty()).then(|| goals.join(", ")));
    let exits: Vec<String> = settings.exits.iter().map(|exit| format!("“{}”", exit.name)).collect();
    add("Exit events", (!exits.is_empty()).then(|| exits.join(", ")));
    add("Time-out", settings.timeout_hours.map(duration));
    add(
        "Quiet hours",
        settings.quiet_hours.as_ref().map(|quiet| format!("{} to {}", quiet.from, quiet.to)),
    );
    add("Time zone", Some(settings.time_zone.clone()));
    rows
}

/// "14 days", "1 h".
fn duration(hours: u32) -> String {
    humanize_duration(hours.saturating_mul(60))
}

/// A draft beside the version that is shown.
#[component]
fn DraftHint(detail: JourneyDetail) -> impl IntoView {
    let (id, shown) = (detail.summary.id, detail.summary.ever_published);
    let draft = detail
        .versions
        .into_iter()
        .find(|version| version.status == Status::Draft)
        .filter(|_| shown)?;
    Some(view! {
        <p class="card" role="note">
            {format!("Version {} is a draft. ", draft.number)}
            {may(Permission::EditJourneys)
                .then(|| view! { <a href=format!("/journeys/{id}/edit?version={}", draft.number)>"Open draft"</a> })}
            {may(Permission::OperateJourneys).then(|| view! { " · " <a href=format!("/journeys/{id}/publish")>"Publish"</a> })}
        </p>
    })
}

#[component]
fn HistoryCard(journey: JourneyId, history: Vec<HistoryEntry>) -> impl IntoView {
    let empty = history.is_empty();
    view! {
        <section class="card" aria-labelledby="history-title" data-live="history">
            <h2 id="history-title">"History"</h2>
            {empty.then(|| view! { <p class="hint">"No operations yet. Publishing, pausing and \
                other operations appear here."</p> })}
            {may(Permission::SeeAuditLog)
                .then(|| view! { <p><a href=format!("/audit?search={journey}")>"View in audit log"</a></p> })}
            <ol class="history">{history.into_iter().map(|entry| view! { <HistoryLine entry=entry /> }).collect_view()}</ol>
        </section>
    }
}

#[component]
fn HistoryLine(entry: HistoryEntry) -> impl IntoView {
    let report = entry.operation;
    let done = report.done();
    let what = match entry.outcome {
        ItemResult::Changed { from, to } if from != to => format!("{done}: {from} → {to}"),
        ItemResult::Changed { .. } => done,
        ItemResult::Skipped(refusal) => format!("not {done}: it {}", refusal.phrase()),
    };
    let note = (!report.note.is_empty()).then(|| format!(" · {}", report.note));
    view! {
        <li>
            <span class="history-what">{what}{note}</span>
            <span class="history-who">
                {report.by.name} ", " <LongDate at=report.at /> " · "
                <a href=format!("/operations/{}", report.id)>"Details"</a>
            </span>
        </li>
    }
}
