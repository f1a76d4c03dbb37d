//! Versions: opened, saved, checked, published, tried.

mod tryout;

use super::{ServiceError, ServiceResult, Services};
use crate::{
    domain::{
        access::Permission,
        actor::Actor,
        delivery::names::KnownNames,
        editor::{
            Check, EditorDocument, Mode, PUBLISHED_DESCRIPTION_MAX, PersonHere, Predecessor, Publish, Save, Saved, Severity,
            VersionLine, checks,
            difference::{VersionDifference, difference},
        },
        engine::calendar::Calendar,
        error::FieldError,
        graph::Graph,
        ids::JourneyId,
        journey::{NodeFigures, VersionSummary},
        people::profile::event_key,
        settings::{Entry, Settings},
        status::Status,
        text::{Description, JourneyName},
        time::Timestamp,
        transition::{Action, Decision, Situation, transition},
    },
    server::{
        engine::calendar::Zones,
        store::{
            Store, StoreError,
            editor::{OpenedVersion, Publication, SaveOutcome},
        },
        templates::{Findings, check},
    },
};

/// Most people who are listed at a node.
const PEOPLE_MAX: i64 = 100;

impl<S: Store + Clone> Services<S> {
    pub async fn open_editor(&self, actor: &Actor, journey: JourneyId, version: Option<i64>) -> ServiceResult<EditorDocument> {
        actor.require(Permission::SeeJourneys)?;
        let opened = self.store.open_version(actor.project, journey, version).await?;
        let catalogue = self.store.catalogue(actor.project).await?;
        let (mode, why) = mode(actor, &opened, self.now());
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
            graph: opened.graph,
            settings: opened.settings,
            versions: opened.versions.into_iter().map(line).collect(),
            catalogue,
            figures: opened.nodes,
            may_publish: actor.require(Permission::OperateJourneys).is_ok(),
        })
    }

    /// Keeps a draft as it is, finished or not; of a published version what may be changed in place, where it stays sound.
    ///
    /// # Errors
    /// With every reason why it cannot be kept.
    pub async fn save_editor(&self, actor: &Actor, save: &Save) -> ServiceResult<Saved> {
        actor.require(Permission::EditJourneys)?;
        let now = self.now();
        let flaws: Vec<FieldError> = save.graph.flaws().into_iter().map(|flaw| flaw.under("graph")).collect();
        if !flaws.is_empty() {
            return Err(ServiceError::Problems(flaws));
        }
        let known = self.known_names(actor, &save.settings).await?;
        let found = server_checks(&save.graph, &save.settings, known).await?;
        let opened = self.store.open_version(actor.project, save.journey, Some(save.version)).await?;
        // What people get from the next moment on is checked before; a draft when it is published.
        if opened.version.status != Status::Draft && opened.revision == save.revision {
            let changes = difference((&opened.graph, &opened.settings), (&save.graph, &save.settings));
            let sound = changes.beyond_content().is_empty();
            let broken = if sound { broken_content(&save.graph, &found) } else { Vec::new() };
            if !broken.is_empty() {
                return Err(ServiceError::Problems(broken));
            }
        }
        match self.store.save_version(actor, save, now).await? {
            SaveOutcome::Done { revision } => {
                self.announce(actor.project).await;
                Ok(Saved::Done { revision, checks: found })
            }
            SaveOutcome::Conflict => {
                let now_there = self.store.open_version(actor.project, save.journey, Some(save.version)).await?;
                let (by, at) = (now_there.saved_by, now_there.saved_at);
                let theirs = self.open_editor(actor, save.journey, Some(save.version)).await?;
                Ok(Saved::Conflict { theirs: Box::new(theirs), by, at })
            }
        }
    }

    /// Answers the number of the new draft.
    pub async fn begin_version(&self, actor: &Actor, journey: JourneyId, from: Option<i64>) -> ServiceResult<i64> {
        actor.require(Permission::EditJourneys)?;
        let number = self.store.begin_version(actor, journey, from, self.now()).await?;
        tracing::info!(%journey, number, by = %actor.user, "version.begun");
        self.announce(actor.project).await;
        Ok(number)
    }

    pub async fn discard_draft(&self, actor: &Actor, journey: JourneyId) -> ServiceResult<()> {
        actor.require(Permission::EditJourneys)?;
        self.store.discard_draft(actor, journey, self.now()).await?;
        tracing::info!(%journey, by = %actor.user, "version.discarded");
        self.announce(actor.project).await;
        Ok(())
    }

    /// Publishes a draft that has no problems.
    ///
    /// # Errors
    /// With all that keeps it from being published at once, its name and description included.
    pub async fn publish_version(&self, actor: &Actor, publish: &Publish) -> ServiceResult<()> {
        actor.require(Permission::OperateJourneys)?;
        let opened = self.store.open_version(actor.project, publish.journey, Some(publish.version)).await?;
        let mut problems = Vec::new();
        let name = JourneyName::parse(&publish.name).map_err(|error| problems.push(error)).ok();
        let description = published_description(&publish.description).map_err(|error| problems.push(error)).ok();
        if opened.version.status == Status::Draft && opened.revision == publish.revision {
            problems.extend(self.publishing_problems(&opened.graph, &opened.settings).await?);
        }
        let (Some(name), Some(description), true) = (name, description, problems.is_empty()) else {
            return Err(ServiceError::Problems(problems));
        };
        let Publish { journey, version, revision, predecessor, .. } = *publish;
        let publication = Publication { journey, version, revision, name, description, predecessor };
        self.store.publish_version(actor, &publication, self.now()).await?;
        if let (Predecessor::Leave, Some(delivery)) = (predecessor, &self.delivery) {
            // As with a Stop: answered only when nothing more goes out to whoever has left.
            delivery.flights.barrier(&self.store).await?;
        }
        tracing::info!(%journey, version, ?predecessor, by = %actor.user, "version.published");
        self.announce(actor.project).await;
        Ok(())
    }

    pub async fn editor_figures(&self, actor: &Actor, journey: JourneyId, version: i64) -> ServiceResult<Vec<NodeFigures>> {
        actor.require(Permission::SeeJourneys)?;
        self.store.open_version(actor.project, journey, Some(version)).await?;
        Ok(self.store.node_figures(actor.project, journey, version).await?)
    }

    pub async fn people_at(&self, actor: &Actor, journey: JourneyId, version: i64, node: &str) -> ServiceResult<Vec<PersonHere>> {
        actor.require(Permission::SeeJourneys)?;
        Ok(self.store.people_at(actor.project, journey, version, node, PEOPLE_MAX).await?)
    }

    pub async fn compare_versions(
        &self,
        actor: &Actor,
        journey: JourneyId,
        from: i64,
        to: i64,
    ) -> ServiceResult<VersionDifference> {
        actor.require(Permission::SeeJourneys)?;
        let before = self.store.open_version(actor.project, journey, Some(from)).await?;
        let after = self.store.open_version(actor.project, journey, Some(to)).await?;
        Ok(difference((&before.graph, &before.settings), (&after.graph, &after.settings)))
    }

    /// Everything that keeps a graph from being published.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub async fn publishing_problems(&self, graph: &Graph, settings: &Settings) -> ServiceResult<Vec<FieldError>> {
        let of_server = server_checks(graph, settings, KnownNames::default()).await?;
        let found = checks::errors(graph, settings, self.now()).into_iter().chain(of_server);
        Ok(found.filter(|check| check.severity == Severity::Error).map(|check| check.problem).collect())
    }

    /// Names that the templates of a version with these settings may use.
    async fn known_names(&self, actor: &Actor, settings: &Settings) -> ServiceResult<KnownNames> {
        let catalogue = self.store.catalogue(actor.project).await?;
        let event = match &settings.entry {
            Entry::Event { name, .. } => {
                let named = |(event, _): &&(String, Vec<String>)| event_key(event) == event_key(name);
                catalogue.event_properties.iter().find(named).map(|(_, names)| names.iter().cloned().collect())
            }
            _ => None,
        };
        Ok(KnownNames { profile: catalogue.properties.into_iter().collect(), event: event.unwrap_or_default() })
    }
}

/// What only the server can tell: whether templates can be read and filled in, and zones exist. Filling in takes a processor:
/// not on the threads that answer everybody.
async fn server_checks(graph: &Graph, settings: &Settings, known: KnownNames) -> ServiceResult<Vec<Check>> {
    let (graph, settings) = (graph.clone(), settings.clone());
    let work = move || texts_and_zone(&graph, &settings, &known);
    let unfinished = |_| StoreError::Conflict("The texts could not be checked. Try again.");
    Ok(tokio::task::spawn_blocking(work).await.map_err(unfinished)?)
}

fn texts_and_zone(graph: &Graph, settings: &Settings, known: &KnownNames) -> Vec<Check> {
    let mut found = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let Some(channel) = node.step.channel() else { continue };
        let Findings { problems, warnings } = check(&node.step, known);
        let place = |severity: Severity, problem: FieldError| Check {
            severity,
            node: Some(node.id.clone()),
            problem: problem.under(channel.key()).under("step").under(&format!("graph.nodes[{index}]")),
        };
        found.extend(problems.into_iter().map(|problem| place(Severity::Error, problem)));
        found.extend(warnings.into_iter().map(|warning| place(Severity::Warning, warning)));
    }
    if !Zones.knows(&settings.time_zone) {
        let sentence = format!("“{}” is no time zone. Write it like Europe/Berlin.", settings.time_zone);
        found.push(Check::of_settings(Severity::Error, "time_zone", "unknown_value", sentence));
    }
    found
}

/// What would be sent wrongly, or could not be, from the next moment on.
fn broken_content(graph: &Graph, found: &[Check]) -> Vec<FieldError> {
    let texts = found.iter().filter(|check| check.severity == Severity::Error && check.node.is_some());
    let missing =
        checks::unfinished_forms(graph).into_iter().chain(graph.defects().into_iter().map(|defect| defect.under("graph")));
    texts.map(|check| check.problem.clone()).chain(missing).collect()
}

fn published_description(text: &str) -> Result<Description, FieldError> {
    let description = Description::parse(text)?;
    let length = description.as_str().chars().count();
    if length > PUBLISHED_DESCRIPTION_MAX {
        let sentence = format!("The description has {length} characters; the most is {PUBLISHED_DESCRIPTION_MAX}. Shorten it.");
        return Err(FieldError::new("description", "too_long", sentence));
    }
    Ok(description)
}

fn line(version: VersionSummary) -> VersionLine {
    let VersionSummary { number, status, published_by, published_at, figures, .. } = version;
    VersionLine { number, status, published_by, published_at, figures }
}

/// What she may change about the version, and why not more.
fn mode(actor: &Actor, opened: &OpenedVersion, now: Timestamp) -> (Mode, Option<String>) {
    if let Err(refusal) = actor.require(Permission::EditJourneys) {
        return (Mode::Read, Some(refusal.sentence()));
    }
    let (summary, version) = (&opened.summary, &opened.version);
    let situation = Situation {
        status: version.status,
        start_ahead: version.start.is_some_and(|start| start > now),
        ..summary.situation(now)
    };
    let allowed = |action| transition(situation, action);
    match (allowed(Action::EditDraft), allowed(Action::EditContent)) {
        (Decision::Apply(_), _) => (Mode::Draft, None),
        (_, Decision::Apply(_)) => {
            let why = format!(
                "Version {} is published: texts, names and places can be changed in it. Everything else needs a new version.",
                version.number
            );
            (Mode::Content, Some(why))
        }
        (_, Decision::Already(refusal) | Decision::Refuse(refusal)) => {
            let what = if summary.archived { "This journey".to_string() } else { format!("Version {}", version.number) };
            (
                Mode::Read,
                Some(format!("{what} {}. It can be looked at, and a new version or a clone can be changed.", refusal.phrase())),
            )
        }
    }
}
