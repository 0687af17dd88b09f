//! The conformance suite of [`Lightning`], as named cases. An implementation provides a [`Rig`] and calls
//! [`lightning_conformance!`](crate::lightning_conformance!).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a suite of tests")]

mod node;
mod payment;
mod payout;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::limits;
use domain::money::Msat;
use domain::ports::{HoldState, Lightning, NewHold, PortError};
use domain::sale::hold::{HeldPayment, HoldTerms};
use domain::sale::order::OrderKind;
use domain::secret::Preimage;

use crate::clock::TestClock;

pub use node::*;
pub use payment::*;
pub use payout::*;

/// What becomes of payments that the node sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Found,
    None,
    /// They stay in flight.
    Stuck,
}

/// A node under test, with its chain and a paying customer.
#[async_trait]
pub trait Rig: Send + Sync {
    fn node(&self) -> Arc<dyn Lightning>;
    fn clock(&self) -> Arc<TestClock>;
    /// Pays the invoice's amount or another one. After an error no money was moved.
    async fn pay(&self, invoice: &str, amount: Option<Msat>) -> Result<(), String>;
    async fn mine(&self, blocks: u32);
    /// The customer's locked and spent money.
    async fn debits(&self) -> (Msat, Msat);
    async fn proof(&self, hash: PaymentHash) -> Option<Preimage>;
    /// Stops the node as in a crash and restarts it.
    async fn restart(&mut self);
    /// An invoice of another node on the same network, as [`Lightning::create_hold`] makes it.
    async fn invoice_of_another(&self, hold: NewHold) -> String;
    /// From now on, for the node's own payments.
    async fn set_route(&self, route: Route, fee: Msat);
    /// The next call for a payment is held up on its way to the node, so that its outcome is unknown.
    async fn delay_payment(&self);
    /// Delivers the calls that were held up.
    async fn deliver_delayed(&self);
    /// Ends a payment that is stuck.
    async fn end_payment(&self, hash: PaymentHash, arrived: bool);
    /// Payments of the node that arrived, and their sum without fees.
    async fn paid_out(&self) -> (u64, Msat);
    /// Number of races between settle and cancel; fewer if every call is slow.
    fn races(&self) -> u16 {
        1_000
    }
}

/// Creates a `#[tokio::test]` for every case; `$rig` is an async function that creates a fresh [`Rig`] whose node holds
/// at most ten payments.
#[macro_export]
macro_rules! lightning_conformance {
    ($rig:path) => {
        $crate::lightning_conformance! { @each $rig:
            keeps_the_payment_when_settled
            returns_the_payment_when_cancelled
            closes_an_unpaid_invoice_when_cancelled
            closes_an_unpaid_invoice_after_its_expiry
            returns_the_same_invoice_for_the_same_terms
            refuses_other_terms_for_a_hash
            refuses_a_memo_that_is_too_long
            reports_an_unknown_hash_as_not_found
            does_not_settle_an_open_invoice
            settling_twice_is_harmless
            cancelling_twice_is_harmless
            does_not_cancel_a_settled_invoice
            does_not_settle_a_cancelled_invoice
            lets_exactly_one_of_settle_and_cancel_win
            accepts_only_one_payment
            reports_the_amount_paid
            refuses_less_than_the_price
            returns_the_payment_at_the_deadline
            settles_one_block_before_the_deadline
            leaves_enough_blocks_for_every_product
            shows_a_stale_tip
            holds_no_more_than_its_slots
            lists_open_and_held_invoices
            shows_its_channels
            hints_that_something_happened
            keeps_everything_across_a_restart
            says_who_it_is
            pays_an_invoice_once
            does_not_know_a_payment_that_it_never_sent
            a_payment_without_a_route_fails
            a_payment_costs_no_more_than_its_limit
            a_payment_in_flight_is_not_begun_again
            a_repeat_after_the_expiry_says_what_became_of_the_payment
            a_late_call_pays_an_invoice_whose_second_call_failed
            a_late_call_pays_no_invoice_that_has_expired
            refuses_invoices_that_nobody_is_to_pay
            knows_its_payments_across_a_restart
        }
    };
    (@each $rig:path: $($case:ident)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::lightning_conformance::$case($rig().await).await;
        }
    )+ };
}

const PRICE: Msat = Msat::new(1_000_000);
const EXPIRY: Duration = Duration::from_secs(600);

fn preimage(number: u16) -> Preimage {
    let mut bytes = [0x5a; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    Preimage::new(bytes)
}

fn hold(number: u16) -> NewHold {
    let terms = HoldTerms::of(OrderKind::Send, limits::RECEIPT_WAIT);
    NewHold {
        hash: preimage(number).payment_hash(),
        amount: PRICE,
        memo: format!("order {number}"),
        expiry: EXPIRY,
        cltv_delta: terms.cltv_delta,
    }
}

async fn create(rig: &impl Rig, number: u16) -> (PaymentHash, String) {
    let invoice = rig.node().create_hold(hold(number)).await.unwrap();
    (preimage(number).payment_hash(), invoice)
}

async fn create_held(rig: &impl Rig, number: u16) -> PaymentHash {
    let (hash, invoice) = create(rig, number).await;
    rig.pay(&invoice, None).await.unwrap();
    hash
}

async fn held(rig: &impl Rig, hash: PaymentHash) -> HeldPayment {
    match rig.node().lookup(hash).await.unwrap() {
        HoldState::Held(payment) => payment,
        other => panic!("held was expected, not {other:?}"),
    }
}

async fn assert_state(rig: &impl Rig, hash: PaymentHash, expected: HoldState) {
    assert_eq!(rig.node().lookup(hash).await.unwrap(), expected);
}

fn assert_conflict(result: &Result<(), PortError>) {
    assert!(matches!(result, Err(PortError::Conflict(_))), "{result:?}");
}
