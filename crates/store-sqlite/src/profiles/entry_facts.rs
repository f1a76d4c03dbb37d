//! "Why are they not in it?": the gates of a journey's shown version, asked about one person.

use sqlx::FromRow;
use uuid::Uuid;

use super::{number_of, segments};
use crate::{
    SqliteStore,
    engine::read::parse_properties,
    rows::{json, status},
};
use wayfare_domain::{
    engine::{
        compiled::CompiledVersion,
        entry::{EnrolmentHistory, EntryRejection, is_in_control_group},
    },
    graph::{Graph, node},
    ids::{JourneyId, ProjectId},
    journeys::{
        settings::{EntryTrigger, ReentryRule, Settings},
        status::Status,
    },
    profiles::{
        Properties,
        profile::event_key,
        read_model::{Because, EntryExplanation},
    },
    time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    engine::{EngineStore, ProfileNeeds},
};

#[derive(FromRow)]
struct VersionRow {
    name: String,
    journey: i64,
    version: i64,
    status: i64,
    shelf: i64,
    graph: String,
    settings: String,
    entry_mark: i64,
    entered: i64,
}

/// What the reasons are found from.
struct EntryFacts {
    journey: JourneyId,
    version: i64,
    status: Status,
    settings: Settings,
    compiled: CompiledVersion,
    entry_mark: i64,
    entered: i64,
    history: Option<EnrolmentHistory>,
}

pub async fn load_entry_facts(
    store: &SqliteStore,
    project: ProjectId,
    person: i64,
    journey: JourneyId,
    now: Timestamp,
) -> StoreResult<EntryExplanation> {
    let number = number_of(store, project).await?;
    let row: Option<VersionRow> = sqlx::query_as(
        "SELECT j.name, j.seq AS journey, v.seq AS version, v.status, j.shelf, v.graph,
            v.settings, v.entry_mark, v.entered
         FROM journeys j JOIN versions v ON v.id = j.shown_version_id WHERE j.project_id = ?1
         AND j.id = ?2 AND j.shelf < 2",
    )
    .bind(project.0)
    .bind(journey.0)
    .fetch_optional(&store.readers)
    .await?;
    let row = row.ok_or(StoreError::NotFound("journey"))?;
    let known: Option<(i64,)> =
        sqlx::query_as("SELECT seq FROM profiles WHERE seq = ? AND project = ?")
            .bind(person)
            .bind(number)
            .fetch_optional(&store.readers)
            .await?;
    known.ok_or(StoreError::NotFound("profile"))?;
    let graph: Graph = json(&row.graph, "graph")?;
    let settings: Settings = json(&row.settings, "settings")?;
    let all = segments::all(store, project)
        .await?
        .into_iter()
        .map(|segment| (segment.name, segment.criteria))
        .collect();
    let history = store.histories(&[(row.journey, person)]).await?.remove(&(row.journey, person));
    let case = EntryFacts {
        journey,
        version: row.version,
        status: status(row.status)?,
        compiled: CompiledVersion::new(&graph, &settings, &all),
        settings,
        entry_mark: row.entry_mark,
        entered: row.entered,
        history,
    };
    let inside = history.is_some_and(|history| history.is_enrolled);
    let mut reasons = Vec::new();
    if inside {
        reasons.push("This person is inside now.".to_string().into());
    } else {
        if row.shelf == 1 {
            reasons.push("The journey is archived.".to_string().into());
        }
        reasons.extend(closed(case.status).map(Because::from));
        reasons.extend(gates(&case, person, now).into_iter().map(Because::from));
        reasons.extend(attempt(store, number, &case, person, now).await?);
        reasons.extend(recorded(store, &case, person).await?.map(Because::from));
        if reasons.is_empty() {
            reasons.push(
                "Nothing prevents entry. They enter with the next matching event."
                    .to_string()
                    .into(),
            );
        }
    }
    Ok(EntryExplanation { journey, journey_name: row.name, inside, reasons })
}

fn closed(status: Status) -> Option<String> {
    let sentence = match status {
        Status::Running => return None,
        Status::Draft => "The journey is a draft. No one enters until you publish it.",
        Status::Scheduled => "The journey has not started yet.",
        Status::Paused => {
            "The journey is paused. No one enters, and events during the pause do not count later."
        }
        Status::Completed => "Entry has ended: the journey is completed.",
        Status::Restricted => "A newer version has taken over.",
        Status::Stopped => "The journey was stopped for good.",
    };
    Some(sentence.to_string())
}

fn gates(case: &EntryFacts, person: i64, now: Timestamp) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(left) = case.history.and_then(|history| history.left_at) {
        match case.settings.reentry {
            ReentryRule::Never => reasons.push(format!(
                "This person exited on {}, and people can enter once only.",
                left.long_date()
            )),
            ReentryRule::AfterHours(hours) if now.0 - left.0 < i64::from(hours) * 3_600_000 => {
                reasons.push(format!(
                    "This person exited on {}; re-entry is possible {} after exit.",
                    left.long_date(),
                    node::hours(hours)
                ))
            }
            ReentryRule::AfterExit | ReentryRule::AfterHours(_) => {}
        }
    }
    if is_in_control_group(&case.settings, &case.journey.to_string(), person) {
        reasons.push(EntryRejection::Control.sentence().to_string());
    }
    if case
        .settings
        .entry_cap
        .is_some_and(|cap| case.entered >= i64::try_from(cap).unwrap_or(i64::MAX))
    {
        reasons.push(EntryRejection::Cap.sentence().to_string());
    }
    reasons
}

/// Have they had an occasion to come in?
async fn attempt(
    store: &SqliteStore,
    project: i64,
    case: &EntryFacts,
    person: i64,
    now: Timestamp,
) -> StoreResult<Vec<Because>> {
    match &case.settings.entry {
        EntryTrigger::Event { name, filters } => {
            let newest: Vec<(i64, i64, Option<String>)> = sqlx::query_as(
                "SELECT e.seq, e.at, e.properties FROM events e JOIN event_names n ON n.id = e.name
                 WHERE e.profile = ?1 AND n.project = ?2 AND n.name_key = ?3 ORDER BY e.seq DESC
                 LIMIT 20",
            )
            .bind(person)
            .bind(project)
            .bind(event_key(name))
            .fetch_all(&store.readers)
            .await?;
            if newest.is_empty() {
                return Ok(vec![format!("This person has never done “{name}”.").into()]);
            }
            let fitting =
                |properties: &Properties| filters.iter().all(|filter| filter.matches(properties));
            for (seq, at, properties) in &newest {
                if fitting(&parse_properties(properties.as_deref())?) {
                    let at = Timestamp(*at).long_date();
                    return Ok(if *seq <= case.entry_mark {
                        vec![
                            format!(
                                "This person last did “{name}” on {at}, before the journey was \
                                    published or resumed."
                            )
                            .into(),
                        ]
                    } else {
                        Vec::new()
                    });
                }
            }
            let failing = parse_properties(newest[0].2.as_deref())?;
            let wanted: Vec<String> = filters
                .iter()
                .filter(|filter| !filter.matches(&failing))
                .map(|filter| filter.describe())
                .collect();
            Ok(vec![Because::of_properties(format!(
                "This person did “{name}”, but the last time did not match: {}.",
                wanted.join(" and ")
            ))])
        }
        EntryTrigger::Profile { .. } | EntryTrigger::Segment { .. } | EntryTrigger::List { .. } => {
            let needs = ProfileNeeds {
                events: case.compiled.past_event_properties(),
                lists: true,
                profile: true,
            };
            let people = store.people(&[person], &needs).await?;
            let criteria = case.compiled.entry_criteria.as_ref();
            let meets = people
                .get(&person)
                .zip(criteria)
                .is_some_and(|(profile, criteria)| criteria.matches(profile, now));
            Ok(if meets {
                Vec::new()
            } else {
                vec![Because::of_properties(format!(
                    "This person does not match the entry trigger: {}.",
                    case.settings.entry.describe()
                ))]
            })
        }
        EntryTrigger::Api {} => {
            Ok(vec!["People enter this journey only through the API.".to_string().into()])
        }
    }
}

/// What the gates wrote down the last time that they had an occasion.
async fn recorded(
    store: &SqliteStore,
    case: &EntryFacts,
    person: i64,
) -> StoreResult<Option<String>> {
    let row: Option<(i64, i64, i64)> =
        sqlx::query_as("SELECT gate, at, times FROM refusals WHERE version = ?1 AND profile = ?2")
            .bind(case.version)
            .bind(person)
            .fetch_optional(&store.readers)
            .await?;
    Ok(row.and_then(|(gate, at, times)| {
        let gate = EntryRejection::from_code(gate)?;
        let times = if times > 1 { format!(", {times} times in all") } else { String::new() };
        Some(format!("Did not enter on {}{times}: {}", Timestamp(at).long_date(), gate.sentence()))
    }))
}

/// Journeys that can be asked about, by name; a choice of more than these is no help.
pub async fn published_journeys(
    store: &SqliteStore,
    project: ProjectId,
) -> StoreResult<Vec<(JourneyId, String)>> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, name FROM journeys WHERE project_id = ? AND shelf = 0 AND ever_published
         ORDER BY name_key LIMIT 500",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(id, name)| (JourneyId(id), name)).collect())
}
