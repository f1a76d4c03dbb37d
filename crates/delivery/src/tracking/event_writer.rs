//! Where reports wait for the writer. Opens and clicks come by the thousand and no one waits for
//! them: they are written together. Anyone who was promised that it is kept (a provider that gets
//! its 200) is answered when it is on the disk.

use std::{mem, sync::Arc, time::Duration};

use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::timeout,
};

use crate::InFlightTracker;
use wayfare_domain::{messages::feedback::NewMessageEvent, time::Timestamp};
use wayfare_runtime::{
    clock::Clock,
    engine_metrics::EngineMetrics,
    supervisor::{Supervisor, Worker, short_task},
};
use wayfare_store::{
    StoreError, StoreResult,
    error::{IntakeError, WriteFailure},
    message_events::{InboundBatch, MessageEventStore},
    outbox::ChangedFacts,
};

/// Most requests whose reports are written in one transaction.
const WRITE_BATCH_MAX: usize = 5_000;
/// Most that wait. Beyond it opens and clicks are let go, and providers are asked to come again.
const QUEUE_MAX: usize = 50_000;
/// When what could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(1);

struct PendingWrite {
    told: InboundBatch,
    answer: Option<oneshot::Sender<StoreResult<()>>>,
}

/// Why a writer's queue did not take something.
pub fn not_queued<T>(error: TrySendError<T>) -> IntakeError {
    match error {
        TrySendError::Full(_) => IntakeError::Full,
        TrySendError::Closed(_) => IntakeError::Stopping,
    }
}

/// The way in for reports. Cheap to clone; ends with its last clone.
#[derive(Clone)]
pub struct MessageEventWriter(mpsc::Sender<PendingWrite>);

impl MessageEventWriter {
    /// Starts the task that writes.
    pub fn start(
        store: Arc<dyn MessageEventStore>,
        clock: Arc<dyn Clock>,
        signs: EngineMetrics,
        flights: InFlightTracker,
        supervisor: &Supervisor,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        supervisor
            .run_while_used(Worker::EventWriter, write(store, clock, signs, flights, receiver));
        Self(sender)
    }

    /// Writes it soon, without anybody waiting. Where there is no room it is let go: a link must
    /// lead on in any case.
    pub fn note(&self, report: NewMessageEvent) {
        let told = InboundBatch { reports: vec![report], ..InboundBatch::default() };
        if self.0.try_send(PendingWrite { told, answer: None }).is_err() {
            tracing::warn!("answers.let_go");
        }
    }

    /// Stores what was told; answered when it is on the disk.
    ///
    /// # Errors
    /// Where there is no room, or it could not be written: nothing was stored then. Or where no one
    /// writes any more.
    pub async fn take(&self, told: InboundBatch) -> Result<(), IntakeError> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(PendingWrite { told, answer: Some(answer) }).map_err(not_queued)?;
        Ok(answered.await.map_err(|_| IntakeError::Stopping)??)
    }

    /// Waits until everything that was noted so far is on the disk, or cannot get there.
    pub async fn settle(&self) {
        let (answer, answered) = oneshot::channel();
        if self
            .0
            .send(PendingWrite { told: InboundBatch::default(), answer: Some(answer) })
            .await
            .is_ok()
        {
            let _ = answered.await;
        }
    }
}

async fn write(
    store: Arc<dyn MessageEventStore>,
    clock: Arc<dyn Clock>,
    signs: EngineMetrics,
    flights: InFlightTracker,
    mut waiting: mpsc::Receiver<PendingWrite>,
) {
    // What no one waits for and could not be written yet.
    let mut kept: Vec<InboundBatch> = Vec::new();
    loop {
        let first = match kept.is_empty() {
            true => waiting.recv().await,
            false => match timeout(AGAIN, waiting.recv()).await {
                Ok(next) => next,
                Err(_) => Some(PendingWrite { told: InboundBatch::default(), answer: None }),
            },
        };
        let Some(first) = first else { return };
        let mut told = mem::take(&mut kept);
        let noted = told.len();
        let mut answers = Vec::new();
        let mut sort = |one: PendingWrite, told: &mut Vec<InboundBatch>| match one.answer {
            Some(answer) => answers.push((one.told, answer)),
            None => told.push(one.told),
        };
        sort(first, &mut told);
        for _ in noted..WRITE_BATCH_MAX {
            let Ok(next) = waiting.try_recv() else { break };
            sort(next, &mut told);
        }
        match write_together(&*store, &flights, (told, answers), clock.now(), &mut kept).await {
            Ok(0) => {}
            Ok(_) => signs.wake(),
            Err(obstacle) => turn_away(&mut waiting, obstacle, &mut kept),
        }
    }
}

/// What someone waits for.
type Awaited = (InboundBatch, oneshot::Sender<StoreResult<()>>);

/// Anyone who came while the database was waited for has waited as long as the others: no one waits
/// for it once more.
fn turn_away(
    waiting: &mut mpsc::Receiver<PendingWrite>,
    obstacle: WriteFailure,
    kept: &mut Vec<InboundBatch>,
) {
    while let Ok(next) = waiting.try_recv() {
        match next.answer {
            Some(answer) => drop(answer.send(Err(StoreError::Unavailable(obstacle)))),
            None => kept.push(next.told),
        }
    }
    kept.truncate(QUEUE_MAX);
}

/// One transaction for all; where that fails, one sender's trouble is not the others'. Answers how
/// much was news, or what keeps everybody's from being written.
async fn write_together(
    store: &dyn MessageEventStore,
    flights: &InFlightTracker,
    (noted, awaited): (Vec<InboundBatch>, Vec<Awaited>),
    now: Timestamp,
    kept: &mut Vec<InboundBatch>,
) -> Result<u64, WriteFailure> {
    let count = noted.len();
    let (told, answers): (Vec<InboundBatch>, Vec<_>) = awaited.into_iter().unzip();
    let mut all = noted;
    all.extend(told);
    let failed = match store.record_message_events(&all, now).await {
        Ok((news, changed)) => {
            answer_all(all.drain(count..).zip(answers), changed, flights);
            return Ok(news);
        }
        Err(error) => error,
    };
    tracing::error!(error = %failed, reports = all.len(), "answers.failed");
    let told = all.split_off(count);
    let mut news = 0;
    for (told, answer) in told.into_iter().zip(answers) {
        // A disk that takes nothing takes nothing of anybody's: no one has to wait for that once
        // more.
        let result = match &failed {
            StoreError::Unavailable(obstacle) => Err(StoreError::Unavailable(*obstacle)),
            _ => store.record_message_events(std::slice::from_ref(&told), now).await,
        };
        match result {
            Ok((new, changed)) => {
                news += new;
                answer_all([(told, answer)].into_iter(), changed, flights);
            }
            Err(error) => {
                let _ = answer.send(Err(error));
            }
        }
    }
    all.truncate(QUEUE_MAX);
    *kept = all;
    match failed {
        StoreError::Unavailable(obstacle) => Err(obstacle),
        _ => Ok(news),
    }
}

/// Anyone who told of a bounce, a complaint or someone's STOP is answered when nothing goes there
/// any more; the others at once.
fn answer_all(
    told: impl Iterator<Item = Awaited>,
    changed: ChangedFacts,
    flights: &InFlightTracker,
) {
    let (grave, light): (Vec<Awaited>, Vec<Awaited>) =
        told.partition(|(told, _)| !changed.is_empty() && told.is_grave());
    for (_, answer) in light {
        let _ = answer.send(Ok(()));
    }
    if changed.is_empty() {
        return;
    }
    let flights = flights.clone();
    short_task("answers.facts_changed", async move {
        flights.facts_changed(&changed).await;
        for (_, answer) in grave {
            let _ = answer.send(Ok(()));
        }
    });
}
