//! The editor: opening, saving, publishing, trying.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::AppError;
use crate::domain::{
    editor::{EditorDocument, Publish, Replay, ReplayFigures, Save, Saved, Trial, TrialStep},
    graph::node::Delay,
    journey::NodeFigures,
    time::Timestamp,
};

/// A version as the editor opens it: the given one, or the draft, or the newest.
#[server(prefix = "/api/ui", endpoint = "editor/open", input = GetUrl)]
pub async fn open_editor(journey: String, version: Option<i64>) -> Result<EditorDocument, AppError> {
    use crate::domain::editor::{Catalogue, Mode, VersionLine};
    use crate::domain::status::Status;
    let loaded = super::journeys::get_journey(journey).await?;
    let detail = loaded.detail;
    let number = version.or_else(|| detail.versions.first().map(|version| version.number)).unwrap_or(1);
    let chosen = detail.versions.iter().find(|version| version.number == number);
    let status = chosen.map_or(Status::Draft, |version| version.status);
    let mode = if detail.summary.archived {
        Mode::Read
    } else if status == Status::Draft {
        Mode::Draft
    } else {
        Mode::Content
    };
    Ok(EditorDocument {
        journey: detail.summary.id,
        name: detail.summary.name.clone(),
        description: detail.summary.description.clone(),
        archived: detail.summary.archived,
        version: number,
        status,
        mode,
        why: (mode == Mode::Content).then(|| "People are inside.".to_string()),
        revision: detail.summary.revision,
        graph: detail.graph,
        settings: detail.settings,
        versions: detail
            .versions
            .iter()
            .map(|version| VersionLine {
                number: version.number,
                status: version.status,
                published_by: version.published_by.clone(),
                published_at: version.published_at,
                figures: version.figures,
            })
            .collect(),
        catalogue: Catalogue {
            events: vec!["Order Completed".into(), "Checkout Started".into()],
            properties: vec!["first_name".into()],
            ..Catalogue::default()
        },
        figures: detail.nodes,
        may_publish: true,
    })
}

/// Saves a version that nobody else saved meanwhile.
#[server(prefix = "/api/ui", endpoint = "editor/save", input = Json)]
pub async fn save_editor(save: Save) -> Result<Saved, AppError> {
    Ok(Saved::Done { revision: save.revision + 1, checks: Vec::new() })
}

/// A new draft from a version.
#[server(prefix = "/api/ui", endpoint = "editor/begin")]
pub async fn begin_version(journey: String, from: i64) -> Result<EditorDocument, AppError> {
    open_editor(journey, Some(from)).await
}

#[server(prefix = "/api/ui", endpoint = "editor/publish", input = Json)]
pub async fn publish_version(publish: Publish) -> Result<EditorDocument, AppError> {
    open_editor(publish.journey.to_string(), Some(publish.version)).await
}

#[server(prefix = "/api/ui", endpoint = "editor/try-person", input = Json)]
pub async fn try_person(trial: Trial) -> Result<Vec<TrialStep>, AppError> {
    let _ = trial;
    Ok(Vec::new())
}

#[server(prefix = "/api/ui", endpoint = "editor/try-events", input = Json)]
pub async fn try_events(replay: Replay) -> Result<ReplayFigures, AppError> {
    let _ = replay;
    Ok(ReplayFigures::default())
}

#[server(prefix = "/api/ui", endpoint = "editor/figures", input = GetUrl)]
pub async fn editor_figures(journey: String, version: i64) -> Result<Vec<NodeFigures>, AppError> {
    Ok(open_editor(journey, Some(version)).await?.figures)
}

/// When a delay would be over for somebody who came to it now and later.
#[server(prefix = "/api/ui", endpoint = "editor/next-times", input = Json)]
pub async fn next_times(delay: Delay, zone: String) -> Result<Vec<Timestamp>, AppError> {
    let _ = (delay, zone);
    Ok(Vec::new())
}
