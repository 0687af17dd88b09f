//! Claims due chunks as far as there is room, and keeps their leases.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use domain::message::Lane;
use domain::ports::{Claimed, Clock, Inbox, Store};
use tokio::sync::Notify;

use super::count::Counters;
use super::in_flight::InFlight;
use super::inbox::{DispatchInbox, Queues};
use super::references::References;
use crate::cluster::lacks_links;
use crate::engine::Engine;
use crate::events::Handoff;
use crate::inbound::Inbound;
use crate::metrics::{ByResult, Metrics};
use crate::wake::{Wake, signal_or_timer};

/// How long a round waits when nothing is due and nobody signals.
const ROUND: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) wake: Arc<Wake>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) handoff: Arc<Handoff>,
    pub(super) queues: Queues,
    /// Nothing new is claimed any more.
    pub(super) closed: AtomicBool,
    /// Told when chunks have ended, or room was given back.
    pub(super) idle: Arc<Notify>,
    /// Outcomes could not be recorded yet. Until they are, nothing is claimed: the store is the
    /// bottleneck, and every claim would only add to what waits.
    pub(super) troubled: AtomicBool,
    /// Single messages may wait in the store: those that come now must wait behind them.
    pub(super) behind: AtomicBool,
    /// Chunks may be due for which there was no room.
    pub(super) waiting: AtomicBool,
    pub(super) inbox: Arc<DispatchInbox>,
    pub(super) in_flight: Arc<Mutex<InFlight>>,
    pub(super) references: Mutex<References>,
    counters: Mutex<Counters>,
}

impl Dispatcher {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        wake: Arc<Wake>,
        metrics: Arc<Metrics>,
        handoff: Arc<Handoff>,
        inbound: Arc<Inbound>,
    ) -> Self {
        let (inbox, queues) = DispatchInbox::new(metrics.clone(), inbound);
        Self {
            store,
            clock,
            wake,
            metrics,
            handoff,
            queues,
            closed: AtomicBool::new(false),
            idle: Arc::default(),
            troubled: AtomicBool::new(false),
            behind: AtomicBool::new(true),
            waiting: AtomicBool::new(true),
            inbox,
            in_flight: Arc::default(),
            references: Mutex::default(),
            counters: Mutex::default(),
        }
    }

    pub(crate) fn inbox(&self) -> Arc<dyn Inbox> {
        self.inbox.clone()
    }

    pub(super) fn in_flight(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count_handed_over(&self, result: &'static str, chunks: usize) {
        let counter = self.metrics.chunks_handed_over.get_or_create(&ByResult { result });
        counter.inc_by(u64::try_from(chunks).unwrap_or(u64::MAX));
    }

    pub(crate) fn chunks_in_work(&self) -> usize {
        self.in_flight().len()
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
                if self.in_flight().is_idle() {
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

    /// Claims once and hands over; returns 0 when nothing was found.
    pub(super) async fn round(&self, engine: &Engine) -> usize {
        let up = || engine.carriers.values().any(|carrier| carrier.status().up);
        let now = self.clock.now();
        if self.troubled.load(Ordering::SeqCst) || !engine.links.may_claim(now) || !up() {
            return 0;
        }
        let (mut room, singles) = self.in_flight().claimable(now);
        room.lacks_links = lacks_links(engine);
        if self.inbox.is_behind() {
            room.chunks = room.chunks.saturating_sub(room.bulk);
            room.bulk = 0;
        }
        if room.chunks == 0 {
            self.waiting.store(true, Ordering::SeqCst);
            return 0;
        }
        let (bulks, held_back) = (room.bulk, !room.full.is_empty());
        // Set before the claim: what is stored meanwhile, without a lease, was not seen by it.
        self.behind.store(false, Ordering::SeqCst);
        let lease = now.after(engine.settings.lease);
        let claimed = self.store.claim_chunks(&engine.settings.node, room, now, lease).await;
        let Claimed { chunks, recorded } = claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not claim; trying again");
            self.behind.store(true, Ordering::SeqCst);
            Claimed::default()
        });
        // Who was found blocked took room of the claim too: there may be more behind him.
        let ended = usize::try_from(recorded.recipients).unwrap_or(usize::MAX);
        self.tell(recorded);
        let of_bulk = chunks.iter().filter(|chunk| chunk.content.lane == Lane::Bulk).count();
        let claimed = chunks.len();
        let more_singles = claimed - of_bulk >= singles || held_back;
        let more_bulk = u32::try_from(of_bulk).is_ok_and(|of_bulk| of_bulk >= bulks);
        if more_singles {
            self.behind.store(true, Ordering::SeqCst);
        }
        self.waiting.store(more_singles || more_bulk, Ordering::SeqCst);
        if claimed > 0 {
            self.count_handed_over("claimed", claimed);
            self.hand_over(engine, chunks, now);
        }
        claimed.max(ended)
    }

    /// Keeps the leases of what is in work; false when it could not.
    pub(crate) async fn renew(&self, engine: &Engine) -> bool {
        let now = self.clock.now();
        let leases = self.in_flight().leases(now.before(limits::CHUNK_STALL_MAX));
        // Some may have been let go.
        self.idle.notify_waiters();
        let until = now.after(engine.settings.lease);
        let renewed = self.store.renew_leases(&engine.settings.node, leases, until).await;
        renewed.inspect_err(|error| tracing::warn!(%error, "could not renew leases")).is_ok()
    }
}
