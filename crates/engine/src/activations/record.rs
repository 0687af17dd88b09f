//! Records what suppliers said, many reports in one change. While the store is unavailable it is tried
//! again, and suppliers that deliver wait.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::ports::{LoanReport, LoansRecorded, PortError};
use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use super::Activations;
use crate::bisect_refused::{self, Keep};
use crate::commit_progress::RETRY_PAUSE;
use crate::metrics::ByKind;

/// Reports in one change, and those that wait for it.
const BATCH_MAX: usize = 500;

type Answer = oneshot::Sender<Result<(), PortError>>;

/// Reports that wait for their change.
#[derive(Debug)]
pub(super) struct Recording {
    send: mpsc::Sender<(LoanReport, Option<Answer>)>,
    receive: Mutex<mpsc::Receiver<(LoanReport, Option<Answer>)>>,
}

impl Recording {
    pub(super) fn new() -> Self {
        let (send, receive) = mpsc::channel(BATCH_MAX);
        Self { send, receive: Mutex::new(receive) }
    }

    /// What is lost here is claimed again after its lease.
    pub(super) async fn add(&self, report: LoanReport) {
        let _ = self.send.send((report, None)).await;
    }

    /// Returns when the report is durable, or was refused.
    pub(super) async fn store(&self, report: LoanReport) -> Result<(), PortError> {
        let stopped = || PortError::Unavailable("the server is stopping".to_owned());
        let (answer, answered) = oneshot::channel();
        self.send.send((report, Some(answer))).await.map_err(|_| stopped())?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Keep<LoanReport> for Activations {
    type Kept = LoansRecorded;

    /// Retries until the store accepts or refuses.
    async fn keep(&self, batch: Vec<LoanReport>) -> Result<LoansRecorded, PortError> {
        loop {
            let now = self.context.clock.now();
            match self.context.store.record_loans(batch.clone(), now).await {
                Err(error @ (PortError::Unavailable(_) | PortError::Unknown(_))) => {
                    tracing::warn!(%error, "could not record loans; trying again");
                    self.context.metrics.store_retries.inc();
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
                kept => return kept,
            }
        }
    }
}

impl Activations {
    /// The worker. Safe to drop: what is not recorded is claimed again, or delivered again.
    pub(crate) async fn record(self: Arc<Self>) {
        let mut queue = self.recording.receive.lock().await;
        let mut batch = Vec::new();
        while queue.recv_many(&mut batch, BATCH_MAX).await > 0 {
            self.flush(std::mem::take(&mut batch)).await;
        }
    }

    async fn flush(&self, batch: Vec<(LoanReport, Option<Answer>)>) {
        let (reports, mut answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let mut answers = answers.drain(..);
        for (run, kept) in bisect_refused::keep(reports, self).await {
            if let Err(error) = &kept {
                tracing::error!(%error, "a report of a loan was refused");
                self.context.metrics.given_up.get_or_create(&ByKind { kind: "loan" }).inc();
            }
            if let Ok(recorded) = &kept {
                if recorded.lent_twice > 0 {
                    let count = recorded.lent_twice;
                    tracing::error!(count, "suppliers lent numbers that are lent already");
                }
                self.context.wake.after_loans(recorded, &self.context.metrics);
            }
            for (report, answer) in run.into_iter().zip(answers.by_ref()) {
                if let Some(answer) = answer {
                    let _ = answer.send(answer_to(report.loan, &kept));
                }
            }
        }
    }
}

fn answer_to(loan: Uuid, kept: &Result<LoansRecorded, PortError>) -> Result<(), PortError> {
    let has = |loans: &BTreeSet<Uuid>| loans.contains(&loan);
    match kept {
        Ok(recorded) if has(&recorded.unknown) => {
            Err(PortError::Refused("no loan has this name".to_owned()))
        }
        Ok(recorded) if has(&recorded.early) => {
            Err(PortError::Unavailable("the number is not assigned yet".to_owned()))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error.clone()),
    }
}
