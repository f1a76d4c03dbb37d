//! The Journeys page and the journey's own pages.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::AppError;
use wayfare_domain::{
    access::actor::CurrentMember,
    ids::JourneyId,
    journeys::{label::Label, list::page::ListPage, read_model::JourneyDetail},
    messages::preview::MessageProblems,
    operations::{HistoryEntry, OperationDetail},
};

/// One page of the list; `query` is the query string of the list's URL.
#[server(prefix = "/api/ui", endpoint = "journeys/list", input = GetUrl)]
pub async fn list_journeys(query: String) -> Result<ListPage, AppError> {
    use super::request::{chosen_columns, require_auth, respond_error};
    let (services, auth) = require_auth()?;
    let query = wayfare_domain::journeys::list::query::ListQuery::parse(&query)
        .map_err(|errors| respond_error(AppError::Invalid(errors)))?;
    let page = services.list(&auth.actor, &query, chosen_columns()).await.map_err(respond_error)?;
    Ok(ListPage { seat: auth.seat(), ..page })
}

/// What the journey's own page shows.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct JourneyPage {
    pub detail: JourneyDetail,
    pub history: Vec<HistoryEntry>,
    /// All labels of the project, for editing.
    pub labels: Vec<Label>,
    /// The project and role of the user.
    pub seat: Option<CurrentMember>,
    /// The server's clock.
    pub now: wayfare_domain::time::Timestamp,
    /// Of its messages, before it is published for the first time.
    pub messages: MessageProblems,
}

/// Everything about one journey.
#[server(prefix = "/api/ui", endpoint = "journeys/get", input = GetUrl)]
pub async fn get_journey(id: String) -> Result<JourneyPage, AppError> {
    use super::request::{require_auth, respond_error};
    let (services, auth) = require_auth()?;
    let actor = &auth.actor;
    let id = journey_id(&id).map_err(respond_error)?;
    let detail = services.journey(actor, id).await.map_err(respond_error)?;
    let history = services.history(actor, id).await.map_err(respond_error)?;
    let labels = services.labels(actor).await.map_err(respond_error)?;
    let messages = match detail.summary.ever_published {
        true => MessageProblems::default(),
        false => services
            .message_findings(actor, &detail.graph, &detail.settings)
            .await
            .map_err(respond_error)?,
    };
    Ok(JourneyPage { detail, history, labels, seat: auth.seat(), now: services.now(), messages })
}

/// One operation with a page of its rows.
#[server(prefix = "/api/ui", endpoint = "operations/get", input = GetUrl)]
pub async fn get_operation(id: String, page: i64) -> Result<OperationDetail, AppError> {
    use super::request::{context, respond_error};
    use wayfare_domain::error::FieldError;
    let (services, actor) = context()?;
    let id = id.parse().map_err(|error| {
        respond_error(AppError::field(FieldError::new("id", "malformed", format!("{error}"))))
    })?;
    if page < 1 {
        return Err(respond_error(AppError::field(FieldError::new(
            "page",
            "malformed",
            "Pages are whole numbers from 1.",
        ))));
    }
    services.operation(&actor, id, page).await.map_err(respond_error)
}

/// A new draft, empty or like a `template`; what is not typed is taken from it. Opens in the
/// editor.
#[server(prefix = "/api/ui", endpoint = "journeys/create")]
pub async fn create_journey(
    #[server(default)] name: String,
    #[server(default)] description: String,
    #[server(default)] template: String,
) -> Result<JourneyId, AppError> {
    use super::request::{context, go_to, respond_error};
    let (services, actor) = context()?;
    let document = new_document(&name, &description, &template).map_err(respond_error)?;
    let id = services.create(&actor, &document).await.map_err(respond_error)?;
    go_to(&format!("/journeys/{id}/edit"));
    Ok(id)
}

#[cfg(feature = "ssr")]
fn new_document(
    name: &str,
    description: &str,
    template: &str,
) -> Result<wayfare_domain::journeys::document::JourneyDocument, AppError> {
    use wayfare_domain::{
        error::FieldError,
        graph::Graph,
        journeys::{
            document::JourneyDocument,
            settings::{EntryTrigger, Settings},
        },
        names::{Description, JourneyName},
    };
    use wayfare_editor_model::templates::Template;
    let from = if template.is_empty() {
        None
    } else {
        let unknown = || {
            AppError::field(FieldError::new(
                "template",
                "unknown_value",
                "This template does not exist. Choose one from the list.",
            ))
        };
        Some(
            Template::from_key(template)
                .ok_or_else(unknown)?
                .document()
                .map_err(|_| AppError::Internal)?,
        )
    };
    let typed = |text: &str| !text.trim().is_empty();
    let name = match &from {
        Some(template) if !typed(name) => template.name.clone(),
        _ => JourneyName::parse(name).map_err(AppError::field)?,
    };
    let description = match &from {
        Some(template) if !typed(description) => template.description.clone(),
        _ => Description::parse(description).map_err(AppError::field)?,
    };
    let (settings, graph) = match from {
        Some(template) => (template.settings, template.graph),
        None => (Settings::new(EntryTrigger::Api {}), Graph::empty()),
    };
    Ok(JourneyDocument { name, description, labels: Vec::new(), status: None, settings, graph })
}

/// A draft with the same graph and settings, here or in another `project`. Opens in the editor.
#[server(prefix = "/api/ui", endpoint = "journeys/clone")]
pub async fn clone_journey(
    id: String,
    #[server(default)] project: String,
) -> Result<JourneyId, AppError> {
    use super::request::{caller, go_to, remember_project, require_auth, respond_error};
    let (services, auth) = require_auth()?;
    let id = journey_id(&id).map_err(respond_error)?;
    let there = match project.is_empty() {
        true => auth.actor.clone(),
        false => {
            let project = super::projects::project_id(&project).map_err(respond_error)?;
            services.enter_project(&auth, project).map_err(respond_error)?
        }
    };
    let clone = services.clone_journey(&auth.actor, id, &there).await.map_err(respond_error)?;
    if there.project != auth.actor.project {
        remember_project(there.project, &caller()?.1.client);
    }
    go_to(&format!("/journeys/{clone}/edit"));
    Ok(clone)
}

/// Saves name, description and labels. Refused if someone changed the journey since `revision`.
#[server(prefix = "/api/ui", endpoint = "journeys/edit")]
pub async fn edit_journey(
    id: String,
    name: String,
    description: String,
    revision: i64,
    #[server(default)] labels: Vec<String>,
    #[server(default)] new_label: String,
) -> Result<(), AppError> {
    use super::request::{context, go_to, respond_error};
    use wayfare_domain::{
        error::FieldError,
        names::{Description, JourneyName, LabelName},
    };
    use wayfare_store::journeys::EditDetails;
    let (services, actor) = context()?;
    let invalid = |error: FieldError| respond_error(AppError::field(error));
    let id = journey_id(&id).map_err(respond_error)?;
    let edit = EditDetails {
        name: JourneyName::parse(&name).map_err(invalid)?,
        description: Description::parse(&description).map_err(invalid)?,
        labels: labels
            .iter()
            .map(|label| {
                label.parse().map_err(|error| {
                    invalid(FieldError::new("labels", "malformed", format!("{error}")))
                })
            })
            .collect::<Result<_, _>>()?,
        new_labels: if new_label.trim().is_empty() {
            Vec::new()
        } else {
            vec![LabelName::parse(&new_label).map_err(invalid)?]
        },
        revision: Some(revision),
    };
    services.edit_details(&actor, id, &edit).await.map_err(respond_error)?;
    go_to(&format!("/journeys/{id}"));
    Ok(())
}

/// What the page asks that clones a journey into another project.
#[cfg(feature = "ssr")]
pub struct ClonePage {
    pub journey: JourneyId,
    pub name: String,
    /// The projects where the user may create journeys, the current one first.
    pub projects: Vec<wayfare_domain::access::actor::ProjectRef>,
    pub here: Option<wayfare_domain::ids::ProjectId>,
    /// What the journey refers to in its project.
    pub names: Vec<String>,
}

/// # Errors
/// Where there is no such journey, or nowhere to clone it to.
#[cfg(feature = "ssr")]
pub async fn read_clone(id: &str) -> Result<ClonePage, AppError> {
    use super::request::{require, require_auth, respond_error};
    use wayfare_domain::{access::permissions::Permission, journeys::references::references};
    let (services, auth) = require_auth()?;
    let id = journey_id(id).map_err(respond_error)?;
    let detail = services.journey(&auth.actor, id).await.map_err(respond_error)?;
    let mut projects: Vec<_> = auth
        .memberships
        .iter()
        .filter(|membership| membership.role.allows(Permission::EditJourneys))
        .map(|membership| membership.project.clone())
        .collect();
    if projects.is_empty() {
        require(Permission::EditJourneys)?;
    }
    projects.sort_by_key(|project| project.id != auth.actor.project);
    let names = references(&detail.graph, &detail.settings)
        .iter()
        .map(|reference| reference.describe())
        .collect();
    Ok(ClonePage {
        journey: id,
        name: detail.summary.name,
        projects,
        here: Some(auth.actor.project),
        names,
    })
}

/// A journey that is to be edited.
///
/// # Errors
/// If there is none, or the actor may not edit it.
#[cfg(feature = "ssr")]
pub async fn read_editable(id: String) -> Result<JourneyPage, AppError> {
    super::request::require(wayfare_domain::access::permissions::Permission::EditJourneys)?;
    get_journey(id).await
}

/// The project's labels, for an actor who may add them to journeys.
///
/// # Errors
/// If the actor may not.
#[cfg(feature = "ssr")]
pub async fn labels_to_put() -> Result<Vec<Label>, AppError> {
    use super::request::{context, require, respond_error};
    require(wayfare_domain::access::permissions::Permission::EditJourneys)?;
    let (services, actor) = context()?;
    services.labels(&actor).await.map_err(respond_error)
}

/// Reads a journey's id.
#[cfg(feature = "ssr")]
pub fn journey_id(text: &str) -> Result<JourneyId, AppError> {
    use wayfare_domain::error::FieldError;
    text.parse()
        .map_err(|error| AppError::field(FieldError::new("id", "malformed", format!("{error}"))))
}
