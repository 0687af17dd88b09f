//! Results of deliveries, gathered and recorded in batches. While the store is unavailable they are
//! kept; a crash loses them, and their events are delivered again under the same ids.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{DeliveryResult, EventStore, PortError};
use domain::time::Timestamp;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

/// A batch is recorded at this age of its first result, or with this number of results.
const GATHER: Duration = Duration::from_millis(25);
const MANY: usize = 512;

/// Pause before a batch that the store did not take is recorded again.
const STORE_PAUSE: Duration = Duration::from_millis(500);

type Recording = BoxFuture<'static, Result<(), PortError>>;

#[derive(Default)]
pub(super) struct Results {
    gathered: Batch,
    /// When the gathered batch is recorded.
    due: Option<Instant>,
    /// The last attempt to record failed.
    paused: bool,
    under_way: Option<(Batch, Recording)>,
}

#[derive(Debug, Default)]
struct Batch {
    results: Vec<DeliveryResult>,
    /// Recording it may make other events due.
    frees_next: bool,
}

impl Results {
    pub(super) fn push(&mut self, result: DeliveryResult, frees_next: bool) {
        self.gathered.results.push(result);
        self.gathered.frees_next |= frees_next;
        let now = Instant::now();
        self.due.get_or_insert_with(|| now + GATHER);
        if self.gathered.results.len() >= MANY && !self.paused {
            self.due = Some(now);
        }
    }

    pub(super) const fn len(&self) -> usize {
        let under_way = match &self.under_way {
            Some((batch, _)) => batch.results.len(),
            None => 0,
        };
        self.gathered.results.len() + under_way
    }

    /// Records the gathered batch when it is due, and returns whether other events may be due by it.
    /// Pending while there is nothing to record. Cancel safe: may be dropped and called again.
    pub(super) async fn record(
        &mut self,
        store: &Arc<dyn EventStore>,
        now: impl Fn() -> Timestamp,
    ) -> bool {
        if self.under_way.is_none() {
            match self.due {
                None => std::future::pending().await,
                Some(due) => sleep_until(due).await,
            }
            self.begin(store.clone(), now());
        }
        let Some((_, recording)) = &mut self.under_way else { return false };
        let recorded = recording.await;
        self.under_way.take().is_some_and(|(batch, _)| self.conclude(batch, recorded))
    }

    /// Records everything, as soon as the store takes it.
    pub(super) async fn flush(&mut self, store: &Arc<dyn EventStore>, now: impl Fn() -> Timestamp) {
        while self.len() > 0 {
            if !self.paused {
                self.due = Some(Instant::now());
            }
            self.record(store, &now).await;
        }
    }

    fn begin(&mut self, store: Arc<dyn EventStore>, now: Timestamp) {
        self.due = None;
        self.paused = false;
        let batch = std::mem::take(&mut self.gathered);
        let results = batch.results.clone();
        let recording = async move { store.record_deliveries(results, now).await }.boxed();
        self.under_way = Some((batch, recording));
    }

    fn conclude(&mut self, mut batch: Batch, recorded: Result<(), PortError>) -> bool {
        let results = batch.results.len();
        match recorded {
            Ok(()) => return batch.frees_next,
            Err(error @ (PortError::Refused(_) | PortError::Conflict(_))) => {
                tracing::error!(%error, results, "results of deliveries cannot be recorded");
            }
            Err(error) => {
                tracing::warn!(%error, results, "could not record deliveries; trying again");
                batch.results.append(&mut self.gathered.results);
                batch.frees_next |= self.gathered.frees_next;
                self.gathered = batch;
                self.due = Some(Instant::now() + STORE_PAUSE);
                self.paused = true;
            }
        }
        false
    }
}
