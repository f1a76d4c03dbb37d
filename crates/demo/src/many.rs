//! As many journeys as a load test wants: varied, but the same every time.

use super::{DemoProject, believable_stats, person};
use wayfare_domain::{
    journeys::status::Status,
    names::JourneyName,
    time::{DAY_MS, Timestamp},
};
use wayfare_store::transfer::{SeedJourney, SeedVersion};

const THEMES: [&str; 24] = [
    "Win-back",
    "Onboarding",
    "Renewal",
    "Price drop",
    "Survey",
    "Welcome",
    "Abandoned cart",
    "Review request",
    "Loyalty",
    "Birthday",
    "Reminder",
    "Newsletter",
    "Back in stock",
    "Upgrade",
    "Referral",
    "Anniversary",
    "Check-in",
    "Card activation",
    "Cross-sell",
    "Replenishment",
    "Feedback",
    "Event invitation",
    "Trial ends",
    "Reactivation",
];
const PLACES: [&str; 12] = [
    "Berlin",
    "Lisboa",
    "Kraków",
    "Oslo",
    "Nairobi",
    "Osaka",
    "Montréal",
    "Lima",
    "Dublin",
    "Mumbai",
    "Athens",
    "Leeds",
];
/// In a hundred: running, completed, draft, stopped, paused, scheduled, restricted.
const SHARES: [(Status, u64); 7] = [
    (Status::Running, 30),
    (Status::Completed, 20),
    (Status::Draft, 15),
    (Status::Stopped, 15),
    (Status::Paused, 10),
    (Status::Scheduled, 5),
    (Status::Restricted, 5),
];

/// The journeys after those of the project itself.
pub fn many(
    project: &DemoProject,
    count: usize,
    now: Timestamp,
) -> impl Iterator<Item = SeedJourney> + '_ {
    (0..count).filter_map(move |index| one(project, index, now))
}

fn one(project: &DemoProject, index: usize, now: Timestamp) -> Option<SeedJourney> {
    let mut dice = SplitMix64(index as u64 + 1);
    let original = &project.journeys[dice.below(project.journeys.len() as u64) as usize];
    let theme = THEMES[dice.below(THEMES.len() as u64) as usize];
    let place = PLACES[dice.below(PLACES.len() as u64) as usize];
    let mut document = original.document.clone();
    document.name =
        JourneyName::parse(&format!("{theme} {} · {place} · #{index:06}", 2020 + dice.below(7)))
            .ok()?;
    let status = status(dice.below(100));
    let created_at =
        now.plus(-((dice.below(900) as i64 + 1) * DAY_MS) - dice.below(DAY_MS as u64) as i64);
    let published_at = created_at.plus(dice.below(DAY_MS as u64) as i64);
    let start = match status {
        Status::Draft => None,
        Status::Scheduled => Some(now.plus((dice.below(60) as i64 + 1) * DAY_MS)),
        _ => Some(published_at),
    };
    let figures = believable_stats(dice.below(200_000) as i64, status, dice.below(40) as i64);
    let archived = dice.below(10) == 0
        && matches!(status, Status::Stopped | Status::Completed)
        && figures.inside == 0;
    let author = person(dice.below(7) as usize);
    let version = SeedVersion {
        status,
        figures,
        created_by: author,
        created_at,
        published: (status != Status::Draft)
            .then(|| (person(dice.below(7) as usize), published_at)),
        start,
    };
    Some(SeedJourney {
        document,
        archived,
        created_by: author,
        created_at,
        versions: vec![version],
    })
}

fn status(mut roll: u64) -> Status {
    for (status, share) in SHARES {
        if roll < share {
            return status;
        }
        roll -= share;
    }
    Status::Running
}

/// SplitMix64: the same rolls for the same index on every machine.
struct SplitMix64(u64);

impl SplitMix64 {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}
