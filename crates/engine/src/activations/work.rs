//! The worker: claims what is due, and does it. Calls to suppliers run beside each other; none holds up
//! what needs no call.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;
use domain::ports::{Asking, DueActivation, PortError};
use tokio::sync::OwnedSemaphorePermit;

use super::Activations;
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
            if let Some(report) = self.needs_no_call(&due, now) {
                self.recording.add(report).await;
            } else if due.activation.state.is_paid() || is_free_to_acquire(&due) {
                acquiring.push(due);
            } else {
                let Ok(permit) = self.room.clone().acquire_owned().await else { continue };
                self.spawn(permit, |this| async move { this.follow(due).await });
            }
        }
        self.begin_to_acquire(acquiring).await?;
        Ok(claimed == limit as usize)
    }

    /// Stores *acquiring* for all of them in one change, then calls their suppliers.
    async fn begin_to_acquire(self: &Arc<Self>, due: Vec<DueActivation>) -> Result<(), PortError> {
        let (mut asking, mut chosen) = (Vec::new(), Vec::new());
        for due in due {
            let mut suppliers = self.suppliers_of(&due).await.into_iter();
            match suppliers.next() {
                Some(first) => {
                    let (activation, supplier) = (due.activation.id, first.name().clone());
                    asking.push(Asking { activation, supplier });
                    chosen.push((due, first, suppliers));
                }
                None => self.recording.add(self.none_left(&due)).await,
            }
        }
        if asking.is_empty() {
            return Ok(());
        }
        let (node, now) = (&self.context.node, self.context.clock.now());
        let store = &self.context.store;
        let marked = store.mark_acquiring(node, asking, now.after(self.context.lease), now).await?;
        for ((due, first, rest), marked) in chosen.into_iter().zip(marked) {
            if !marked {
                // It ended meanwhile: another claim finds how.
                self.recording.add(self.unchanged(&due, now)).await;
                continue;
            }
            let Ok(permit) = self.room.clone().acquire_owned().await else { continue };
            self.spawn(permit, |this| async move { this.acquire(due, first, rest).await });
        }
        Ok(())
    }

    fn spawn<W>(self: &Arc<Self>, permit: OwnedSemaphorePermit, work: impl FnOnce(Arc<Self>) -> W)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let work = work(self.clone());
        self.context.tasks.spawn(async move {
            work.await;
            drop(permit);
        });
    }
}

/// The last supplier called has said that it lends nothing.
const fn is_free_to_acquire(due: &DueActivation) -> bool {
    due.activation.state.is_acquiring() && due.activation.supplier.is_none()
}
