//! Referrers, their shares, and payments of these.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::id::{OrderId, PaymentHash};
use crate::money::Msat;
use crate::payout::{DueShare, LightningAddress, PayoutState, ShareRate, Trouble};
use crate::ports::PortError;
use crate::time::Timestamp;

/// A referrer whose shares are to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReferrer {
    pub address: LightningAddress,
    /// The oldest first, at most [`crate::limits::PAYOUT_SHARES_MAX`].
    pub shares: Vec<DueShare>,
}

/// A payment about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayout {
    /// Of the invoice.
    pub hash: PaymentHash,
    pub address: LightningAddress,
    pub invoice: String,
    /// The sum of the shares.
    pub amount: Msat,
    pub fee_max: Msat,
    pub expires_at: Timestamp,
    /// Whose shares it pays.
    pub orders: Vec<OrderId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutBegun {
    Begun,
    /// Payments are paused. Nothing was stored.
    Paused,
    /// With its fee it is more than what the day has left. Nothing was stored.
    OverDailyLimit {
        left: Msat,
    },
    /// A share is no longer due, another payment to the address is under way, or one with this hash
    /// exists. Nothing was stored.
    Changed,
}

/// A payment as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    pub hash: PaymentHash,
    pub address: LightningAddress,
    pub invoice: String,
    pub amount: Msat,
    pub fee_max: Msat,
    /// What the route cost; `None` until it is *paid*.
    pub fee: Option<Msat>,
    pub state: PayoutState,
    pub trouble: Option<Trouble>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutEnd {
    /// Look up again then.
    CheckAt(Timestamp),
    Paid {
        fee: Msat,
    },
    /// The next try is made no sooner.
    Failed {
        trouble: Trouble,
        not_before: Timestamp,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutReport {
    pub hash: PaymentHash,
    pub end: PayoutEnd,
}

/// A referrer, with what it is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    pub address: LightningAddress,
    /// The sum of the shares that no payment pays yet.
    pub due: Msat,
    /// Failed tries in a row, and why the last one failed.
    pub failures: u32,
    pub trouble: Option<Trouble>,
    pub next_try_at: Timestamp,
    /// It waits for the operator since then.
    pub stopped_at: Option<Timestamp>,
}

/// A page of payments, newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PayoutList {
    pub state: Option<PayoutState>,
    /// Payments begun before this one.
    pub before: Option<PaymentHash>,
    pub limit: u32,
}

/// Sums and counts, for metrics and the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PayoutLoad {
    /// Owed, without what is being paid.
    pub due: Msat,
    pub attempting: u64,
    /// Referrers that wait for the operator.
    pub stopped: u64,
    pub paused_at: Option<Timestamp>,
}

#[async_trait]
pub trait PayoutStore: Send + Sync {
    /// The share of orders that are settled from now on; zero ends shares. An order that is settled stores its share in
    /// the same change, once.
    async fn set_share_rate(&self, rate: ShareRate) -> Result<(), PortError>;

    /// Begins no payment until [`resume_payouts`](Self::resume_payouts). False when it was so already.
    async fn pause_payouts(&self, by: Actor, now: Timestamp) -> Result<bool, PortError>;

    async fn resume_payouts(&self, by: Actor, now: Timestamp) -> Result<bool, PortError>;

    /// Referrers to whom at least `floor` is due, whose next try has come, and to whom no payment is under
    /// way; none while payments are paused. Their next try is put off to `put_off`, so that another
    /// node does not take them too.
    async fn claim_referrers(
        &self,
        floor: Msat,
        now: Timestamp,
        put_off: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueReferrer>, PortError>;

    /// Stores the payment as *attempting* and binds its shares to it, before the node is called. Payments
    /// that are not failed, with their fees, stay within `per_day` in 24 hours.
    async fn begin_payout(
        &self,
        new: NewPayout,
        per_day: Msat,
        now: Timestamp,
        check_at: Timestamp,
    ) -> Result<PayoutBegun, PortError>;

    /// A try failed before anything was stored: it is counted, and the next one is made later, or the
    /// referrer waits for the operator.
    async fn fail_referrer(
        &self,
        address: &LightningAddress,
        trouble: Trouble,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// Payments that are *attempting* and whose `check_at` has come; they are put off to `put_off`, so
    /// that another node does not take them too.
    async fn claim_payouts(
        &self,
        now: Timestamp,
        put_off: Timestamp,
        limit: u32,
    ) -> Result<Vec<Payout>, PortError>;

    /// Makes payments that are *attempting* due for a lookup, as a start requires. Returns how many there
    /// are.
    async fn recheck_payouts(&self, now: Timestamp) -> Result<u64, PortError>;

    /// Records what the node said, and books the money. *Paid*: the shares are paid, and the route's fee
    /// is ours. *Failed*: the shares are due again, those of orders that were refunded meanwhile are
    /// cancelled. A repeat, and a report of a payment that has ended, changes nothing.
    async fn record_payout(&self, report: PayoutReport, now: Timestamp) -> Result<(), PortError>;

    /// Clears the failures of a referrer, whose next try is due. False: nobody with this address has a
    /// share that is due.
    async fn retry_referrer(
        &self,
        address: &LightningAddress,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn payouts(&self, list: PayoutList) -> Result<Vec<Payout>, PortError>;

    /// Referrers to whom something is due, by address, after `after`.
    async fn referrers(
        &self,
        after: Option<LightningAddress>,
        limit: u32,
    ) -> Result<Vec<Referrer>, PortError>;

    async fn payout_load(&self) -> Result<PayoutLoad, PortError>;
}
