//! Where records wait for the writer: anyone who comes while one transaction is written shares the
//! next one. Each sender is answered when their records are on the disk, and hears at once when
//! the queue is full.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use wayfare_delivery::{InFlightTracker, tracking::event_writer::not_queued};
use wayfare_domain::profiles::sender::{Batch, Ignored};
use wayfare_runtime::{
    clock::Clock,
    engine_metrics::EngineMetrics,
    supervisor::{Supervisor, Worker, short_task},
};
use wayfare_store::{
    StoreError, StoreResult,
    error::IntakeError,
    profiles::{IngestStore, Ingested},
};

/// Most records of one transaction. It holds the writer's lock for some tens of milliseconds.
const TOGETHER: usize = 5_000;
/// The same while people have to wait for it.
const FEW_TOGETHER: usize = 1_000;
/// Most senders that wait; the next is told to come back later.
const WAITING: usize = 4_096;

struct PendingBatch {
    batch: Batch,
    answer: oneshot::Sender<StoreResult<Vec<Ignored>>>,
}

/// The way in for records. Cheap to clone; ends with its last clone.
#[derive(Clone)]
pub struct IngestWriter(mpsc::Sender<PendingBatch>);

impl IngestWriter {
    /// Starts the task that writes.
    pub fn start(
        store: Arc<dyn IngestStore>,
        clock: Arc<dyn Clock>,
        signs: EngineMetrics,
        flights: InFlightTracker,
        supervisor: &Supervisor,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        supervisor
            .run_while_used(Worker::IngestWriter, write(store, clock, signs, flights, receiver));
        Self(sender)
    }

    /// Stores records; answered when they are on the disk, with what their sender may not change.
    ///
    /// # Errors
    /// Where there is no room, or they could not be written: nothing was stored then. Or where
    /// no one writes any more.
    pub async fn submit(&self, batch: Batch) -> Result<Vec<Ignored>, IntakeError> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(PendingBatch { batch, answer }).map_err(not_queued)?;
        Ok(answered.await.map_err(|_| IntakeError::Stopping)??)
    }

    /// The same for those who can wait until there is room.
    ///
    /// # Errors
    /// Where they could not be written, or the server is stopping.
    pub async fn take_when_free(&self, batch: Batch) -> Result<Vec<Ignored>, IntakeError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(PendingBatch { batch, answer }).await.map_err(|_| IntakeError::Stopping)?;
        Ok(answered.await.map_err(|_| IntakeError::Stopping)??)
    }
}

async fn write(
    store: Arc<dyn IngestStore>,
    clock: Arc<dyn Clock>,
    signs: EngineMetrics,
    flights: InFlightTracker,
    mut waiting: mpsc::Receiver<PendingBatch>,
) {
    while let Some(first) = waiting.recv().await {
        let mut count = first.batch.records.len();
        let mut batches = vec![first.batch];
        let mut answers = vec![first.answer];
        let most = if store.is_under_pressure() { FEW_TOGETHER } else { TOGETHER };
        while count < most
            && let Ok(next) = waiting.try_recv()
        {
            count += next.batch.records.len();
            batches.push(next.batch);
            answers.push(next.answer);
        }
        let result = store.ingest(&batches, clock.now()).await;
        match result {
            Ok(ingested) => answer_each(answers, ingested, &flights),
            // Anyone who came while this was waited for has waited as long as the others: no one
            // waits for it once more.
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
                        Ok(ingested) => answer_each(vec![answer], ingested, &flights),
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

/// Anyone who withdrew a consent or changed an address is answered when no message goes out any
/// more as it was prepared before; everybody else, and anyone who comes next, does not wait for
/// that.
fn answer_each(
    answers: Vec<oneshot::Sender<StoreResult<Vec<Ignored>>>>,
    ingested: Vec<Ingested>,
    flights: &InFlightTracker,
) {
    for (answer, Ingested { ignored, changed }) in answers.into_iter().zip(ingested) {
        if changed.is_empty() {
            let _ = answer.send(Ok(ignored));
            continue;
        }
        let flights = flights.clone();
        short_task("intake.facts_changed", async move {
            flights.facts_changed(&changed).await;
            let _ = answer.send(Ok(ignored));
        });
    }
}
