//! The editor: what the canvas in the browser asks the server.

use leptos::{prelude::*, server_fn::codec::Json};

use super::AppError;
use wayfare_domain::{
    graph::node::Delay,
    journeys::read_model::NodeStats,
    messages::preview::{DraftMessage, MessagePreview},
    time::Timestamp,
    versions::{
        EditorDocument, ProfileAtNode, PublishRequest, ReplayEvents, ReplayResult, SaveResult,
        SaveVersion, SimulateProfile, SimulationStep,
    },
};
use wayfare_editor_model::diff::VersionDiff;

/// A version: the one of that number, else the draft, else the newest.
#[server(prefix = "/api/ui", endpoint = "editor/open", input = Json)]
pub async fn open_editor(
    journey: String,
    version: Option<i64>,
) -> Result<EditorDocument, AppError> {
    use super::{journeys::journey_id, request};
    let (services, actor) = request::context()?;
    services
        .open_editor(&actor, journey_id(&journey).map_err(request::respond_error)?, version)
        .await
        .map_err(request::respond_error)
}

/// Saves the graph and the settings, unless someone else did since `save.revision`.
#[server(prefix = "/api/ui", endpoint = "editor/save", input = Json)]
pub async fn save_editor(save: SaveVersion) -> Result<SaveResult, AppError> {
    let (services, actor) = super::request::context()?;
    services.save_editor(&actor, &save).await.map_err(super::request::respond_error)
}

/// A new draft beside the published version, like version `from` or else the newest.
#[server(prefix = "/api/ui", endpoint = "editor/begin", input = Json)]
pub async fn begin_version(journey: String, from: Option<i64>) -> Result<EditorDocument, AppError> {
    use super::{journeys::journey_id, request};
    let (services, actor) = request::context()?;
    let journey = journey_id(&journey).map_err(request::respond_error)?;
    let number =
        services.begin_version(&actor, journey, from).await.map_err(request::respond_error)?;
    services.open_editor(&actor, journey, Some(number)).await.map_err(request::respond_error)
}

/// Throws the draft beside the published version away.
#[server(prefix = "/api/ui", endpoint = "editor/discard", input = Json)]
pub async fn discard_draft(journey: String) -> Result<(), AppError> {
    use super::{journeys::journey_id, request};
    let (services, actor) = request::context()?;
    services
        .discard_draft(&actor, journey_id(&journey).map_err(request::respond_error)?)
        .await
        .map_err(request::respond_error)
}

/// Publishes a draft, or refuses with all of its problems.
#[server(prefix = "/api/ui", endpoint = "editor/publish", input = Json)]
pub async fn publish_version(publish: PublishRequest) -> Result<EditorDocument, AppError> {
    use super::request;
    let (services, actor) = request::context()?;
    services.publish_version(&actor, &publish).await.map_err(request::respond_error)?;
    services
        .open_editor(&actor, publish.journey, Some(publish.version))
        .await
        .map_err(request::respond_error)
}

/// The path that one profile would take.
#[server(prefix = "/api/ui", endpoint = "editor/try-person", input = Json)]
pub async fn simulate(trial: SimulateProfile) -> Result<Vec<SimulationStep>, AppError> {
    let (services, actor) = super::request::context()?;
    services.simulate(&actor, &trial).await.map_err(super::request::respond_error)
}

/// Replays the events of the last days.
#[server(prefix = "/api/ui", endpoint = "editor/try-events", input = Json)]
pub async fn replay(replay: ReplayEvents) -> Result<ReplayResult, AppError> {
    let (services, actor) = super::request::context()?;
    services.replay(&actor, &replay).await.map_err(super::request::respond_error)
}

/// How many people entered each node of a version, and how many wait there.
#[server(prefix = "/api/ui", endpoint = "editor/figures", input = Json)]
pub async fn version_stats(journey: String, version: i64) -> Result<Vec<NodeStats>, AppError> {
    use super::{journeys::journey_id, request};
    let (services, actor) = request::context()?;
    services
        .version_stats(&actor, journey_id(&journey).map_err(request::respond_error)?, version)
        .await
        .map_err(request::respond_error)
}

/// The people at a node, at most a hundred.
#[server(prefix = "/api/ui", endpoint = "editor/people", input = Json)]
pub async fn people_at(
    journey: String,
    version: i64,
    node: String,
) -> Result<Vec<ProfileAtNode>, AppError> {
    use super::{journeys::journey_id, request};
    let (services, actor) = request::context()?;
    services
        .people_at(&actor, journey_id(&journey).map_err(request::respond_error)?, version, &node)
        .await
        .map_err(request::respond_error)
}

/// A preview of a message as it is in the editor.
#[server(prefix = "/api/ui", endpoint = "editor/preview", input = Json)]
pub async fn preview_draft(message: DraftMessage) -> Result<MessagePreview, AppError> {
    let (services, actor) = super::request::context()?;
    Ok(services.preview_draft(&actor, message).await.map_err(super::request::respond_error)?.view)
}

/// Sends a test of it, as the preview shows it. Returns the ID that the provider gave it.
#[server(prefix = "/api/ui", endpoint = "editor/test", input = Json)]
pub async fn test_draft(message: DraftMessage, to: String) -> Result<Option<String>, AppError> {
    let (services, actor) = super::request::context()?;
    services.test_draft(&actor, message, &to).await.map_err(super::request::respond_error)
}

/// The next times at which a delay would be over, for a person (by identity) or in a zone.
#[server(prefix = "/api/ui", endpoint = "editor/times", input = Json)]
pub async fn next_times(
    delay: Delay,
    person: Option<String>,
    zone: Option<String>,
) -> Result<Vec<Timestamp>, AppError> {
    let (services, actor) = super::request::context()?;
    services
        .next_times(&actor, &delay, person.as_deref(), zone.as_deref())
        .await
        .map_err(super::request::respond_error)
}

/// What is different between two versions.
#[server(prefix = "/api/ui", endpoint = "editor/compare", input = Json)]
pub async fn compare_versions(
    journey: String,
    from: i64,
    to: i64,
) -> Result<VersionDiff, AppError> {
    use super::{journeys::journey_id, request};
    let (services, actor) = request::context()?;
    services
        .compare_versions(&actor, journey_id(&journey).map_err(request::respond_error)?, from, to)
        .await
        .map_err(request::respond_error)
}
