//! The worker: claims what is due, and does it. Calls to suppliers run beside each other; none holds up
//! what needs no call.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;
use domain::ports::{DueActivation, PortError};
use tokio::sync::OwnedSemaphorePermit;

use super::Activations;
use super::acquire::asking;
use super::under_way::Call;
use crate::wake::signal_or_timer;

/// Timers are late by this at most.
const ROUND: Duration = Duration::from_millis(500);

impl Activations {
    pub(crate) async fn work(self: Arc<Self>) {
        loop {
            let more = match self.round().await {
                Ok(more) => more,
                Err(error) => {
                    tracing::warn!(%error, "could not claim activations; trying again");
                    false
                }
            };
            if !more {
                signal_or_timer(&self.context.wake.activations, ROUND).await;
            }
        }
    }

    /// True: more may be due.
    async fn round(self: &Arc<Self>) -> Result<bool, PortError> {
        let room = self.room.available_permits();
        if room == 0 {
            return Ok(false);
        }
        let limit = limits::ACTIVATION_CLAIM_MAX.min(u32::try_from(room).unwrap_or(u32::MAX));
        let (node, now) = (&self.context.node, self.context.clock.now());
        let store = &self.context.store;
        let due = store.claim_activations(node, now, now.after(self.context.lease), limit).await?;
        let claimed = due.len();
        let mut acquiring = Vec::new();
        for due in due {
            // The report of a call that is under way ends this claim too.
            let Some(call) = self.under_way.begin(due.activation.id) else { continue };
            if let Some(report) = self.needs_no_call(&due, now) {
                self.recording.add(report).await;
                continue;
            }
            let Ok(permit) = self.room.clone().acquire_owned().await else { continue };
            let work = Claimed { due, call, permit };
            if work.due.activation.state.is_paid() || is_free_to_acquire(&work.due) {
                acquiring.push(work);
            } else {
                self.spawn(work, |this, due| async move { this.follow(due).await });
            }
        }
        if !acquiring.is_empty() {
            let this = self.clone();
            self.context.tasks.spawn(async move { this.begin_to_acquire(acquiring).await });
        }
        Ok(claimed == limit as usize)
    }

    /// Reads what suppliers offer, once for each request, stores *acquiring* for all in one change, then
    /// calls the suppliers.
    async fn begin_to_acquire(self: Arc<Self>, claimed: Vec<Claimed>) {
        let wanted = claimed.iter().map(|work| work.due.activation.wanted.clone());
        let wanted = wanted.filter(|wanted| wanted.extends().is_none()).collect();
        let offers = self.offers.of_all(wanted).await;
        let (mut asked, mut chosen) = (Vec::new(), Vec::new());
        for work in claimed {
            let mut suppliers = self.suppliers_of(&work.due, &offers).into_iter();
            match suppliers.next() {
                Some(first) => {
                    asked.push(asking(&work.due, &*first));
                    chosen.push((work, first, suppliers));
                }
                None => self.recording.add(self.none_left(&work.due)).await,
            }
        }
        if asked.is_empty() {
            return;
        }
        let (node, now) = (&self.context.node, self.context.clock.now());
        let store = &self.context.store;
        match store.mark_acquiring(node, asked, now.after(self.context.lease), now).await {
            Ok(marked) => {
                // What is not marked ended meanwhile, waits, or is another node's.
                let marked = chosen.into_iter().zip(marked).filter(|(_, marked)| *marked);
                for ((work, first, rest), _) in marked {
                    let call = |this: Arc<Self>, due| async move {
                        this.acquire(due, first, rest).await;
                    };
                    self.spawn(work, call);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "could not store which suppliers are called; trying again");
                for (work, ..) in chosen {
                    self.recording.add(self.unchanged(&work.due, now.after(ROUND))).await;
                }
            }
        }
    }

    fn spawn<W>(
        self: &Arc<Self>,
        claimed: Claimed,
        work: impl FnOnce(Arc<Self>, DueActivation) -> W,
    ) where
        W: Future<Output = ()> + Send + 'static,
    {
        let Claimed { due, call, permit } = claimed;
        let work = work(self.clone(), due);
        self.context.tasks.spawn(async move {
            work.await;
            drop((call, permit));
        });
    }
}

/// A claimed activation for which a supplier may be called.
struct Claimed {
    due: DueActivation,
    call: Call,
    permit: OwnedSemaphorePermit,
}

/// The last supplier called has said that it lends nothing.
const fn is_free_to_acquire(due: &DueActivation) -> bool {
    due.activation.state.is_acquiring() && due.activation.supplier.is_none()
}
