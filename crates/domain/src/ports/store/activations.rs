//! Numbers on loan in the store: activations and rentals. Their orders are held, cancelled and decided
//! in the same changes.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use crate::activation::change::NotCancellable;
use crate::activation::loan::{Loan, LoanMessage};
use crate::activation::{Activation, ActivationMessage, CountryCode, ServiceCode, SupplierName};
use crate::id::{AccountId, ActivationId, OrderId};
use crate::ports::{CreditOutcome, PortError};
use crate::sale::order::NewOrder;
use crate::time::Timestamp;

/// An activation that a worker has claimed: something is due for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueActivation {
    pub activation: Activation,
    /// Suppliers that were called for it, the last one included.
    pub tried: Vec<SupplierName>,
    /// It has ended, and its supplier does not know yet.
    pub releases: bool,
    /// The rental that it extends; `None`: none, or that has ended.
    pub extends: Option<ExtendedRental>,
}

/// A rental that is to end later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedRental {
    pub loan: Uuid,
    pub supplier: SupplierName,
    pub until: Timestamp,
}

/// A supplier that is about to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    pub activation: ActivationId,
    pub supplier: SupplierName,
    /// Of an extension: the end of the rental that the supplier is to move. It is not called if that has
    /// changed meanwhile.
    pub rental_until: Option<Timestamp>,
}

/// What a supplier said of a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoanNews {
    /// It may have lent a number.
    NoAnswer,
    /// It has none, and none is coming: another supplier may be called.
    NoNumber,
    /// No supplier is left to call.
    NoneLeft,
    Assigned(Loan),
    /// A rental was extended: its new end is that of the loan.
    Extended(Loan),
    /// It ended the loan.
    Over,
    /// It knows that the loan has ended here.
    Released,
    /// Nothing new.
    Unchanged,
    /// Messages that the supplier delivered by itself: whatever was claimed stays leased.
    Pushed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanReport {
    pub loan: Uuid,
    /// The node whose claim it answers; `None`: of no claim. The lease of another node stays as it is.
    pub node: Option<String>,
    /// `None`: no supplier was called. Only the node with the lease is believed then.
    pub supplier: Option<SupplierName>,
    pub news: LoanNews,
    /// All that have come as far as it knows; those that are stored already change nothing.
    pub messages: Vec<LoanMessage>,
    /// When to look again; a timer of the activation may be earlier.
    pub due_at: Timestamp,
}

/// What a change of activations requires next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoansRecorded {
    /// Decided orders that the node must still settle or cancel.
    pub decided: u32,
    /// Orders from credit that this change ended.
    pub settled: u32,
    pub cancelled: u32,
    /// Events for webhooks.
    pub events: u32,
    /// Activations for which something is due at once.
    pub due: u32,
    /// Indices of reports that named no loan of their supplier.
    pub unknown: BTreeSet<usize>,
    /// Indices of reports of messages before their number: they are to be made again.
    pub early: BTreeSet<usize>,
    /// Numbers that were assigned although they are lent for the same service: the activation got none
    /// of it.
    pub lent_twice: u32,
}

/// What a buyer does with an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuyerWish {
    /// The money goes back.
    Cancel,
    /// It has what it wanted; a rental ends before its time.
    Finish,
    /// Another code than those of these messages; nothing is awaited if more came meanwhile.
    AwaitNext { seen: u32 },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WishOutcome {
    /// As it is now; a repeat finds it so.
    Done(Box<Activation>),
    NotCancelled(NotCancellable),
    /// No code has come, so there is nothing to finish or to wait further for.
    NoCode,
    /// It has ended.
    Ended,
    /// A rental gets every message.
    IsRental,
    NoSuchActivation,
}

/// A page of an account's activations, newest first.
#[derive(Debug, Clone, Copy)]
pub struct ActivationList {
    pub account: AccountId,
    /// Only those that have not ended.
    pub open: bool,
    /// `Some(true)`: rentals only, `Some(false)`: none.
    pub rentals: Option<bool>,
    pub before: Option<ActivationId>,
    pub limit: u32,
}

/// A page of messages, the oldest first.
#[derive(Debug, Clone, Copy)]
pub struct ActivationMessageList {
    pub activation: ActivationId,
    /// Messages with a higher number.
    pub after: u32,
    pub limit: u32,
}

/// How the activations of a service and country ended lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SuccessCount {
    /// Those that had a number and ended.
    pub ended: u64,
    /// Of these, those that got a code.
    pub with_code: u64,
}

#[async_trait]
pub trait ActivationStore: Send + Sync {
    /// Stores orders paid from credit, each with its activation, as a whole or not at all; the orders
    /// are *working*. Returns an outcome per order, in order. Idempotency keys are as in
    /// [`OrderStore::add_order`](super::OrderStore::add_order). The activation of an order paid by
    /// invoice is stored by [`OrderStore::hold_order`](super::OrderStore::hold_order).
    async fn add_credit_activations(
        &self,
        new: Vec<NewOrder>,
    ) -> Result<Vec<CreditOutcome>, PortError>;

    async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, PortError>;

    async fn activation_of_order(&self, order: OrderId) -> Result<Option<Activation>, PortError>;

    /// By the name that its supplier knows.
    async fn activation_of_loan(&self, loan: Uuid) -> Result<Option<Activation>, PortError>;

    async fn activations(&self, list: ActivationList) -> Result<Vec<Activation>, PortError>;

    /// The idempotency keys that these orders were requested with, of those that had one.
    async fn order_keys(&self, orders: Vec<OrderId>) -> Result<Vec<(OrderId, String)>, PortError>;

    async fn activation_messages(
        &self,
        list: ActivationMessageList,
    ) -> Result<Vec<ActivationMessage>, PortError>;

    /// Leases activations for which something is due to `node` until `lease_until`: a supplier is to be
    /// called, a status is to be read, a timer has run out, or an end is to be reported to its
    /// supplier. What was claimed and is not reported is due again at the end of the lease. One in
    /// whose claim a supplier is called must not be claimed by another node earlier: its call may
    /// still arrive.
    async fn claim_activations(
        &self,
        node: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueActivation>, PortError>;

    /// Frees this node's leases, as a start requires. Returns how many there were.
    async fn release_activation_leases(&self, node: &str, now: Timestamp)
    -> Result<u64, PortError>;

    /// *paid* → *acquiring*, or the next supplier after one that has no number, and renews the lease.
    /// Before the supplier is called. False: it is not to be called, because the activation ended
    /// meanwhile or its time is over, the supplier was called for it before, another node has the
    /// lease, or the rental is being extended by an earlier order: then it is due again soon.
    async fn mark_acquiring(
        &self,
        node: &str,
        asking: Vec<Asking>,
        lease_until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<bool>, PortError>;

    /// Records what suppliers said, and what time alone does: states, messages with their codes, orders,
    /// money and events. Repeats change nothing. A report of another supplier than the last one called
    /// changes nothing.
    async fn record_loans(
        &self,
        reports: Vec<LoanReport>,
        now: Timestamp,
    ) -> Result<LoansRecorded, PortError>;

    /// What the buyer wants, if it is possible now; of this account, if one is named.
    async fn wish(
        &self,
        activation: ActivationId,
        account: Option<AccountId>,
        wish: BuyerWish,
        now: Timestamp,
    ) -> Result<(WishOutcome, LoansRecorded), PortError>;

    /// How activations of this service and country ended since `since`.
    async fn success_count(
        &self,
        service: ServiceCode,
        country: Option<CountryCode>,
        since: Timestamp,
    ) -> Result<SuccessCount, PortError>;
}
