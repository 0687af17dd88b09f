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
    /// Of the Lightning node that pays it ([`crate::payout::NodeIdentity`]).
    pub node_key: [u8; 33],
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
    /// A share is no longer due, another payment to the address is under way, or the referrer waits for the
    /// operator. Nothing was stored.
    Changed,
    /// This invoice was to be paid before. Nothing was stored.
    KnownInvoice,
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
    /// Why it failed; of one that is *attempting*, why it will unless the node still pays it.
    pub trouble: Option<Trouble>,
    pub expires_at: Timestamp,
    /// Of the Lightning node that pays it. Another node knows nothing of it.
    pub node_key: [u8; 33],
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutEnd {
    /// Look up again then. With a trouble it is not sent again.
    CheckAt {
        at: Timestamp,
        trouble: Option<Trouble>,
    },
    Paid {
        fee: Msat,
    },
    /// For good: see [`PayoutState`].
    Failed {
        trouble: Trouble,
    },
}

/// What became of the operator's word that a payment has failed, because its node is gone for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostPayoutEnd {
    Ended,
    NoSuchPayout,
    /// It has ended before.
    Already(PayoutState),
    /// It belongs to the node that is configured now, which says how it ends.
    OfOurNode,
    /// Until then the payee may still get it ([`crate::payout::routes_end_at`]).
    NotBefore(Timestamp),
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

    /// Stores the payment as *attempting* and binds its shares to it, before the node is called. Payments of
    /// 24 hours and all of this node that are *attempting*, with their fees, stay within `per_day`.
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

    /// Payments of this Lightning node that are *attempting* and whose `check_at` has come; they are put off
    /// to `put_off`, so that no other process with this node takes them too.
    async fn claim_payouts(
        &self,
        node_key: [u8; 33],
        now: Timestamp,
        put_off: Timestamp,
        limit: u32,
    ) -> Result<Vec<Payout>, PortError>;

    /// Whether the node is called once more for a payment that is claimed until `claimed`, which is counted. False:
    /// payments are paused, the claim is lost, the payment has a trouble or was sent
    /// [`PAYOUT_SENDS_MAX`](crate::limits::PAYOUT_SENDS_MAX) times.
    async fn resend_payout(&self, hash: PaymentHash, claimed: Timestamp)
    -> Result<bool, PortError>;

    /// Records what the node said, and books the money. *Paid*: the shares are paid, and the route's fee
    /// is ours. *Failed*: the shares are due again, those of orders that were refunded meanwhile are
    /// cancelled. A repeat changes nothing. *Paid* of one that is *failed*: if its shares are all due,
    /// they are paid; otherwise it is marked ([`Trouble::PaidAfterFailure`]), and the referrer waits for the operator.
    async fn record_payout(&self, report: PayoutReport, now: Timestamp) -> Result<(), PortError>;

    /// Ends a payment of another Lightning node than `ours` as *failed*, by the operator's word. No node says any more what
    /// became of it; its shares are due again, as in [`record_payout`](Self::record_payout).
    async fn end_lost_payout(
        &self,
        hash: PaymentHash,
        ours: Option<[u8; 33]>,
        by: Actor,
        now: Timestamp,
    ) -> Result<LostPayoutEnd, PortError>;

    /// Clears the failures of a referrer, whose next try is due. False: nobody with this address has a
    /// share that is due.
    async fn retry_referrer(
        &self,
        address: &LightningAddress,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn payouts(&self, list: PayoutList) -> Result<Vec<Payout>, PortError>;

    /// Referrers with shares that are due, by address, after `after`.
    async fn referrers(
        &self,
        after: Option<LightningAddress>,
        limit: u32,
    ) -> Result<Vec<Referrer>, PortError>;

    async fn payout_load(&self) -> Result<PayoutLoad, PortError>;
}
