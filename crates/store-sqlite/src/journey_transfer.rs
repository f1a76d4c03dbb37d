//! Journeys come in and go out: one set-based way of writing them serves new drafts, clones,
//! imports and the demo.

use async_trait::async_trait;
use serde::Serialize;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore,
    audit::NewAuditEntry,
    error::SqliteResult,
    labels, projects,
    rows::{hex, json, status, to_json},
    seed,
};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    ids::{JourneyId, ProjectId, UserId, VersionId},
    journeys::{
        document::{JourneyDocument, import_summary},
        status::Status,
        visibility::Visibility,
    },
    names::{Description, JourneyName, LabelName, search_key},
    stats::VersionStats,
    time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    transfer::{JourneyTransfer, SeedJourney, SeedMember},
};

#[async_trait]
impl JourneyTransfer for SqliteStore {
    async fn import_journeys(
        &self,
        actor: &Actor,
        documents: &[JourneyDocument],
        now: Timestamp,
    ) -> StoreResult<Vec<JourneyId>> {
        Ok(import(self, actor, documents, now).await?)
    }

    async fn export_journeys(
        &self,
        project: ProjectId,
        after: Option<JourneyId>,
    ) -> StoreResult<Vec<(JourneyId, JourneyDocument)>> {
        Ok(export(self, project, after).await?)
    }

    async fn seed_project(
        &self,
        project: ProjectId,
        members: &[SeedMember],
        journeys: &[SeedJourney],
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(seed::seed(self, project, members, journeys, now).await?)
    }

    async fn count_journeys(&self, project: ProjectId) -> StoreResult<i64> {
        Ok(projects::journey_count(self, project).await?)
    }
}

/// Journeys that one statement writes, and that one batch of an export reads.
const BATCH: usize = 500;

/// A journey to be written, in the form that `json_each` reads. Ids are in hex.
#[derive(Serialize)]
pub struct NewJourney {
    pub id: String,
    pub name: String,
    pub name_key: String,
    pub description: String,
    pub visibility: i64,
    pub created_by: String,
    pub created_at: i64,
    pub labels: Vec<String>,
    /// Of the shown version.
    pub rate: Option<i64>,
    /// Oldest first; the last one is shown.
    pub versions: Vec<NewVersion>,
}

#[derive(Serialize)]
pub struct NewVersion {
    pub id: String,
    pub status: i64,
    pub entry_type: i64,
    pub graph: String,
    pub settings: String,
    pub start_at: Option<i64>,
    pub end_at: Option<i64>,
    pub created_by: String,
    pub created_at: i64,
    pub published_by: Option<String>,
    pub published_at: Option<i64>,
    pub figures: VersionStats,
}

impl NewVersion {
    /// A draft of a document.
    pub fn draft(document: &JourneyDocument, by: UserId, now: Timestamp) -> SqliteResult<Self> {
        Ok(Self {
            id: hex(VersionId::new().0),
            status: Status::Draft.code(),
            entry_type: document.settings.entry.entry_type().code(),
            graph: to_json(&document.graph)?,
            settings: to_json(&document.settings)?,
            start_at: document.settings.start.map(|start| start.0),
            end_at: document.settings.end.map(|end| end.0),
            created_by: hex(by.0),
            created_at: now.0,
            published_by: None,
            published_at: None,
            figures: VersionStats::default(),
        })
    }
}

impl NewJourney {
    /// A journey that is listed, with these versions, of which the last is shown.
    pub fn new(
        name: &str,
        description: String,
        labels: Vec<String>,
        by: UserId,
        at: Timestamp,
        versions: Vec<NewVersion>,
    ) -> Self {
        Self {
            id: hex(JourneyId::new().0),
            name: name.to_string(),
            name_key: search_key(name),
            description,
            visibility: Visibility::Listed.code(),
            created_by: hex(by.0),
            created_at: at.0,
            labels,
            rate: versions.last().and_then(|shown| shown.figures.rate()),
            versions,
        }
    }

    /// A document as a journey that is a draft.
    pub fn draft(
        document: &JourneyDocument,
        labels: Vec<String>,
        by: UserId,
        now: Timestamp,
    ) -> SqliteResult<Self> {
        let versions = vec![NewVersion::draft(document, by, now)?];
        let (name, description) = (document.name.as_str(), document.description.to_string());
        Ok(Self::new(name, description, labels, by, now, versions))
    }
}

/// Writes journeys, their versions and what labels they wear.
pub async fn insert(
    connection: &mut SqliteConnection,
    project: ProjectId,
    journeys: &[NewJourney],
) -> SqliteResult<()> {
    for batch in journeys.chunks(BATCH) {
        let rows = to_json(&batch)?;
        for statement in [INSERT_JOURNEYS, INSERT_VERSIONS, INSERT_LABELS] {
            sqlx::query(statement).bind(project.0).bind(&rows).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

const INSERT_JOURNEYS: &str = "INSERT INTO journeys (id, project_id, name, name_key, description,
    visibility, ever_published, current_version_id,
        version_count, created_by, created_at, updated_at, status, entry_type, start_at,
        published_by, published_at,
        entered, inside, converted, rate)
    SELECT unhex(j.value ->> 'id'), ?1, j.value ->> 'name', j.value ->> 'name_key', j.value ->>
    'description', j.value ->> 'visibility',
        v ->> 'published_at' IS NOT NULL, unhex(v ->> 'id'), json_array_length(j.value,
        '$.versions'),
        unhex(j.value ->> 'created_by'), j.value ->> 'created_at', j.value ->> 'created_at',
        v ->> 'status', v ->> 'entry_type', v ->> 'start_at', unhex(v ->> 'published_by'), v ->>
        'published_at',
        v ->> '$.figures.entered', v ->> '$.figures.inside', v ->> '$.figures.converted',
        j.value ->> 'rate'
    FROM (SELECT value, key, value -> '$.versions[#-1]' AS v FROM json_each(?2)) j ORDER BY j.key";

const INSERT_VERSIONS: &str =
    "INSERT INTO versions (id, journey_id, project_id, number, status, entry_type, graph,
        settings, start_at,
        end_at, created_by, created_at, published_by, published_at, entered, inside, completed,
        converted, timed_out,
        force_exited, stopped, version_exit, queued, cancelled, qualified, control, baseline_stats)
    SELECT unhex(v.value ->> 'id'), unhex(j.value ->> 'id'), ?1, v.key + 1, v.value ->> 'status',
    v.value ->> 'entry_type',
        v.value ->> 'graph', v.value ->> 'settings', v.value ->> 'start_at', v.value ->> 'end_at',
        unhex(v.value ->> 'created_by'), v.value ->> 'created_at', unhex(v.value ->>
        'published_by'), v.value ->> 'published_at',
        v.value ->> '$.figures.entered', v.value ->> '$.figures.inside', v.value ->>
        '$.figures.completed',
        v.value ->> '$.figures.converted', v.value ->> '$.figures.timed_out', v.value ->>
        '$.figures.force_exited',
        v.value ->> '$.figures.stopped', v.value ->> '$.figures.version_exit', v.value ->>
        '$.figures.queued',
        v.value ->> '$.figures.cancelled', coalesce(v.value ->> '$.figures.qualified', 0),
        coalesce(v.value ->> '$.figures.control', 0),
        v.value -> '$.figures'
    FROM json_each(?2) j, json_each(j.value, '$.versions') v";

const INSERT_LABELS: &str = "INSERT INTO journey_labels (project_id, label_id, journey_id)
    SELECT ?1, unhex(l.value), unhex(j.value ->> 'id')
    FROM json_each(?2) j, json_each(j.value, '$.labels') l";

async fn import(
    store: &SqliteStore,
    actor: &Actor,
    documents: &[JourneyDocument],
    now: Timestamp,
) -> SqliteResult<Vec<JourneyId>> {
    let mut transaction = store.begin().await?;
    let mut journeys = Vec::with_capacity(documents.len());
    for document in documents {
        let labels = labels::ensure(&mut transaction, actor.project, &document.labels, now).await?;
        let mut labels: Vec<String> = labels.into_iter().map(|label| hex(label.0)).collect();
        labels.sort();
        labels.dedup();
        journeys.push(NewJourney::draft(document, labels, actor.user, now)?);
    }
    insert(&mut transaction, actor.project, &journeys).await?;
    NewAuditEntry::of(actor, AuditEvent::JourneysImported, &import_summary(journeys.len()))
        .write(&mut transaction, now)
        .await?;
    store.commit(transaction, actor.project).await?;
    journeys.iter().map(|journey| uuid_of(&journey.id).map(JourneyId)).collect()
}

/// One new journey.
pub async fn insert_one(
    connection: &mut SqliteConnection,
    project: ProjectId,
    journey: &NewJourney,
) -> SqliteResult<JourneyId> {
    insert(connection, project, std::slice::from_ref(journey)).await?;
    uuid_of(&journey.id).map(JourneyId)
}

fn uuid_of(hex: &str) -> SqliteResult<Uuid> {
    Uuid::try_parse(hex).map_err(|_| StoreError::Corrupt("a malformed id".to_string()).into())
}

#[derive(FromRow)]
struct ExportRow {
    id: Uuid,
    name: String,
    description: String,
    status: i64,
    graph: String,
    settings: String,
    labels: String,
}

async fn export(
    store: &SqliteStore,
    project: ProjectId,
    after: Option<JourneyId>,
) -> SqliteResult<Vec<(JourneyId, JourneyDocument)>> {
    let rows: Vec<ExportRow> = sqlx::query_as(
        "SELECT j.id, j.name, j.description, j.status, v.graph, v.settings,
                (SELECT json_group_array(l.name ORDER BY l.name_key) FROM journey_labels jl
                JOIN labels l ON l.id = jl.label_id
                 WHERE jl.journey_id = j.id) AS labels
         FROM journeys j JOIN versions v ON v.id = j.current_version_id
         WHERE j.project_id = ?1 AND j.visibility < ?4 AND j.key > coalesce((SELECT key
         FROM journeys
         WHERE id = ?2), 0)
         ORDER BY j.key LIMIT ?3",
    )
    .bind(project.0)
    .bind(after.map(|id| id.0))
    .bind(BATCH as i64)
    .bind(Visibility::Deleted.code())
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter().map(ExportRow::into_document).collect()
}

impl ExportRow {
    fn into_document(self) -> SqliteResult<(JourneyId, JourneyDocument)> {
        let damaged =
            |error: wayfare_domain::error::FieldError| StoreError::Corrupt(error.sentence);
        let labels: Vec<String> = json(&self.labels, "labels")?;
        let document = JourneyDocument {
            name: JourneyName::parse(&self.name).map_err(damaged)?,
            description: Description::parse(&self.description).map_err(damaged)?,
            labels: labels
                .iter()
                .map(|name| LabelName::parse(name))
                .collect::<Result<_, _>>()
                .map_err(damaged)?,
            status: Some(status(self.status)?),
            settings: json(&self.settings, "settings")?,
            graph: json(&self.graph, "graph")?,
        };
        Ok((JourneyId(self.id), document))
    }
}
