//! Versions: opened, saved, checked, published, compared.

mod simulation;

use super::{ServiceError, ServiceResult, Services};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    engine::time_zones::TimeZones,
    error::FieldError,
    graph::Graph,
    ids::JourneyId,
    interrupt::Interrupt,
    journeys::{
        read_model::{NodeStats, VersionSummary},
        settings::Settings,
        status::Status,
        transition::JourneyState,
    },
    names::JourneyName,
    versions::{
        EditorDocument, PreviousVersionPolicy, Problem, ProfileAtNode, ProjectCatalog,
        PublishRequest, SaveResult, SaveVersion, Severity, VersionOption,
        edit_mode::edit_mode,
        publish::{PublishVersion, published_description},
    },
};
use wayfare_editor_model::{
    diff::{VersionDiff, diff},
    problems,
};
use wayfare_runtime::{
    costly_work::{Job, aside},
    time_zones::TzdbZones,
};
use wayfare_store::versions::SaveOutcome;

/// Most people who are listed at a node.
const PEOPLE_MAX: i64 = 100;

impl Services {
    pub async fn open_editor(
        &self,
        actor: &Actor,
        journey: JourneyId,
        version: Option<i64>,
    ) -> ServiceResult<EditorDocument> {
        actor.require(Permission::SeeJourneys)?;
        let opened = self.stores.versions.open_version(actor.project, journey, version).await?;
        let edits = actor.may(Permission::EditJourneys);
        let graph =
            if edits { opened.graph.clone() } else { opened.graph.clone().with_secrets_hidden() };
        let catalogue = self.stores.journey_queries.get_project_catalog(actor.project).await?;
        let state =
            JourneyState { status: opened.version.status, ..opened.summary.state(self.now()) };
        let (mode, why) = edit_mode(actor, state, opened.version.number);
        Ok(EditorDocument {
            journey,
            name: opened.summary.name,
            description: opened.summary.description,
            archived: opened.summary.archived,
            version: opened.version.number,
            status: opened.version.status,
            mode,
            why,
            revision: opened.revision,
            graph,
            settings: opened.settings,
            versions: opened.versions.into_iter().map(line).collect(),
            catalogue,
            figures: opened.nodes,
            may_publish: actor.require(Permission::OperateJourneys).is_ok(),
        })
    }

    /// Keeps a draft as it is, finished or not; of a published version what may be changed in
    /// place, where it stays sound.
    ///
    /// # Errors
    /// With every reason why it cannot be kept.
    pub async fn save_editor(
        &self,
        actor: &Actor,
        save: &SaveVersion,
    ) -> ServiceResult<SaveResult> {
        actor.require(Permission::EditJourneys)?;
        let now = self.now();
        let flaws: Vec<FieldError> =
            save.graph.storage_errors().into_iter().map(|flaw| flaw.under("graph")).collect();
        if !flaws.is_empty() {
            return Err(ServiceError::Problems(flaws));
        }
        let opened = self
            .stores
            .versions
            .open_version(actor.project, save.journey, Some(save.version))
            .await?;
        let save = &SaveVersion {
            graph: save.graph.clone().with_secrets_of(&opened.graph),
            checked_as_draft: opened.version.status == Status::Draft,
            ..save.clone()
        };
        let found = self.server_checks(actor, &save.graph, &save.settings).await?;
        // What people get from the next moment on is checked before; a draft when it is published.
        if opened.version.status != Status::Draft && opened.revision == save.revision {
            let changes = diff((&opened.graph, &opened.settings), (&save.graph, &save.settings));
            let sound = changes.structural_changes().is_empty();
            let broken =
                if sound { broken_content(&opened.graph, &save.graph, &found) } else { Vec::new() };
            if !broken.is_empty() {
                return Err(ServiceError::Problems(broken));
            }
        }
        match self.stores.versions.save_version(actor, save, now).await? {
            SaveOutcome::Done { revision } => {
                self.announce(actor.project).await;
                Ok(SaveResult::Done { revision, checks: found })
            }
            SaveOutcome::Conflict => {
                let now_there = self
                    .stores
                    .versions
                    .open_version(actor.project, save.journey, Some(save.version))
                    .await?;
                let (by, at) = (now_there.saved_by, now_there.saved_at);
                let theirs = self.open_editor(actor, save.journey, Some(save.version)).await?;
                Ok(SaveResult::Conflict { theirs: Box::new(theirs), by, at })
            }
        }
    }

    /// Answers the number of the new draft.
    pub async fn begin_version(
        &self,
        actor: &Actor,
        journey: JourneyId,
        from: Option<i64>,
    ) -> ServiceResult<i64> {
        actor.require(Permission::EditJourneys)?;
        let number = self.stores.versions.begin_version(actor, journey, from, self.now()).await?;
        tracing::info!(%journey, number, by = %actor.user, "version.begun");
        self.announce(actor.project).await;
        Ok(number)
    }

    pub async fn discard_draft(&self, actor: &Actor, journey: JourneyId) -> ServiceResult<()> {
        actor.require(Permission::EditJourneys)?;
        self.stores.versions.discard_draft(actor, journey, self.now()).await?;
        tracing::info!(%journey, by = %actor.user, "version.discarded");
        self.announce(actor.project).await;
        Ok(())
    }

    /// Publishes a draft that has no problems.
    ///
    /// # Errors
    /// With all that keeps it from being published at once, its name and description included.
    pub async fn publish_version(
        &self,
        actor: &Actor,
        publish: &PublishRequest,
    ) -> ServiceResult<()> {
        actor.require(Permission::OperateJourneys)?;
        let opened = self
            .stores
            .versions
            .open_version(actor.project, publish.journey, Some(publish.version))
            .await?;
        let mut problems = Vec::new();
        let name = JourneyName::parse(&publish.name).map_err(|error| problems.push(error)).ok();
        let description =
            published_description(&publish.description).map_err(|error| problems.push(error)).ok();
        if opened.version.status == Status::Draft && opened.revision == publish.revision {
            problems
                .extend(self.publishing_problems(actor, &opened.graph, &opened.settings).await?);
        }
        let (Some(name), Some(description), true) = (name, description, problems.is_empty()) else {
            return Err(ServiceError::Problems(problems));
        };
        let PublishRequest { journey, version, revision, predecessor, .. } = *publish;
        let publication =
            PublishVersion { journey, version, revision, name, description, predecessor };
        self.stores.versions.publish_version(actor, &publication, self.now()).await?;
        if let (PreviousVersionPolicy::ExitEnrolments, Some(delivery)) =
            (predecessor, &self.delivery)
        {
            // As with a Stop: answered only when nothing more goes out to anyone who has left.
            delivery.flights.drain_stopped(&*self.stores.outbox).await?;
        }
        tracing::info!(%journey, version, ?predecessor, by = %actor.user, "version.published");
        self.announce(actor.project).await;
        Ok(())
    }

    pub async fn version_stats(
        &self,
        actor: &Actor,
        journey: JourneyId,
        version: i64,
    ) -> ServiceResult<Vec<NodeStats>> {
        actor.require(Permission::SeeJourneys)?;
        self.stores.versions.open_version(actor.project, journey, Some(version)).await?;
        Ok(self.stores.journey_queries.list_node_stats(actor.project, journey, version).await?)
    }

    pub async fn people_at(
        &self,
        actor: &Actor,
        journey: JourneyId,
        version: i64,
        node: &str,
    ) -> ServiceResult<Vec<ProfileAtNode>> {
        actor.require(Permission::SeeJourneys)?;
        self.stores.versions.open_version(actor.project, journey, Some(version)).await?;
        let people = self
            .stores
            .journey_queries
            .list_profiles_at_node(actor.project, journey, version, node, PEOPLE_MAX)
            .await?;
        Ok(if actor.may(Permission::SeePersonalData) {
            people
        } else {
            people.into_iter().map(ProfileAtNode::masked).collect()
        })
    }

    pub async fn compare_versions(
        &self,
        actor: &Actor,
        journey: JourneyId,
        from: i64,
        to: i64,
    ) -> ServiceResult<VersionDiff> {
        actor.require(Permission::SeeJourneys)?;
        let (services, project) = (self.clone(), actor.project);
        let edits = actor.may(Permission::EditJourneys);
        self.costly(actor, Job::Comparison, |stop| async move {
            let mut before =
                services.stores.versions.open_version(project, journey, Some(from)).await?;
            let mut after =
                services.stores.versions.open_version(project, journey, Some(to)).await?;
            if !edits {
                for opened in [&mut before, &mut after] {
                    opened.graph = std::mem::take(&mut opened.graph).with_secrets_hidden();
                }
            }
            let compare = move |_: &dyn Interrupt| {
                diff((&before.graph, &before.settings), (&after.graph, &after.settings))
            };
            Ok(aside(stop, compare).await?)
        })
        .await
    }

    /// Everything that keeps a graph from being published.
    ///
    /// # Errors
    /// The store's own.
    pub async fn publishing_problems(
        &self,
        actor: &Actor,
        graph: &Graph,
        settings: &Settings,
    ) -> ServiceResult<Vec<FieldError>> {
        let found = self.all_checks(actor, graph, settings, None).await?.into_iter();
        Ok(found
            .filter(|check| check.severity == Severity::Error)
            .map(|check| check.problem)
            .collect())
    }

    /// Everything that is found in an opened version.
    ///
    /// # Errors
    /// The store's own.
    pub async fn editor_checks(
        &self,
        actor: &Actor,
        document: &EditorDocument,
    ) -> ServiceResult<Vec<Problem>> {
        let EditorDocument { graph, settings, catalogue, .. } = document;
        let mut found = self.all_checks(actor, graph, settings, Some(catalogue.clone())).await?;
        found.sort_by_key(|check| check.severity);
        Ok(found)
    }

    /// What the editor finds by itself, without a catalogue the errors alone, and what only the
    /// server can tell.
    async fn all_checks(
        &self,
        actor: &Actor,
        graph: &Graph,
        settings: &Settings,
        catalogue: Option<ProjectCatalog>,
    ) -> ServiceResult<Vec<Problem>> {
        let (of_graph, of_settings, now) = (graph.clone(), settings.clone(), self.now());
        let find = move |_: &dyn Interrupt| {
            Ok(match catalogue {
                Some(catalogue) => {
                    problems::find_problems(&of_graph, &of_settings, &catalogue, now)
                }
                None => problems::errors(&of_graph, &of_settings, now),
            })
        };
        let mut found = self.calculated(actor, Job::Checks, find).await?;
        found.extend(self.server_checks(actor, graph, settings).await?);
        Ok(found)
    }

    /// What only the server can tell: whether messages can be read and filled in, and zones exist.
    async fn server_checks(
        &self,
        actor: &Actor,
        graph: &Graph,
        settings: &Settings,
    ) -> ServiceResult<Vec<Problem>> {
        let messages = self.message_findings(actor, graph, settings).await?;
        let problems = messages
            .problems
            .into_iter()
            .map(|problem| problems::locate(Severity::Error, graph, problem));
        let warnings = messages
            .warnings
            .into_iter()
            .map(|warning| problems::locate(Severity::Warning, graph, warning));
        let mut found: Vec<Problem> = problems.chain(warnings).collect();
        if !TzdbZones.knows(&settings.time_zone) {
            let sentence =
                format!("“{}” is not a time zone. Use the form Europe/Berlin.", settings.time_zone);
            found.push(Problem::of_settings(
                Severity::Error,
                "time_zone",
                "unknown_value",
                sentence,
            ));
        }
        Ok(found)
    }
}

/// What would be sent wrongly, or could not be, from the next moment on. What is out of range since
/// it was published is not the content's fault.
fn broken_content(published: &Graph, graph: &Graph, found: &[Problem]) -> Vec<FieldError> {
    let texts =
        found.iter().filter(|check| check.severity == Severity::Error && check.node.is_some());
    let known = published.structural_errors();
    let defects = graph.structural_errors().into_iter().filter(|defect| !known.contains(defect));
    let missing = problems::unfinished_forms(graph)
        .into_iter()
        .chain(defects.map(|defect| defect.under("graph")));
    texts.map(|check| check.problem.clone()).chain(missing).collect()
}

fn line(version: VersionSummary) -> VersionOption {
    let VersionSummary { number, status, published_by, published_at, figures, .. } = version;
    VersionOption { number, status, published_by, published_at, figures }
}
