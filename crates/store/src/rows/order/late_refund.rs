//! Gives back as credit what was charged for an order that failed after it was settled.

use domain::account::operator::Actor;
use domain::message::campaign::Idempotency;
use domain::ports::{Charge, NewRefund, Refunded};
use domain::sale::change::OrderFacts;
use domain::time::Timestamp;
use ring::digest::{SHA256, digest};

use crate::rows::ledger::refunds;
use crate::tx::{Result, Tx};

/// Once per order: the refund has one key.
const KEY: &str = "late-failure";
const NOTE: &str = "the carrier reported a failure after the order was settled";

/// What the operator gave back by hand before is not given back again.
pub(super) async fn give_back(tx: &mut impl Tx, order: &OrderFacts, now: Timestamp) -> Result<()> {
    let hash = digest(&SHA256, &[KEY.as_bytes(), order.id.as_bytes()].concat());
    let mut id = [0; 32];
    id.iter_mut().zip(hash.as_ref()).for_each(|(byte, hashed)| *byte = *hashed);
    let idempotency = Idempotency { key: KEY.to_owned(), request: id };
    let of = Charge::Order(order.id);
    let new = NewRefund { id, of, amount: None, note: NOTE.to_owned(), idempotency };
    match refunds::refund(tx, &new, Actor::Gateway, now).await? {
        Refunded::Done(refund) => {
            tracing::info!(order = %order.id, msat = refund.amount.get(), "failed late; given back");
        }
        Refunded::Repeat(_) => {}
        not @ (Refunded::KeyReused | Refunded::Not(_) | Refunded::NoSuchCharge) => {
            tracing::warn!(order = %order.id, ?not, "failed late, and nothing was given back");
        }
    }
    Ok(())
}
