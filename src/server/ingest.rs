//! Where records wait for the writer: whoever comes while one transaction is written shares the next one. Each sender is
//! answered when her records are on the disk, and hears at once when there is no more room.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::{
    domain::{ids::ProjectId, people::record::Record},
    server::{
        clock::Clock,
        delivery::Flights,
        engine::EngineSigns,
        store::{Store, StoreError, StoreResult, delivery::ChangedFacts},
    },
};

/// Most records of one transaction. It holds the writer's lock for some tens of milliseconds.
const TOGETHER: usize = 5_000;
/// Most senders that wait; the next is told to come back later.
const WAITING: usize = 4_096;

struct Waiting {
    project: ProjectId,
    records: Vec<Record>,
    answer: oneshot::Sender<StoreResult<()>>,
}

/// The way in for records. Cheap to clone; ends with its last clone.
#[derive(Clone)]
pub struct Intake(mpsc::Sender<Waiting>);

/// Why records were not taken; nothing of them was stored.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("more is coming in than can be written")]
    Full,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Intake {
    /// Starts the task that writes.
    pub fn start(store: impl Store + Clone, clock: Arc<dyn Clock>, signs: EngineSigns, flights: Flights) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write(store, clock, signs, flights, receiver));
        Self(sender)
    }

    /// Stores records; answered when they are on the disk.
    ///
    /// # Errors
    /// Where there is no room, or they could not be written. Nothing was stored then.
    pub async fn take(&self, project: ProjectId, records: Vec<Record>) -> Result<(), IntakeError> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Waiting { project, records, answer }).map_err(|_| IntakeError::Full)?;
        Ok(answered.await.map_err(|_| IntakeError::Full)??)
    }

    /// The same for those who can wait until there is room.
    ///
    /// # Errors
    /// Where they could not be written, or the server is stopping.
    pub async fn take_when_free(&self, project: ProjectId, records: Vec<Record>) -> Result<(), IntakeError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Waiting { project, records, answer }).await.map_err(|_| IntakeError::Full)?;
        Ok(answered.await.map_err(|_| IntakeError::Full)??)
    }
}

async fn write(
    store: impl Store + Clone,
    clock: Arc<dyn Clock>,
    signs: EngineSigns,
    flights: Flights,
    mut waiting: mpsc::Receiver<Waiting>,
) {
    while let Some(first) = waiting.recv().await {
        let mut batches = vec![(first.project, first.records)];
        let mut answers = vec![first.answer];
        let mut count = batches[0].1.len();
        while count < TOGETHER
            && let Ok(next) = waiting.try_recv()
        {
            count += next.records.len();
            batches.push((next.project, next.records));
            answers.push(next.answer);
        }
        let result = store.ingest(&batches, clock.now()).await;
        match result {
            Ok(changed) => answer_each(answers, changed, &flights),
            // Whoever came while this was waited for has waited as long as the others: nobody waits for it once more.
            Err(StoreError::Unavailable(obstacle)) if obstacle.meets_everybody() => {
                tracing::error!(%obstacle, records = count, "intake.failed");
                while let Ok(next) = waiting.try_recv() {
                    answers.push(next.answer);
                }
                for answer in answers {
                    let _ = answer.send(Err(StoreError::Unavailable(obstacle)));
                }
                continue;
            }
            // One sender's trouble is not the others': each is tried alone.
            Err(_) if answers.len() > 1 => {
                for (batch, answer) in batches.into_iter().zip(answers) {
                    match store.ingest(&[batch], clock.now()).await {
                        Ok(changed) => answer_each(vec![answer], changed, &flights),
                        Err(error) => {
                            let _ = answer.send(Err(error));
                        }
                    }
                }
            }
            Err(error) => {
                tracing::error!(%error, records = count, "intake.failed");
                if let Some(answer) = answers.pop() {
                    let _ = answer.send(Err(error));
                }
                continue;
            }
        }
        signs.wake();
    }
}

/// Whoever withdrew a consent or changed an address is answered when no message goes out any more as it was prepared before;
/// everybody else, and whoever comes next, does not wait for that.
fn answer_each(answers: Vec<oneshot::Sender<StoreResult<()>>>, changed: Vec<ChangedFacts>, flights: &Flights) {
    let mut changed = changed.into_iter();
    for answer in answers {
        match changed.next().filter(|facts| !facts.is_empty()) {
            None => {
                let _ = answer.send(Ok(()));
            }
            Some(facts) => {
                let flights = flights.clone();
                tokio::spawn(async move {
                    flights.facts_changed(&facts).await;
                    let _ = answer.send(Ok(()));
                });
            }
        }
    }
}
