//! Referrers get their shares: batches above a floor, to Lightning addresses.
//!
//! ```text
//! claim_referrers ── payee: offer ── payee: invoice ── check ── begin_payout (attempting) ── node: pay
//!                                                                          │                    │
//!                    claim_payouts ── node: pay_status ──────────────────<─┘                    │
//!                          │                                                                    │
//!                          └── record_payout: paid, or failed and due again  <──────────────────┘
//! ```
//!
//! Nothing is paid that is not stored first, and no second invoice is paid before the first one is *failed*
//! ([`domain::payout::PayoutState`]). A payment belongs to the Lightning node that was called for it: no other one
//! knows anything of it.

mod end_lost;
mod pay_due;
mod track;

use std::sync::Arc;
use std::time::Duration;

use domain::account::operator::Actor;
use domain::limits::PAYOUTS_LISTED_MAX;
use domain::payout::{LightningAddress, NodeIdentity, PayoutState};
use domain::ports::{
    Clock, Lightning, Payees, Payout, PayoutList, PayoutLoad, PortError, Referrer, Store,
};

use crate::live::Live;
use crate::metrics::{Gauges, Metrics};
use crate::settings::Settings;

pub use end_lost::{EndLostError, end_lost_payout};

const ROUND: Duration = Duration::from_secs(1);

/// Referrers and payments handled at a time: a payee or a route may take a minute.
const CONCURRENT: usize = 4;

#[derive(Debug)]
pub struct Payouts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lightning: Arc<dyn Lightning>,
    pub(crate) payees: Arc<dyn Payees>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) settings: Arc<Live<Settings>>,
}

impl Payouts {
    pub(crate) async fn work(self: Arc<Self>) {
        let mut seen = None;
        loop {
            // Without a node nobody can be paid or looked up.
            if self.lightning.held_max() > 0
                && let Ok(ours) = self.lightning.identity().await
            {
                if seen.replace(ours) != Some(ours) {
                    self.warn_of_other_nodes(ours).await;
                }
                self.track(ours).await;
                self.pay_due(ours).await;
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    async fn warn_of_other_nodes(&self, ours: NodeIdentity) {
        let state = Some(PayoutState::Attempting);
        let list = PayoutList { state, limit: PAYOUTS_LISTED_MAX, ..PayoutList::default() };
        let attempting = self.store.payouts(list).await.unwrap_or_default();
        let others = attempting.iter().filter(|payout| payout.node_key != ours.key).count();
        if others > 0 {
            tracing::error!(
                others,
                "payments of another Lightning node wait until a process with that node looks them up; \
                 if it is gone for ever, end them: boltgram payout end HASH"
            );
        }
    }

    /// Of orders that are settled from now on.
    pub(crate) async fn store_share_rate(&self) -> Result<(), PortError> {
        self.store.set_share_rate(self.settings.get().referrals.share).await
    }

    /// Newest first, at most [`PAYOUTS_LISTED_MAX`].
    pub async fn list(&self, list: PayoutList) -> Result<Vec<Payout>, PortError> {
        let limit = list.limit.min(PAYOUTS_LISTED_MAX + 1);
        self.store.payouts(PayoutList { limit, ..list }).await
    }

    /// Referrers with shares that are due, by address, after `after`.
    pub async fn referrers(
        &self,
        after: Option<LightningAddress>,
        limit: u32,
    ) -> Result<Vec<Referrer>, PortError> {
        self.store.referrers(after, limit.min(PAYOUTS_LISTED_MAX + 1)).await
    }

    pub async fn load(&self) -> Result<PayoutLoad, PortError> {
        self.store.payout_load().await
    }

    pub(crate) async fn show(&self, now: &Gauges) {
        let Ok(load) = self.load().await else { return };
        let gauge = |count| i64::try_from(count).unwrap_or(i64::MAX);
        now.referrals_due_msat.set(load.due.get());
        now.payouts_attempting.set(gauge(load.attempting));
        now.referrers_stopped.set(gauge(load.stopped));
        now.payouts_paused.set(i64::from(load.paused_at.is_some()));
    }

    /// No payment begins any more; those under way end. False: it was so already.
    pub async fn pause(&self, by: Actor) -> Result<bool, PortError> {
        self.store.pause_payouts(by, self.clock.now()).await
    }

    pub async fn resume(&self, by: Actor) -> Result<bool, PortError> {
        self.store.resume_payouts(by, self.clock.now()).await
    }

    /// The referrer's next try is due. False: nothing is due to this address.
    pub async fn retry(&self, address: &LightningAddress, by: Actor) -> Result<bool, PortError> {
        self.store.retry_referrer(address, by, self.clock.now()).await
    }
}
