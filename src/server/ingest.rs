//! Where records wait for the writer: whoever comes while one transaction is written shares the next one. Each sender is
//! answered when her records are on the disk, and hears at once when there is no more room.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::{
    domain::{ids::ProjectId, people::record::Record},
    server::{
        clock::Clock,
        engine::EngineSigns,
        store::{Store, StoreError, StoreResult},
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
    pub fn start(store: impl Store + Clone, clock: Arc<dyn Clock>, signs: EngineSigns) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write(store, clock, signs, receiver));
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

async fn write(store: impl Store + Clone, clock: Arc<dyn Clock>, signs: EngineSigns, mut waiting: mpsc::Receiver<Waiting>) {
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
            Ok(()) => {
                for answer in answers {
                    let _ = answer.send(Ok(()));
                }
            }
            // One sender's trouble is not the others': each is tried alone.
            Err(_) if answers.len() > 1 => {
                for (batch, answer) in batches.into_iter().zip(answers) {
                    let _ = answer.send(store.ingest(&[batch], clock.now()).await);
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
