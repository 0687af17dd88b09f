//! Claims due chunks as far as there is room, and keeps their leases.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use domain::ports::{Clock, Inbox, Outcome, Store};
use tokio::sync::{Notify, mpsc};

use super::in_work::InWork;
use super::inbox::DispatchInbox;
use crate::engine::Engine;
use crate::inbound::InboundDesk;
use crate::metrics::Metrics;
use crate::wake::{Wake, signal_or_timer};

/// How long a round waits when nothing is due and nobody signals.
const ROUND: Duration = Duration::from_millis(250);

/// Chunks asked for in one claim.
const CLAIM_MAX: usize = 64;

/// Batches of outcomes waiting for the recorder.
const QUEUE_MAX: usize = limits::OUTCOME_QUEUE_MAX / 64;

#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) wake: Arc<Wake>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) queued: tokio::sync::Mutex<mpsc::Receiver<Vec<Outcome>>>,
    /// Nothing new is claimed any more.
    pub(super) closed: AtomicBool,
    /// Told when chunks have ended.
    pub(super) idle: Notify,
    /// Outcomes could not be recorded yet. Until they are, nothing is claimed: the store is the
    /// bottleneck, and every claim would only add to what waits.
    pub(super) troubled: AtomicBool,
    pub(super) inbox: Arc<DispatchInbox>,
    in_work: Mutex<InWork>,
}

impl Dispatcher {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        wake: Arc<Wake>,
        metrics: Arc<Metrics>,
        inbound: Arc<InboundDesk>,
    ) -> Self {
        let (queue, queued) = mpsc::channel(QUEUE_MAX);
        let inbox = Arc::new(DispatchInbox {
            store: store.clone(),
            clock: clock.clone(),
            wake: wake.clone(),
            metrics: metrics.clone(),
            inbound,
            queue,
        });
        Self {
            store,
            clock,
            wake,
            metrics,
            queued: tokio::sync::Mutex::new(queued),
            closed: AtomicBool::new(false),
            idle: Notify::new(),
            troubled: AtomicBool::new(false),
            inbox,
            in_work: Mutex::default(),
        }
    }

    pub(crate) fn inbox(&self) -> Arc<dyn Inbox> {
        self.inbox.clone()
    }

    pub(super) fn in_work(&self) -> MutexGuard<'_, InWork> {
        self.in_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn chunks_in_work(&self) -> usize {
        self.in_work().len()
    }

    /// Claims nothing more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Waits until every claimed chunk has its outcomes recorded, at most `grace`.
    pub(crate) async fn drained(&self, grace: Duration) {
        let drain = async {
            loop {
                let told = self.idle.notified();
                if self.in_work().len() == 0 {
                    return;
                }
                told.await;
            }
        };
        if tokio::time::timeout(grace, drain).await.is_err() {
            tracing::warn!("stopping with chunks in work; they are sent again at the next start");
        }
    }

    /// The worker that claims.
    pub(crate) async fn dispatch(&self, engine: &Engine) {
        while !self.closed.load(Ordering::SeqCst) {
            if self.round(engine).await == 0 {
                signal_or_timer(&self.wake.dispatch, ROUND).await;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Claims once and hands over; returns the number of chunks.
    async fn round(&self, engine: &Engine) -> usize {
        let room = limits::CHUNKS_IN_WORK_MAX.saturating_sub(self.in_work().len()).min(CLAIM_MAX);
        let up = || engine.carriers.values().any(|carrier| carrier.status().up);
        if room == 0 || self.troubled.load(Ordering::SeqCst) || !up() {
            return 0;
        }
        let now = self.clock.now();
        let lease = now.after(limits::CHUNK_LEASE);
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        match self.store.claim_chunks(&engine.settings.node, room, now, lease).await {
            Ok(chunks) => {
                let claimed = chunks.len();
                for chunk in chunks {
                    self.hand_over(engine, chunk, now).await;
                }
                claimed
            }
            Err(error) => {
                tracing::warn!(%error, "could not claim; trying again");
                0
            }
        }
    }

    /// The worker that keeps the leases of what is in work.
    pub(crate) async fn renew(&self, engine: &Engine) {
        loop {
            tokio::time::sleep(limits::CHUNK_LEASE / 4).await;
            let now = self.clock.now();
            let leases = self.in_work().leases(now.before(limits::CHUNK_STALL_MAX));
            let until = now.after(limits::CHUNK_LEASE);
            if let Err(error) = self.store.renew_leases(&engine.settings.node, leases, until).await
            {
                tracing::warn!(%error, "could not renew leases");
            }
        }
    }
}
