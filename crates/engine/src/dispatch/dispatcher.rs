//! Claims due chunks while there is room, and renews their leases.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use domain::message::Lane;
use domain::ports::{Claimed, Clock, MessageStore, PortError};
use domain::routing::CarrierName;
use tokio::sync::Notify;

use super::arrivals::{Arrivals, Queues};
use super::count::Counters;
use super::in_flight::InFlight;
use super::references::References;
use crate::carriers::Carriers;
use crate::events::Handoff;
use crate::live::Live;
use crate::metrics::{ByResult, Metrics};
use crate::other_nodes::OtherNodes;
use crate::settings::{OrderSettings, Settings};
use crate::tasks::Tasks;
use crate::tip::LastTip;
use crate::wake::{Wake, signal_or_timer};

/// Interval between claims without a signal.
const ROUND: Duration = Duration::from_millis(250);

/// Dependencies of the dispatcher.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn MessageStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tasks: Tasks,
    pub(crate) carriers: Arc<Carriers>,
    pub(crate) other_nodes: Arc<OtherNodes>,
    pub(crate) tip: Arc<LastTip>,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) settings: Arc<Live<Settings>>,
    /// As at start.
    pub(crate) orders: OrderSettings,
    pub(crate) node: String,
    pub(crate) lease: Duration,
}

#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(super) context: Context,
    pub(super) queues: Queues,
    /// Set at shutdown: no more claims.
    pub(super) closed: AtomicBool,
    /// Notified when chunks have ended or reserved room was released.
    pub(super) idle: Arc<Notify>,
    /// Outcomes could not be recorded. No claims until they are: the store is the bottleneck, and
    /// every claim would only lengthen the queue.
    pub(super) troubled: AtomicBool,
    /// Single messages may be queued in the store; new ones must queue behind them.
    pub(super) behind: AtomicBool,
    /// Chunks may be due that did not fit.
    pub(super) waiting: AtomicBool,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(super) in_flight: Arc<Mutex<InFlight>>,
    pub(super) references: Mutex<References>,
    counters: Mutex<Counters>,
}

impl Dispatcher {
    pub(crate) fn new(context: Context) -> Self {
        let in_flight: Arc<Mutex<InFlight>> = Arc::default();
        let (arrivals, queues) = Arrivals::new(context.metrics.clone(), in_flight.clone());
        Self {
            context,
            queues,
            closed: AtomicBool::new(false),
            idle: Arc::default(),
            troubled: AtomicBool::new(false),
            behind: AtomicBool::new(true),
            waiting: AtomicBool::new(true),
            arrivals,
            in_flight,
            references: Mutex::default(),
            counters: Mutex::default(),
        }
    }

    pub(super) fn in_flight(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count_handed_over(&self, result: &'static str, chunks: usize) {
        let counter = self.context.metrics.chunks_handed_over.get_or_create(&ByResult { result });
        counter.inc_by(u64::try_from(chunks).unwrap_or(u64::MAX));
    }

    pub(crate) fn chunks_in_flight(&self) -> usize {
        self.in_flight().len()
    }

    /// For every carrier: recipients without an outcome, and the time since the oldest was handed over.
    pub(crate) fn unanswered(&self) -> Vec<(CarrierName, u64, Duration)> {
        let in_flight = self.in_flight();
        let unanswered = in_flight.unanswered();
        let of = |name: &CarrierName| {
            let (count, oldest) = unanswered.get(name).copied().unwrap_or_default();
            (name.clone(), count, oldest)
        };
        self.context.carriers.set().keys().map(of).collect()
    }

    /// Stops claiming.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Waits until the outcomes of every claimed chunk are recorded, at most `grace`.
    pub(crate) async fn drained(&self, grace: Duration) {
        let drain = async {
            loop {
                let notified = self.idle.notified();
                if self.in_flight().is_idle() {
                    return;
                }
                notified.await;
            }
        };
        if tokio::time::timeout(grace, drain).await.is_err() {
            tracing::warn!("stopping with chunks in flight; they are sent again at the next start");
        }
    }

    /// The claiming worker.
    pub(crate) async fn dispatch(self: Arc<Self>) {
        while !self.closed.load(Ordering::SeqCst) {
            if self.round().await == 0 {
                signal_or_timer(&self.context.wake.dispatch, ROUND).await;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Claims once and hands over; returns the number of chunks, 0 when none were due.
    async fn round(&self) -> usize {
        let Context { store, clock, carriers, other_nodes, node, lease, .. } = &self.context;
        let now = clock.now();
        if self.troubled.load(Ordering::SeqCst)
            || !other_nodes.have_reported(now)
            || !carriers.any_is_up()
        {
            return 0;
        }
        let (mut room, singles) = self.in_flight().claimable(now);
        room.lacks_links = other_nodes.have_more(carriers);
        if self.arrivals.is_behind() {
            room.chunks = room.chunks.saturating_sub(room.bulk);
            room.bulk = 0;
        }
        if room.chunks == 0 {
            self.waiting.store(true, Ordering::SeqCst);
            return 0;
        }
        let (bulks, held_back) = (room.bulk, !room.full.is_empty());
        // Set before the claim: it does not see messages that are stored without a lease meanwhile.
        self.behind.store(false, Ordering::SeqCst);
        let claimed = store.claim_chunks(node, room, now, now.after(*lease)).await;
        let Claimed { chunks, recorded } = claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not claim chunks; trying again");
            self.behind.store(true, Ordering::SeqCst);
            Claimed::default()
        });
        // Blocked recipients also used room of the claim: more chunks may be due.
        let ended = usize::try_from(recorded.recipients).unwrap_or(usize::MAX);
        self.follow_up(recorded);
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
            self.hand_over(chunks, now);
        }
        claimed.max(ended)
    }

    /// Releases the leases that an earlier run of this node left; returns how many there were.
    pub(crate) async fn release_leases(&self) -> Result<u64, PortError> {
        let Context { store, clock, node, .. } = &self.context;
        store.release_leases(node, clock.now()).await
    }

    /// Renews the leases of the chunks in flight; false when it could not.
    pub(crate) async fn renew_leases(&self) -> bool {
        let Context { store, clock, node, lease, .. } = &self.context;
        let now = clock.now();
        let leases = self.in_flight().leases(now.before(limits::CHUNK_STALL_MAX));
        // Stalled chunks may have been removed.
        self.idle.notify_waiters();
        let renewed = store.renew_leases(node, leases, now.after(*lease)).await;
        renewed.inspect_err(|error| tracing::warn!(%error, "could not renew leases")).is_ok()
    }
}
