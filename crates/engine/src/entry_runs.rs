//! Entries that look at many people at once: a segment once, on dates, every so many hours; an
//! uploaded list. And the first look of a journey that lets people in when they come to meet
//! criteria: who meets them already does not come to.

use super::{Engine, batch_builder::BatchBuilder};
use wayfare_domain::{
    ids::{ProfileKey, VersionKey},
    journeys::settings::{EntryTrigger, EntryType, SegmentSchedule},
    time::{HOUR_MS, Timestamp},
};
use wayfare_store::StoreResult;

/// Most runs that one round works on: events and timers wait meanwhile.
const ENTRY_RUNS_MAX: usize = 20;

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EntryRun {
    at: Timestamp,
    after: ProfileKey,
    /// No other run follows it.
    last: bool,
}

impl Engine {
    /// One part of each run that is under way.
    pub(super) async fn runs(&mut self) -> StoreResult<bool> {
        if self.looked_epoch == self.plan.epoch && self.clock.now() < self.next_run {
            return Ok(false);
        }
        let versions: Vec<VersionKey> = self
            .plan
            .versions
            .values()
            .filter(|live| live.takes_entries() && live.entry_type().enters_in_runs())
            .map(|live| live.planned.seq)
            .collect();
        let known = self.source.load_entry_runs(&versions).await?;
        let epoch = self.plan.epoch;
        let mut next_run = Timestamp(i64::MAX);
        let mut worked = false;
        let mut begun = 0;
        for version in versions {
            let Some(live) = self.plan.versions.get(&version) else { continue };
            let Some(run) = next(
                &live.compiled.settings.entry,
                live.planned.entry_since,
                known.get(&version).copied(),
                self.clock.now(),
            ) else {
                continue;
            };
            if run.at <= self.clock.now() && begun < ENTRY_RUNS_MAX {
                begun += 1;
                worked |= self.run_part(version, run).await?;
                next_run = run.at;
            } else {
                next_run = next_run.min(run.at);
            }
        }
        (self.looked_epoch, self.next_run) = (epoch, next_run);
        Ok(worked)
    }

    async fn run_part(&mut self, version: VersionKey, run: EntryRun) -> StoreResult<bool> {
        let head = self.fresh_head().await?;
        let Some(live) = self.plan.versions.get(&version) else { return Ok(true) };
        let (Some(criteria), project) =
            (live.compiled.entry_criteria.clone(), live.planned.project)
        else {
            return Ok(false);
        };
        let priming = live.entry_type() == EntryType::Profile;
        let now = self.clock.now();
        let people = self
            .source
            .load_matching_profiles_after(project, &criteria, run.after, self.most, now)
            .await?;
        let reached = if (people.len() as i64) < self.most { None } else { people.last().copied() };
        let mut slice = BatchBuilder::new(&self.plan, &*self.calendar, head, now);
        slice.batch.run = Some((version, run.at, reached));
        let occasions: Vec<(VersionKey, ProfileKey)> =
            people.iter().map(|person| (version, *person)).collect();
        if priming {
            slice.batch.met = occasions.into_iter().map(|pair| (pair, true)).collect();
        } else {
            slice.load(&*self.source, Vec::new(), &occasions).await?;
            for (version, person) in occasions {
                slice.attempt_entry(version, person, None);
            }
        }
        let batch = slice.finish();
        let done = self.carry_out(batch).await?;
        if done && reached.is_none() && run.last && !priming {
            self.complete(version).await?;
        }
        Ok(true)
    }
}

/// The run to do next. `known` is the last one and the person it came to (none: it is done).
fn next(
    entry: &EntryTrigger,
    since: Timestamp,
    known: Option<(Timestamp, Option<ProfileKey>)>,
    now: Timestamp,
) -> Option<EntryRun> {
    let only_one = matches!(
        entry,
        EntryTrigger::List { .. } | EntryTrigger::Segment { when: SegmentSchedule::Once {}, .. }
    );
    let (at, after) = match known {
        // Under way. A pause cuts a recurring run off; the only run there is goes on where it was.
        Some((at, Some(after))) if at >= since || only_one => (at, after),
        Some((at, _)) if at >= since => (following(entry, since, at, now)?, ProfileKey::default()),
        known => (first(entry, since, known.map(|(at, _)| at))?, ProfileKey::default()),
    };
    Some(EntryRun { at, after, last: following(entry, since, at, now).is_none() })
}

/// The first run since entry was opened, after an earlier one from before. What fell into a pause
/// is not made up for.
fn first(entry: &EntryTrigger, since: Timestamp, before: Option<Timestamp>) -> Option<Timestamp> {
    match entry {
        EntryTrigger::Segment { when: SegmentSchedule::OnDates { dates }, .. } => {
            dates.iter().copied().filter(|at| *at >= since).min()
        }
        EntryTrigger::Segment { when: SegmentSchedule::Every { hours }, .. } => match before {
            None => Some(since),
            Some(before) => {
                let step = i64::from(*hours).max(1) * HOUR_MS;
                let missed = (since.0 - before.0 + step - 1).div_euclid(step).max(1);
                Some(before.plus(missed * step))
            }
        },
        EntryTrigger::Profile { .. } => Some(since),
        EntryTrigger::Segment { when: SegmentSchedule::Once {}, .. }
        | EntryTrigger::List { .. } => Some(since).filter(|_| before.is_none()),
        EntryTrigger::Event { .. } | EntryTrigger::Api {} => None,
    }
}

/// The run after the one at `done`. Of those that a standing server missed, one is made up for.
fn following(
    entry: &EntryTrigger,
    since: Timestamp,
    done: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    match entry {
        EntryTrigger::Segment { when: SegmentSchedule::OnDates { dates }, .. } => {
            dates.iter().copied().filter(|at| *at >= since && *at > done).min()
        }
        EntryTrigger::Segment { when: SegmentSchedule::Every { hours }, .. } => {
            let step = i64::from(*hours).max(1) * HOUR_MS;
            Some(done.plus(((now.0 - done.0).div_euclid(step)).max(1) * step))
        }
        EntryTrigger::Segment { when: SegmentSchedule::Once {}, .. }
        | EntryTrigger::List { .. }
        | EntryTrigger::Profile { .. }
        | EntryTrigger::Event { .. }
        | EntryTrigger::Api {} => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(0);

    fn segment(when: SegmentSchedule) -> EntryTrigger {
        EntryTrigger::Segment { name: "VIP".to_string(), when }
    }

    fn at(run: Option<EntryRun>) -> Option<(i64, i64)> {
        run.map(|run| (run.at.0, run.after.0))
    }

    #[test]
    fn once_is_once_and_goes_on_where_a_pause_cut_it_off() {
        let once = segment(SegmentSchedule::Once {});
        assert_eq!(at(next(&once, Timestamp(5), None, NOW)), Some((5, 0)));
        assert_eq!(
            at(next(&once, Timestamp(9), Some((Timestamp(5), Some(ProfileKey(70)))), NOW)),
            Some((5, 70))
        );
        assert_eq!(at(next(&once, Timestamp(5), Some((Timestamp(5), None)), NOW)), None);
    }

    #[test]
    fn dates_that_fell_into_a_pause_are_not_made_up_for() {
        let dates = segment(SegmentSchedule::OnDates {
            dates: vec![Timestamp(10), Timestamp(20), Timestamp(30)],
        });
        assert_eq!(at(next(&dates, Timestamp(0), None, NOW)), Some((10, 0)));
        assert_eq!(at(next(&dates, Timestamp(0), Some((Timestamp(10), None)), NOW)), Some((20, 0)));
        assert_eq!(
            at(next(&dates, Timestamp(25), Some((Timestamp(10), None)), NOW)),
            Some((30, 0))
        );
        assert_eq!(at(next(&dates, Timestamp(25), Some((Timestamp(30), None)), NOW)), None);
    }

    #[test]
    fn a_recurring_entry_keeps_its_rhythm_over_a_pause_and_makes_up_for_one_run_after_a_standstill()
    {
        let daily = segment(SegmentSchedule::Every { hours: 24 });
        let day = |days: i64| Timestamp(7).plus(days * 24 * HOUR_MS);
        assert_eq!(at(next(&daily, day(0), None, day(0))), Some((7, 0)));
        assert_eq!(at(next(&daily, day(0), Some((day(0), None)), day(0))), Some((day(1).0, 0)));
        let paused_until = day(3).plus(HOUR_MS);
        assert_eq!(
            at(next(&daily, paused_until, Some((day(0), None)), paused_until)),
            Some((day(4).0, 0))
        );
        assert_eq!(
            at(next(&daily, day(0), Some((day(0), None)), day(9).plus(HOUR_MS))),
            Some((day(9).0, 0))
        );
    }
}
