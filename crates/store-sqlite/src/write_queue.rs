//! Whose turn it is to write. There is one connection that writes; a person who waits for an answer
//! gets it before the work that goes on by itself, and that work before the tidying up. No one
//! waits for ever: anyone who has let enough others pass is next.

use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Sqlite, SqliteConnection, Transaction};
use tokio::sync::oneshot;

use crate::error::SqliteResult;

/// For how long after a person had to wait others write in small portions.
const PRESSED: Duration = Duration::from_secs(5);

/// How soon someone has to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A person, or a program in a person's place, waits for the answer.
    Person,
    /// The engine, delivery, and what comes in.
    Work,
    /// What is too old is deleted.
    Upkeep,
}

impl Urgency {
    const COUNT: usize = 3;

    /// How many turns of others that came later may pass by.
    fn patience(self) -> u64 {
        match self {
            Urgency::Person => 0,
            Urgency::Work => 4,
            Urgency::Upkeep => 16,
        }
    }
}

/// The queue before the connection that writes. Cheap to clone; all clones are the same queue.
#[derive(Clone, Default)]
pub struct Turns(Arc<Inner>);

#[derive(Default)]
struct Inner {
    queue: Mutex<Queue>,
    /// How often something was committed for a person.
    person_commits: AtomicU64,
}

#[derive(Default)]
struct Queue {
    taken: bool,
    /// Turns so far: the clock by which patience is measured.
    turns: u64,
    /// Whoever has the turn has not begun to write: another program holds the file's lock.
    asks_for_the_file: bool,
    waiting: [VecDeque<Ticket>; Urgency::COUNT],
    person_waited_at: Option<Instant>,
}

struct Ticket {
    /// From this turn on no one that comes later passes by.
    due: u64,
    urgency: Urgency,
    ready: oneshot::Sender<Turn>,
}

/// The right to write. Dropping it lets the next one.
pub struct Turn {
    turns: Option<Turns>,
    urgency: Urgency,
}

impl Turns {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn.
    pub async fn take(&self, urgency: Urgency) -> Turn {
        loop {
            let called = {
                let mut queue = self.queue();
                if !queue.taken {
                    queue.taken = true;
                    queue.turns += 1;
                    return Turn { turns: Some(self.clone()), urgency };
                }
                if urgency == Urgency::Person {
                    queue.person_waited_at = Some(Instant::now());
                }
                let (ready, called) = oneshot::channel();
                let due = queue.turns + urgency.patience();
                queue.waiting[urgency as usize].push_back(Ticket { due, urgency, ready });
                called
            };
            if let Ok(turn) = called.await {
                return turn;
            }
        }
    }

    /// Does whoever has the turn wait for another program, and so everybody behind?
    pub fn wait_for_the_file(&self) -> bool {
        self.queue().asks_for_the_file
    }

    /// Rises with each commit that a person waits for, before they are answered.
    pub fn person_commits(&self) -> u64 {
        self.0.person_commits.load(Ordering::Acquire)
    }

    /// Has a person had to wait lately? Anyone who writes much does so in small portions then.
    pub fn are_pressed(&self) -> bool {
        self.queue().person_waited_at.is_some_and(|at| at.elapsed() < PRESSED)
    }
}

impl Turn {
    fn count_commit(&self) {
        if let (Some(turns), Urgency::Person) = (&self.turns, self.urgency) {
            turns.0.person_commits.fetch_add(1, Ordering::Release);
        }
    }

    /// Says that the file's lock is asked for, until what is answered is dropped.
    pub fn ask_for_the_file(&self) -> Option<AskingForTheFile<'_>> {
        let turns = self.turns.as_ref()?;
        turns.queue().asks_for_the_file = true;
        Some(AskingForTheFile(turns))
    }
}

/// Whoever has the turn asks for the file's lock while this lives.
pub struct AskingForTheFile<'a>(&'a Turns);

impl Drop for AskingForTheFile<'_> {
    fn drop(&mut self) {
        self.0.queue().asks_for_the_file = false;
    }
}

impl Queue {
    /// Whose patience ends first; of those that are equal, the more urgent.
    fn next(&mut self) -> Option<Ticket> {
        let first =
            |queue: &&mut VecDeque<Ticket>| queue.front().map_or(u64::MAX, |ticket| ticket.due);
        self.waiting.iter_mut().min_by_key(first)?.pop_front()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(turns) = self.turns.take() else { return };
        loop {
            let ticket = {
                let mut queue = turns.queue();
                let Some(ticket) = queue.next() else {
                    queue.taken = false;
                    return;
                };
                queue.turns += 1;
                ticket
            };
            let turn = Turn { turns: Some(turns.clone()), urgency: ticket.urgency };
            match ticket.ready.send(turn) {
                Ok(()) => return,
                // The one it was for has gone; the turn is still ours.
                Err(mut unused) => unused.turns = None,
            }
        }
    }
}

/// A transaction that writes, with the turn that it has.
pub struct Writing {
    // Dropped in this order: the connection is on its way back before the next one asks for it.
    transaction: Transaction<'static, Sqlite>,
    turn: Turn,
}

impl Writing {
    pub fn new(transaction: Transaction<'static, Sqlite>, turn: Turn) -> Self {
        Self { transaction, turn }
    }

    pub async fn commit(self) -> SqliteResult<()> {
        let committed = self.transaction.commit().await;
        // Whether it failed or not: what became of it may not be known.
        self.turn.count_commit();
        Ok(committed?)
    }

    pub async fn rollback(self) -> SqliteResult<()> {
        Ok(self.transaction.rollback().await?)
    }
}

impl Deref for Writing {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt, future::FutureExt, stream::FuturesUnordered};

    use super::*;

    /// Lets them come in this order while someone writes, and answers in which order they wrote.
    async fn order(arrivals: &[(Urgency, usize)]) -> Vec<usize> {
        let turns = Turns::default();
        let held = turns.take(Urgency::Work).await;
        let mut waiting: FuturesUnordered<_> = arrivals
            .iter()
            .map(|(urgency, name)| {
                let mut taking = Box::pin({
                    let turns = turns.clone();
                    async move { turns.take(*urgency).await }
                });
                assert!((&mut taking).now_or_never().is_none(), "it waits");
                async move { (taking.await, *name) }
            })
            .collect();
        drop(held);
        let mut order = Vec::new();
        while let Some((turn, name)) = waiting.next().await {
            order.push(name);
            drop(turn);
        }
        order
    }

    #[tokio::test]
    async fn a_person_writes_before_work_that_came_earlier_and_work_before_upkeep() {
        use Urgency::{Person, Upkeep, Work};
        assert_eq!(
            order(&[(Upkeep, 1), (Work, 2), (Work, 3), (Person, 4), (Person, 5)]).await,
            [4, 5, 2, 3, 1]
        );
    }

    #[tokio::test]
    async fn work_gets_its_turn_however_many_people_go_on_coming() {
        let turns = Turns::default();
        let mut held = turns.take(Urgency::Person).await;
        let mut work = Box::pin(turns.take(Urgency::Work));
        assert!((&mut work).now_or_never().is_none());
        let mut upkeep = Box::pin(turns.take(Urgency::Upkeep));
        assert!((&mut upkeep).now_or_never().is_none());
        let (mut passed_work, mut passed_upkeep) = (0, 0);
        for _ in 0..100 {
            let mut person = Box::pin(turns.take(Urgency::Person));
            assert!((&mut person).now_or_never().is_none());
            drop(held);
            if (&mut work).now_or_never().is_some() {
                passed_work += 1;
                work = Box::pin(turns.take(Urgency::Work));
                let _ = (&mut work).now_or_never();
            }
            if (&mut upkeep).now_or_never().is_some() {
                passed_upkeep += 1;
                upkeep = Box::pin(turns.take(Urgency::Upkeep));
                let _ = (&mut upkeep).now_or_never();
            }
            held = person.await;
        }
        assert!(
            passed_work >= 10 && passed_upkeep >= 2,
            "{passed_work} and {passed_upkeep} of 100"
        );
    }

    #[tokio::test]
    async fn those_behind_know_whether_the_first_waits_for_another_program() {
        let turns = Turns::default();
        let turn = turns.take(Urgency::Upkeep).await;
        let asking = turn.ask_for_the_file();
        assert!(turns.wait_for_the_file(), "it has not begun");
        drop(asking);
        assert!(!turns.wait_for_the_file(), "it writes");
    }

    #[tokio::test]
    async fn whoever_goes_away_while_waiting_keeps_no_turn() {
        let turns = Turns::default();
        let held = turns.take(Urgency::Work).await;
        let mut gone = Box::pin(turns.take(Urgency::Person));
        assert!((&mut gone).now_or_never().is_none());
        let mut called = Box::pin(turns.take(Urgency::Person));
        assert!((&mut called).now_or_never().is_none());
        drop(gone);
        drop(held);
        // It was called and goes away before it hears of it.
        drop(called);
        assert!(turns.take(Urgency::Upkeep).now_or_never().is_some(), "the turn is free");
        assert!(turns.are_pressed(), "a person had to wait");
    }
}
