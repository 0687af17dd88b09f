//! What a step does to an order: its state, its money, and the report to its webhook.
//!
//! | step | paid over Lightning | paid from credit |
//! |---|---|---|
//! | held | *working*; credit is *fulfilled* at once | – |
//! | progressed, lent | the buyer sees more | the same |
//! | fulfilled | *fulfilled*; the node is to settle | *settled*; the reservation is posted |
//! | failed after *fulfilled* | the price is given back as credit once it is *settled* | the price is given back as credit |
//! | cannot be fulfilled | *cancelling*; the node is to cancel | *cancelled*; the reservation is voided |
//! | the node settled | *settled*; what was held is booked | – |
//! | the node cancelled | *cancelled* or *lost*; nothing is booked | – |
//!
//! An order is decided once: an outcome that comes after the decision changes nothing, except that an
//! order may be fulfilled because a carrier took its message (`settle_on`, `receipt_wait`), and then
//! the carrier reports that it failed. The order stays *settled*, and its account, if it has one, gets
//! the price back. Everything else that the machine ([`super::order::next`]) refuses is [`Illegal`], and then nothing changes.
//!
//! Bought credit goes to the order's account, everything else to revenue. More than the price may be
//! held; all of it is booked.

use crate::activation::ActivationView;
use crate::id::{AccountId, MessageId, OrderId};
use crate::message::progress::Progress;
use crate::money::Msat;
use crate::reason::Reason;
use crate::state::{Illegal, Outcome};
use crate::time::Timestamp;

use super::ledger::{ChargeId, LedgerAccount, TransferEvent, TransferKind};
use super::order::{OrderEvent, OrderKind, OrderSnapshot, OrderState, PaymentMethod, Wanted, next};

/// What a change needs to know of an order: neither the text nor any secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFacts {
    pub id: OrderId,
    pub kind: OrderKind,
    pub state: OrderState,
    pub reason: Option<Reason>,
    pub account: Option<AccountId>,
    pub price: Msat,
    /// What the payer locked.
    pub held: Option<Msat>,
    pub payment: PaymentMethod,
    pub message: Option<MessageId>,
    pub progress: Option<Progress>,
    /// What the buyer sees of the number that it lends.
    pub activation: Option<ActivationView>,
    pub paid_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    /// Which changes its webhook gets, if it has one.
    pub wants: Option<Wanted>,
    /// The Lightning address that gets a share, if there is one.
    pub referral: Option<String>,
}

/// Something that happened to an order, or to what it bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The node holds a fit payment ([`super::hold::check`]); work begins in the same change.
    Held {
        amount: Msat,
        message: Option<MessageId>,
    },
    Progressed(Progress),
    /// The buyer sees this of the number that it lends.
    Lent(Box<ActivationView>),
    /// The work ended. The reason is kept when it cannot be fulfilled.
    Ended(Outcome, Option<Reason>),
    NodeSettled,
    NodeCancelled,
}

/// What a change of an order books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booking {
    /// Money that the node received, posted at once.
    Receive { credit: LedgerAccount, amount: Msat, kind: TransferKind },
    /// The reservation of the price is posted or voided.
    Decide { event: TransferEvent, payer: AccountId, price: Msat },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub after: OrderFacts,
    pub booking: Option<Booking>,
    /// The order is decided now, and the node does not know yet.
    pub node_waits: bool,
    /// The machine took a step, so the order itself is not as it was.
    pub stepped: bool,
    /// The report for the webhook, if one is due.
    pub report: Option<OrderSnapshot>,
    /// It failed after it was settled: what was charged is due to its account.
    pub late_refund: bool,
    /// It is settled by this change: of this amount the referrer gets a share.
    pub shared: Option<Msat>,
}

/// All `steps` in their order, or none of them.
pub fn change(before: &OrderFacts, steps: &[Step], now: Timestamp) -> Result<Change, Illegal> {
    let mut change = Change {
        after: before.clone(),
        booking: None,
        node_waits: false,
        stepped: false,
        report: None,
        late_refund: false,
        shared: None,
    };
    for step in steps {
        change.take(step, now)?;
    }
    change.report = reports(before, &change.after).then(|| change.after.snapshot());
    Ok(change)
}

impl Change {
    fn take(&mut self, step: &Step, now: Timestamp) -> Result<(), Illegal> {
        match *step {
            // A repeat.
            Step::Held { .. } if self.after.paid_at.is_some() => Ok(()),
            Step::Held { amount, message } => self.hold(amount, message, now),
            Step::Progressed(progress) => {
                self.after.progress = Some(progress);
                self.after.updated_at = now;
                Ok(())
            }
            Step::Lent(ref view) => {
                self.after.activation = Some((**view).clone());
                self.after.updated_at = now;
                Ok(())
            }
            Step::Ended(Outcome::CannotBeFulfilled, reason) if self.after.state.is_fulfilled() => {
                self.fail_late(reason, now);
                Ok(())
            }
            // The first outcome wins.
            Step::Ended(..) if self.after.state.is_decided() => Ok(()),
            Step::Ended(Outcome::Fulfilled, _) => self.fulfil(now),
            Step::Ended(Outcome::CannotBeFulfilled, reason) => self.cancel(reason, now),
            Step::NodeSettled => self.settle(now),
            Step::NodeCancelled => self.refund(now),
        }
    }

    fn step(&mut self, event: OrderEvent, now: Timestamp) -> Result<(), Illegal> {
        self.after.state = next(self.after.state, event)?;
        self.after.updated_at = now;
        self.stepped = true;
        Ok(())
    }

    fn hold(
        &mut self,
        amount: Msat,
        message: Option<MessageId>,
        now: Timestamp,
    ) -> Result<(), Illegal> {
        self.step(OrderEvent::Held, now)?;
        self.step(OrderEvent::Started, now)?;
        self.after.held = Some(amount);
        self.after.paid_at = Some(now);
        self.after.message = message;
        self.after.progress = message.map(|_| Progress::Created);
        // Credit has nowhere to travel.
        if self.after.kind == OrderKind::Fund { self.fulfil(now) } else { Ok(()) }
    }

    fn fulfil(&mut self, now: Timestamp) -> Result<(), Illegal> {
        self.step(OrderEvent::Fulfilled, now)?;
        self.decide(OrderEvent::NodeSettled, TransferEvent::Post, now)
    }

    fn cancel(&mut self, reason: Option<Reason>, now: Timestamp) -> Result<(), Illegal> {
        self.step(OrderEvent::CannotBeFulfilled, now)?;
        self.after.reason = reason;
        self.decide(OrderEvent::NodeCancelled, TransferEvent::Void, now)
    }

    /// The carrier's word came after the decision.
    fn fail_late(&mut self, reason: Option<Reason>, now: Timestamp) {
        self.after.reason = reason;
        self.after.updated_at = now;
        self.stepped = true;
        self.refund_late();
    }

    /// Only what is charged can be given back: of a payment over Lightning nothing is before the node
    /// has settled it.
    fn refund_late(&mut self) {
        self.late_refund = self.after.state == OrderState::Settled && self.after.account.is_some();
    }

    /// Credit is ours to move, so the decision is the end.
    fn decide(
        &mut self,
        end: OrderEvent,
        event: TransferEvent,
        now: Timestamp,
    ) -> Result<(), Illegal> {
        match self.after.payment {
            PaymentMethod::Lightning => {
                self.node_waits = true;
                Ok(())
            }
            PaymentMethod::Credit => {
                let payer = self.after.account.ok_or(Illegal)?;
                self.booking = Some(Booking::Decide { event, payer, price: self.after.price });
                self.step(end, now)?;
                self.share(self.after.price);
                Ok(())
            }
        }
    }

    fn settle(&mut self, now: Timestamp) -> Result<(), Illegal> {
        self.step(OrderEvent::NodeSettled, now)?;
        let amount = self.after.held.unwrap_or(self.after.price);
        let (credit, kind) = match (self.after.kind, self.after.account) {
            (OrderKind::Fund, Some(account)) => {
                (LedgerAccount::Customer(account), TransferKind::Fund)
            }
            _ => (LedgerAccount::Revenue, TransferKind::LightningSale),
        };
        self.booking = Some(Booking::Receive { credit, amount, kind });
        self.share(amount);
        if self.after.progress == Some(Progress::Failed) {
            self.refund_late();
        }
        Ok(())
    }

    /// Credit is no income: of a funding nobody gets a share.
    fn share(&mut self, amount: Msat) {
        let is_sale = self.after.kind != OrderKind::Fund && self.after.state == OrderState::Settled;
        self.shared = (is_sale && self.after.referral.is_some()).then_some(amount);
    }

    fn refund(&mut self, now: Timestamp) -> Result<(), Illegal> {
        let reason = match self.after.state {
            OrderState::Open => Reason::Unpaid,
            _ => Reason::NodeRefunded,
        };
        self.step(OrderEvent::NodeCancelled, now)?;
        self.after.reason.get_or_insert(reason);
        Ok(())
    }
}

impl OrderFacts {
    /// It was cancelled before anybody paid.
    pub const fn ended_unpaid(&self) -> bool {
        self.state.is_cancelled() && self.paid_at.is_none()
    }

    /// What its transfers and refunds are kept under.
    pub fn charge(&self) -> ChargeId {
        self.message.map_or(ChargeId::Order(self.id), ChargeId::Message)
    }

    pub fn snapshot(&self) -> OrderSnapshot {
        OrderSnapshot {
            order: self.id.to_string(),
            kind: self.kind,
            state: self.state,
            paid: self.paid_at.is_some(),
            message: self.message,
            progress: self.progress,
            activation: self.activation.clone(),
            reason: self.reason,
            at: self.updated_at,
        }
    }
}

/// Whether the change is news to the order's webhook. The end of an order that was never paid is
/// not, nor is the first progress: the payment is.
fn reports(before: &OrderFacts, after: &OrderFacts) -> bool {
    let paid = before.paid_at.is_none() && after.paid_at.is_some();
    let progressed = before.progress.is_some() && before.progress != after.progress;
    // The payment reports the first view.
    let lent = before.activation.is_some() && before.activation != after.activation;
    let ended = progressed && after.progress.is_some_and(Progress::is_final);
    let counts_as_sent = after.progress == Some(Progress::Sent)
        && after.state.is_fulfilled()
        && !before.state.is_fulfilled();
    let lent_for_good =
        after.activation.is_some() && after.state.is_fulfilled() && !before.state.is_fulfilled();
    let cancelled =
        after.paid_at.is_some() && after.state.is_cancelled() && !before.state.is_cancelled();
    match after.wants {
        None => false,
        Some(Wanted::All) => paid || progressed || lent || cancelled,
        Some(Wanted::Final) => ended || cancelled || counts_as_sent || lent_for_good,
    }
}

#[cfg(test)]
mod tests;
