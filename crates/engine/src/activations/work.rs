//! The worker: claims what is due, and does it. Calls to suppliers run beside each other; none holds up
//! what needs no call, nor what another supplier is called for.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;
use domain::ports::{DueActivation, PortError, Supplier};

use super::Activations;
use super::acquire::asking;
use super::calls::Place;
use super::follow::STATUS_POLL;
use super::inbox::NEVER;
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
        let limit = limits::ACTIVATION_CLAIM_MAX;
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
            if due.activation.state.is_paid() || is_free_to_acquire(&due) {
                acquiring.push(Claimed { due, call });
            } else {
                self.begin_to_follow(Claimed { due, call }).await;
            }
        }
        if !acquiring.is_empty() {
            let this = self.clone();
            self.context.tasks.spawn(async move { this.begin_to_acquire(acquiring).await });
        }
        Ok(claimed == limit as usize)
    }

    async fn begin_to_follow(self: &Arc<Self>, Claimed { due, call }: Claimed) {
        let Some(supplier) = due.activation.supplier.as_ref().and_then(|name| self.supplier(name))
        else {
            // It ended before any supplier was called.
            return self.recording.add(self.unchanged(&due, NEVER)).await;
        };
        let Some(place) = self.calls.place(supplier.name()) else {
            let later = self.context.clock.now().after(STATUS_POLL);
            return self.recording.add(self.unchanged(&due, later)).await;
        };
        let (this, supplier) = (self.clone(), supplier.clone());
        self.context.tasks.spawn(async move {
            let report = match place.wait().await {
                Some(_room) => this.follow(&due, &*supplier).await,
                None => this.unchanged(&due, this.context.clock.now().after(STATUS_POLL)),
            };
            this.recording.add(report).await;
            drop(call);
        });
    }

    /// Reads what suppliers offer, once for each request, stores *acquiring* for all in one change, then
    /// calls the suppliers.
    async fn begin_to_acquire(self: Arc<Self>, claimed: Vec<Claimed>) {
        let wanted = claimed.iter().map(|work| work.due.activation.wanted.clone());
        let wanted = wanted.filter(|wanted| wanted.extends().is_none()).collect();
        let offers = self.offers.of_all(wanted).await;
        let (mut asked, mut chosen) = (Vec::new(), Vec::new());
        for work in claimed {
            let mut suppliers = self.suppliers_of(&work.due, &offers);
            if suppliers.is_empty() {
                self.recording.add(self.none_left(&work.due)).await;
                continue;
            }
            let placed = |supplier: &Arc<dyn Supplier>| self.calls.place(supplier.name());
            let first = suppliers.iter().enumerate();
            let Some((index, place)) =
                first.filter_map(|(index, s)| Some((index, placed(s)?))).next()
            else {
                let later = self.context.clock.now().after(STATUS_POLL);
                self.recording.add(self.unchanged(&work.due, later)).await;
                continue;
            };
            let first = suppliers.remove(index);
            asked.push(asking(&work.due, &*first));
            chosen.push((work, Called { place, first, rest: suppliers }));
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
                for ((Claimed { due, call }, called), _) in marked {
                    let this = self.clone();
                    self.context.tasks.spawn(async move {
                        this.acquire(due, called).await;
                        drop(call);
                    });
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
}

/// A claimed activation for which a supplier may be called.
struct Claimed {
    due: DueActivation,
    call: Call,
}

/// The supplier that is called first, and those that follow while there is no number.
pub(super) struct Called {
    pub place: Place,
    pub first: Arc<dyn Supplier>,
    pub rest: Vec<Arc<dyn Supplier>>,
}

/// The last supplier called has said that it lends nothing.
const fn is_free_to_acquire(due: &DueActivation) -> bool {
    due.activation.state.is_acquiring() && due.activation.supplier.is_none()
}
