//! Payments that the node sends. Their payees are simulated: whoever made the invoice is taken to receive it.
//!
//! | state \ record | sent | arrived | failed |
//! |---|---|---|---|
//! | none, failed | in flight | – | – |
//! | in flight | – | paid | failed |
//! | paid | – | – | – |

use std::collections::HashMap;

use domain::id::PaymentHash;
use domain::money::Msat;
use domain::payout::{Network, NodeIdentity};
use domain::ports::{NewPayment, PayState, PortError};

use super::Sandbox;
use super::node::{Inner, Node, take};
use super::record::Record;
use crate::decode;

#[derive(Debug, Clone, Copy)]
struct Sent {
    amount: Msat,
    fee: Msat,
    state: PayState,
}

/// What has left the node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaidOut {
    /// Payments that arrived.
    pub count: u64,
    pub amount: Msat,
    pub fees: Msat,
}

#[derive(Debug, Default)]
pub(super) struct Payments {
    sent: HashMap<PaymentHash, Sent>,
    paid: PaidOut,
}

impl Payments {
    fn state(&self, hash: PaymentHash) -> PayState {
        self.sent.get(&hash).map_or(PayState::Unknown, |sent| sent.state)
    }

    pub(super) const fn paid_out(&self) -> PaidOut {
        self.paid
    }

    pub(super) fn begin(&mut self, hash: PaymentHash, amount: Msat, fee: Msat) {
        if matches!(self.state(hash), PayState::Unknown | PayState::Failed) {
            self.sent.insert(hash, Sent { amount, fee, state: PayState::InFlight });
        }
    }

    pub(super) fn end(&mut self, hash: PaymentHash, arrived: bool) {
        let Some(sent) = self.sent.get_mut(&hash) else { return };
        if sent.state != PayState::InFlight {
            return;
        }
        sent.state = if arrived { PayState::Paid { fee: sent.fee } } else { PayState::Failed };
        if arrived {
            let sum = |left: Msat, right| left.checked_add(right).unwrap_or(Msat::new(i64::MAX));
            let PaidOut { count, amount, fees } = self.paid;
            let (amount, fees) = (sum(amount, sent.amount), sum(fees, sent.fee));
            self.paid = PaidOut { count: count + 1, amount, fees };
        }
    }
}

/// What becomes of payments that begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Route {
    #[default]
    Found,
    /// No route is found.
    None,
    /// They stay in flight until [`Sandbox::end_payment`].
    Stuck,
}

impl Sandbox {
    pub fn paid_out(&self) -> PaidOut {
        self.node.lock().book.payments.paid_out()
    }

    /// Delivers the calls that were held up (see [`Faults::delayed_payments_next`](super::Faults)). Nobody waits for what
    /// becomes of them.
    pub fn deliver_delayed(&self) {
        let delayed = std::mem::take(&mut self.node.lock().delayed);
        for payment in delayed {
            drop(self.node.send(&payment));
        }
    }

    /// Ends a payment in flight.
    pub fn end_payment(&self, hash: PaymentHash, arrived: bool) -> Result<(), PortError> {
        self.node.with_book(|inner, _| Ok::<_, PortError>(inner.end_payment(hash, arrived)?))
    }
}

impl Inner {
    fn end_payment(
        &mut self,
        hash: PaymentHash,
        arrived: bool,
    ) -> Result<(), super::node::JournalFailed> {
        self.write(Record::SentEnded { hash: *hash.as_bytes(), arrived })
    }
}

impl Node {
    pub(super) fn identity(&self) -> NodeIdentity {
        NodeIdentity { key: self.key.public().serialize(), network: Network::Regtest }
    }

    pub(super) fn receive(&self, payment: NewPayment) -> Result<PayState, PortError> {
        {
            let mut inner = self.lock();
            if take(&mut inner.faults.delayed_payments_next) {
                inner.delayed.push(payment);
                return Err(PortError::Unknown("the call was held up".to_owned()));
            }
        }
        self.send(&payment)
    }

    fn send(&self, payment: &NewPayment) -> Result<PayState, PortError> {
        let refused = |why: &str| PortError::Refused(why.to_owned());
        let facts = decode::facts(&payment.invoice).ok_or_else(|| refused("not an invoice"))?;
        if facts.hash != payment.hash {
            return Err(refused("the invoice has another payment hash"));
        }
        let amount = facts.amount.ok_or_else(|| refused("the invoice has no amount"))?;
        let ours = self.identity();
        self.with_book(|inner, now| {
            let before = inner.book.payments.state(facts.hash);
            if matches!(before, PayState::InFlight | PayState::Paid { .. }) {
                return Ok(before);
            }
            if facts.network != ours.network {
                return Err(refused("the invoice is of another network"));
            }
            if facts.payee == ours.key {
                return Err(refused("self-payments are not allowed"));
            }
            if now.at > facts.expires_at {
                return Err(refused("the invoice is expired"));
            }
            let (route, fee) = (inner.faults.route, inner.faults.route_fee);
            let hash = *facts.hash.as_bytes();
            inner.write(Record::Sent { hash, msat: amount.get(), fee_msat: fee.get() })?;
            let found = fee <= payment.fee_max
                && facts.min_final_cltv <= payment.cltv_max.into()
                && route != Route::None;
            if !found || route == Route::Found {
                inner.end_payment(facts.hash, found)?;
            }
            Ok(inner.book.payments.state(facts.hash))
        })
    }

    pub(super) fn payment(&self, hash: PaymentHash) -> Result<PayState, PortError> {
        self.with_book(|inner, _| Ok(inner.book.payments.state(hash)))
    }
}
