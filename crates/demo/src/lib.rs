//! The demo project: journeys of a shop, a bank and a travel app, in every status, with real graphs
//! and believable stats. Nothing in it is random and nothing looks at a clock: `now` is handed
//! in.

mod businesses;
mod flow;
mod graphs;
pub mod many;
#[cfg(test)]
mod tests;

use uuid::Uuid;

use businesses::{DemoJourney, demo_journeys};
use wayfare_domain::{
    error::FieldError,
    ids::UserId,
    journeys::{document::JourneyDocument, status::Status},
    names::{Description, JourneyName, LabelName},
    stats::VersionStats,
    time::{DAY_MS, HOUR_MS, Timestamp},
};
use wayfare_store::transfer::{SeedJourney, SeedMember, SeedVersion};

pub struct DemoProject {
    pub people: Vec<SeedMember>,
    pub journeys: Vec<SeedJourney>,
}

const PEOPLE: [(&str, &str); 7] = [
    ("Ada Novak", "ada.novak@example.com"),
    ("Bilal Haddad", "bilal.haddad@example.com"),
    ("Chiara Rossi", "chiara.rossi@example.com"),
    ("Dong-hyun Kim", "donghyun.kim@example.com"),
    ("Élodie Martin", "elodie.martin@example.com"),
    ("Femi Okafor", "femi.okafor@example.com"),
    ("Greta Lindqvist", "greta.lindqvist@example.com"),
];

/// The project as it looks at `now`.
pub fn project(now: Timestamp) -> DemoProject {
    let people: Vec<SeedMember> = PEOPLE
        .iter()
        .enumerate()
        .map(|(index, (name, email))| SeedMember {
            id: person(index),
            name: (*name).to_string(),
            email: (*email).to_string(),
        })
        .collect();
    let mut journeys: Vec<SeedJourney> = demo_journeys()
        .enumerate()
        .filter_map(|(index, entry)| journey(index, entry, now).ok())
        .collect();
    // Oldest first: the newest is made last, as it would have been.
    journeys.sort_by_key(|journey| journey.created_at.0);
    DemoProject { people, journeys }
}

/// The same people every time that the demo is loaded.
fn person(index: usize) -> UserId {
    UserId(Uuid::from_u128(
        0x0190_0000_0000_7000_9000_0000_0000_0000 + (index % PEOPLE.len()) as u128,
    ))
}

fn journey(index: usize, entry: &DemoJourney, now: Timestamp) -> Result<SeedJourney, FieldError> {
    let settings = entry.plot.settings(entry, now);
    let document = JourneyDocument {
        name: JourneyName::parse(entry.name)?,
        description: Description::parse(entry.description)?,
        labels: entry
            .labels
            .iter()
            .map(|label| LabelName::parse(label))
            .collect::<Result<_, _>>()?,
        status: None,
        settings,
        graph: entry.plot.graph(entry),
    };
    let created_at = now.plus(-(entry.age_days * DAY_MS) - (index as i64 * 37 % 600) * 60_000);
    let versions = versions(index, entry, created_at, now);
    Ok(SeedJourney {
        document,
        archived: entry.archived,
        created_by: person(index * 5 + 2),
        created_at,
        versions,
    })
}

/// The shown version is the last; older ones have been taken over by it.
fn versions(
    index: usize,
    entry: &DemoJourney,
    created_at: Timestamp,
    now: Timestamp,
) -> Vec<SeedVersion> {
    let count = i64::from(entry.versions);
    let span = (now.0 - created_at.0) / (count + 1);
    (0..count)
        .map(|number| {
            let last = number == count - 1;
            let at = created_at.plus(span * number);
            let published_at = at.plus(2 * HOUR_MS + (index as i64 % 7) * HOUR_MS);
            let status = match (last, number % 2) {
                (true, _) => entry.status,
                (false, 0) => Status::Stopped,
                (false, _) => Status::Restricted,
            };
            let start = match status {
                Status::Draft => None,
                Status::Scheduled => Some(now.plus((index as i64 % 20 + 2) * DAY_MS)),
                _ => Some(published_at),
            };
            SeedVersion {
                status,
                // What is archived has no one inside: an even turn sees to it.
                figures: believable_stats(
                    entry.entered / (count - number),
                    status,
                    (index as i64 + number) * if entry.archived { 2 } else { 1 },
                ),
                created_by: person(index + number as usize),
                created_at: at,
                published: (status != Status::Draft)
                    .then(|| (person(index * 3 + number as usize), published_at.0.min(now.0)))
                    .map(|(by, at)| (by, Timestamp(at))),
                start,
            }
        })
        .collect()
}

/// Believable figures that add up: `entered` people, split by a pattern that `turn` varies.
pub(crate) fn believable_stats(entered: i64, status: Status, turn: i64) -> VersionStats {
    if matches!(status, Status::Draft | Status::Scheduled) {
        return VersionStats::default();
    }
    let converted = entered * (6 + turn * 7 % 31) / 100;
    let timed_out = entered * (4 + turn * 5 % 13) / 100;
    let force_exited = entered * (turn % 3) / 100;
    let left = entered - converted - timed_out - force_exited;
    let inside = match status {
        Status::Running | Status::Paused => left * (5 + turn * 3 % 17) / 100,
        Status::Completed => left * (turn % 2) * 3 / 100,
        Status::Restricted => left * (1 + turn % 4) / 100,
        _ => 0,
    };
    let stopped = if status == Status::Stopped { left * (3 + turn % 9) / 100 } else { 0 };
    VersionStats {
        entered,
        inside,
        completed: left - inside - stopped,
        converted,
        timed_out,
        force_exited,
        stopped,
        version_exit: 0,
        queued: if matches!(status, Status::Running | Status::Paused) {
            inside * (turn % 4) / 20
        } else {
            0
        },
        cancelled: stopped / 4,
        qualified: entered,
        control: 0,
    }
}
