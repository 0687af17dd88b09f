//! Claims due chunks, finds each recipient's carrier and hands over, as far as there is room.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use domain::message::MessageId;
use domain::ports::{
    Carrier, ClaimedChunk, Clock, End, Inbox, Outcome, Store, Submission, SubmissionKey,
};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, mpsc};

use super::in_work::InWork;
use super::inbox::DispatchInbox;
use crate::engine::Engine;
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
    /// Told after each flush once closed.
    pub(super) idle: Notify,
    inbox: Arc<DispatchInbox>,
    in_work: Mutex<InWork>,
}

impl Dispatcher {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        wake: Arc<Wake>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (queue, queued) = mpsc::channel(QUEUE_MAX);
        let inbox = Arc::new(DispatchInbox {
            store: store.clone(),
            clock: clock.clone(),
            wake: wake.clone(),
            metrics: metrics.clone(),
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
        if room == 0 {
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

    async fn hand_over(&self, engine: &Engine, chunk: ClaimedChunk, now: Timestamp) {
        let ClaimedChunk { id, attempt, content, recipients } = chunk;
        self.in_work().begin(id, attempt, recipients.iter().map(|r| r.index), now);
        let mut by_carrier: HashMap<CarrierName, Vec<Submission>> = HashMap::new();
        let mut answered = Vec::new();
        for recipient in recipients {
            let key = SubmissionKey { chunk: id, attempt, recipient: recipient.index };
            let choice = if now >= content.valid_until {
                Err(refused(Reason::Expired))
            } else {
                choose(engine, &recipient.to)
            };
            match choice {
                Ok(carrier) => by_carrier.entry(carrier).or_default().push(Submission {
                    key,
                    to: recipient.to,
                    content: content.clone(),
                    reference: reference(content.message, recipient.index),
                    accepted: recipient.accepted,
                }),
                Err(end) => answered.push(Outcome {
                    key,
                    carrier: CarrierName::new(""),
                    parts: content.parts,
                    accepted: vec![],
                    end,
                }),
            }
        }
        if !answered.is_empty() {
            self.inbox.outcomes(answered).await;
        }
        for (name, batch) in by_carrier {
            if let Some(carrier) = engine.carriers.get(&name) {
                engine.tasks.spawn(submit(carrier.clone(), batch, self.inbox.clone()));
            }
        }
    }

    /// The worker that keeps the leases of what is in work.
    pub(crate) async fn renew(&self, engine: &Engine) {
        loop {
            tokio::time::sleep(limits::CHUNK_LEASE / 4).await;
            let now = self.clock.now();
            let stall = i64::try_from(limits::CHUNK_STALL_MAX.as_millis()).unwrap_or(i64::MAX);
            let leases = self.in_work().leases(Timestamp::from_millis(now.as_millis() - stall));
            let until = now.after(limits::CHUNK_LEASE);
            if let Err(error) = self.store.renew_leases(&engine.settings.node, leases, until).await
            {
                tracing::warn!(%error, "could not renew leases");
            }
        }
    }
}

/// Hands a batch over; a carrier that panics defers what it had.
async fn submit(carrier: Arc<dyn Carrier>, batch: Vec<Submission>, inbox: Arc<DispatchInbox>) {
    let keys: Vec<_> = batch.iter().map(|s| (s.key, s.content.parts)).collect();
    if AssertUnwindSafe(carrier.submit(batch)).catch_unwind().await.is_ok() {
        return;
    }
    tracing::error!(carrier = carrier.name().as_str(), "carrier fell while taking a batch");
    let end = End::Deferred { reason: Reason::CarrierBusy, wait: None };
    let outcomes = keys.into_iter().map(|(key, parts)| Outcome {
        key,
        carrier: carrier.name().clone(),
        parts,
        accepted: vec![],
        end: end.clone(),
    });
    inbox.outcomes(outcomes.collect()).await;
}

/// The first carrier of the route that is up, or how the submission ends without one.
fn choose(engine: &Engine, to: &domain::message::Address) -> Result<CarrierName, End> {
    let carriers = engine.settings.routes.find(to);
    if carriers.is_empty() {
        return Err(refused(Reason::NoRoute));
    }
    let up = |name: &&CarrierName| engine.carriers.get(*name).is_some_and(|c| c.status().up);
    carriers.iter().find(up).cloned().ok_or(End::Deferred { reason: Reason::LinkDown, wait: None })
}

fn refused(reason: Reason) -> End {
    End::Refused { reason, code: String::new() }
}

/// The same at every attempt, so that parts of two attempts still join at the handset.
fn reference(message: MessageId, recipient: u32) -> u16 {
    let mut hash = Sha256::new();
    hash.update(message.0.as_bytes());
    hash.update(recipient.to_be_bytes());
    let digest = hash.finalize();
    u16::from_be_bytes([digest[0], digest[1]])
}
