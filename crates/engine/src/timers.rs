//! Those whose time has come.

use std::collections::HashSet;

use super::{Engine, batch_builder::BatchBuilder};
use wayfare_domain::{
    ids::EnrolmentKey,
    messages::token_bucket::TokenBucket,
    time::{MINUTE_MS, Timestamp},
};
use wayfare_store::{
    StoreResult,
    engine::{ActiveEnrolment, EngineBatch},
};

/// A standstill is longer than this, in milliseconds: anyone who was due before it ended, and
/// longer ago, is overdue.
const DOWNTIME_MIN_MS: i64 = MINUTE_MS;
/// After how long those are looked at again who are due and cannot go on, in milliseconds.
const LOOK_AGAIN: i64 = 5 * MINUTE_MS;

/// Lets those who became overdue while no one looked go on at a set rate, the longest due first: a
/// day's messages do not all go out in the minute after a server was mended. Anyone who is due in
/// time meanwhile does not wait behind them.
pub(super) struct CatchUpLimiter {
    rate: TokenBucket,
    /// Anyone who was due up to then is overdue.
    before: Timestamp,
    /// There may be someone.
    behind: bool,
    looked_at: Timestamp,
}

impl CatchUpLimiter {
    pub(super) fn new(per_second: u32, now: Timestamp) -> Self {
        let before = now.plus(-DOWNTIME_MIN_MS);
        Self { rate: TokenBucket::new(per_second, now), before, behind: true, looked_at: now }
    }

    /// No one has looked for long: what fell due meanwhile is overdue as well.
    fn look(&mut self, now: Timestamp) {
        if now.0 - self.looked_at.0 > DOWNTIME_MIN_MS {
            self.before = now.plus(-DOWNTIME_MIN_MS);
            self.behind = true;
        }
        self.looked_at = now;
    }
}

/// Those who are due and whom nothing moves: they cannot be read.
fn unmoved(due: &[EnrolmentKey], batch: &EngineBatch) -> Vec<EnrolmentKey> {
    if batch.moved.len() >= due.len() {
        return Vec::new();
    }
    let moved: HashSet<EnrolmentKey> = batch.moved.iter().map(|moved| moved.seq).collect();
    due.iter().copied().filter(|seq| !moved.contains(seq)).collect()
}

impl Engine {
    /// Everybody who was due until then, the longest due first.
    pub(super) async fn due(&mut self, until: Timestamp) -> StoreResult<bool> {
        let now = self.clock.now();
        let mut due = self.overdue(until, now).await?;
        let in_time = self
            .store
            .load_due_enrolments(self.in_time_after(), until, self.most - due.len() as i64)
            .await?;
        let full = due.len() as i64 + in_time.len() as i64 == self.most;
        due.extend(in_time);
        // People of a version that does not move (its project is archived, or it cannot be read)
        // stay where they are, and out of the way of those who are due after them.
        let stuck: Vec<_> =
            due.extract_if(.., |live| !self.plan.versions.contains_key(&live.version)).collect();
        if !stuck.is_empty() {
            let people: Vec<_> = stuck.iter().map(|live| live.seq).collect();
            self.store.postpone_enrolments(&people, now, now.plus(LOOK_AGAIN)).await?;
        }
        let Some(first) = due.first() else { return Ok(full && !stuck.is_empty()) };
        let late = first.due_at.map_or(0, |due| now.0 - due.0);
        let head = self.fresh_head().await?;
        self.signs.set_lateness(late);
        let people: Vec<_> = due.iter().map(|live| (live.version, live.profile)).collect();
        let seqs: Vec<_> = due.iter().map(|live| live.seq).collect();
        let mut slice = BatchBuilder::new(&self.plan, &*self.calendar, head, now);
        slice.load(&*self.source, due, &[]).await?;
        for (version, profile) in people {
            slice.time_up(version, profile);
        }
        let batch = slice.finish();
        let moved = !batch.moved.is_empty();
        let still = unmoved(&seqs, &batch);
        let done = self.carry_out(batch).await?;
        if done && !still.is_empty() {
            self.store.postpone_enrolments(&still, now, now.plus(LOOK_AGAIN)).await?;
        }
        Ok((moved && !done) || full)
    }

    /// As many of those who are overdue as may go on now.
    async fn overdue(
        &mut self,
        until: Timestamp,
        now: Timestamp,
    ) -> StoreResult<Vec<ActiveEnrolment>> {
        let Some(catch_up) = &mut self.catch_up else { return Ok(Vec::new()) };
        catch_up.look(now);
        let may = catch_up.rate.available(now).min(self.most);
        if !catch_up.behind || may == 0 {
            return Ok(Vec::new());
        }
        let found = self.store.load_due_enrolments(None, catch_up.before.min(until), may).await?;
        catch_up.rate.consume(found.len() as i64);
        catch_up.behind = found.len() as i64 == may;
        Ok(found)
    }

    /// People who were due up to then are let go by the rate for those who are overdue.
    fn in_time_after(&self) -> Option<Timestamp> {
        self.catch_up.as_ref().filter(|catch_up| catch_up.behind).map(|catch_up| catch_up.before)
    }

    /// When someone has to be looked at next.
    pub(super) async fn next_due(&self) -> StoreResult<Option<Timestamp>> {
        let in_time = self.store.get_next_due(self.in_time_after()).await?;
        let overdue = self
            .catch_up
            .as_ref()
            .filter(|catch_up| catch_up.behind)
            .map(|catch_up| catch_up.rate.next_available_at());
        Ok([in_time, overdue].into_iter().flatten().min())
    }
}
