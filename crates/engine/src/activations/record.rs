//! Records what suppliers said, many reports in one change. While the store is unavailable it is tried
//! again, and suppliers that deliver wait.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::ports::{LoanNews, LoanReport, LoansRecorded, PortError};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::Activations;
use super::follow::RELEASE_POLL;
use crate::bisect_refused::{self, Keep};
use crate::commit_progress::RETRY_PAUSE;
use crate::metrics::ByKind;

/// Reports in one change, and those that wait for it.
const BATCH_MAX: usize = 500;

/// Calls to return a number that nobody gets: more than the longest loan for one code.
const RETURNS_MAX: u32 = 60;

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

    async fn flush(self: &Arc<Self>, batch: Vec<(LoanReport, Option<Answer>)>) {
        let (reports, mut answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let mut answers = answers.drain(..);
        for (run, kept) in bisect_refused::keep(reports, &**self).await {
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
            for (index, (report, answer)) in run.into_iter().zip(answers.by_ref()).enumerate() {
                if let Some(answer) = answer {
                    let _ = answer.send(answer_to(index, &kept));
                }
                let is_unknown = kept.as_ref().is_ok_and(|kept| kept.unknown.contains(&index));
                if is_unknown && matches!(report.news, LoanNews::Assigned(_)) {
                    self.return_number(&report);
                }
            }
        }
    }

    /// A number came from a supplier that was taken for one that lends none: it goes back. If this
    /// process dies first, the loan ends by itself.
    fn return_number(self: &Arc<Self>, report: &LoanReport) {
        let loan = report.loan;
        let name = report.supplier.as_ref();
        let Some(supplier) = name.and_then(|name| self.supplier(name)).cloned() else { return };
        tracing::error!(supplier = %supplier.name(), "a number came too late and goes back");
        let this = self.clone();
        self.context.tasks.spawn(async move {
            for _ in 0..RETURNS_MAX {
                match this.calls.call(&*supplier, supplier.release(loan)).await {
                    Ok(()) | Err(PortError::Refused(_) | PortError::Conflict(_)) => return,
                    Err(error) => {
                        tracing::warn!(supplier = %supplier.name(), %error, "not released yet");
                    }
                }
                tokio::time::sleep(RELEASE_POLL).await;
            }
        });
    }
}

fn answer_to(index: usize, kept: &Result<LoansRecorded, PortError>) -> Result<(), PortError> {
    let has = |reports: &BTreeSet<usize>| reports.contains(&index);
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
