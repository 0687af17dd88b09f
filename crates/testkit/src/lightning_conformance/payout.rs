//! Payments that the node sends.

use std::time::Duration;

use domain::id::PaymentHash;
use domain::money::Msat;
use domain::payout::Network;
use domain::ports::{NewPayment, PayState, PortError};

use super::{EXPIRY, PRICE, Rig, Route, hold, preimage};

const FEE: Msat = Msat::new(1_500);
const PAID: PayState = PayState::Paid { fee: FEE };

/// To another node, with a route that costs [`FEE`].
async fn payment(rig: &impl Rig, number: u16) -> NewPayment {
    rig.set_route(Route::Found, FEE).await;
    of(number, rig.invoice_of_another(hold(number)).await)
}

fn of(number: u16, invoice: String) -> NewPayment {
    NewPayment {
        invoice,
        hash: preimage(number).payment_hash(),
        fee_max: FEE,
        cltv_max: 1_008,
        timeout: Duration::from_secs(1),
    }
}

async fn assert_status(rig: &impl Rig, hash: PaymentHash, expected: PayState) {
    assert_eq!(rig.node().pay_status(hash).await.unwrap(), expected);
}

pub async fn says_who_it_is(mut rig: impl Rig) {
    let identity = rig.node().identity().await.unwrap();
    assert_eq!(identity.network, Network::Regtest);
    assert!(matches!(identity.key[0], 2 | 3), "a compressed key");
    rig.restart().await;
    assert_eq!(rig.node().identity().await.unwrap(), identity);
}

pub async fn pays_an_invoice_once(rig: impl Rig) {
    let payment = payment(&rig, 1).await;
    assert_eq!(rig.node().pay(payment.clone()).await, Ok(PAID));
    assert_status(&rig, payment.hash, PAID).await;
    assert_eq!(rig.node().pay(payment).await, Ok(PAID), "a repeat");
    assert_eq!(rig.paid_out().await, (1, PRICE));
}

pub async fn does_not_know_a_payment_that_it_never_sent(rig: impl Rig) {
    assert_status(&rig, preimage(1).payment_hash(), PayState::Unknown).await;
    // Nor that of an invoice of its own.
    rig.node().create_hold(hold(2)).await.unwrap();
    assert_status(&rig, preimage(2).payment_hash(), PayState::Unknown).await;
}

pub async fn a_payment_without_a_route_fails(rig: impl Rig) {
    let payment = payment(&rig, 1).await;
    rig.set_route(Route::None, FEE).await;
    assert_eq!(rig.node().pay(payment.clone()).await, Ok(PayState::Failed));
    assert_status(&rig, payment.hash, PayState::Failed).await;
    assert_eq!(rig.paid_out().await, (0, Msat::ZERO));
    rig.set_route(Route::Found, FEE).await;
    assert_eq!(rig.node().pay(payment).await, Ok(PAID), "another try is allowed");
    assert_eq!(rig.paid_out().await, (1, PRICE));
}

pub async fn a_payment_costs_no_more_than_its_limit(rig: impl Rig) {
    let payment = payment(&rig, 1).await;
    rig.set_route(Route::Found, Msat::new(1_501)).await;
    assert_eq!(rig.node().pay(payment).await, Ok(PayState::Failed));
    assert_eq!(rig.paid_out().await, (0, Msat::ZERO));
}

pub async fn a_payment_in_flight_is_not_begun_again(rig: impl Rig) {
    let payment = payment(&rig, 1).await;
    rig.set_route(Route::Stuck, FEE).await;
    let begun = rig.node().pay(payment.clone()).await;
    assert!(matches!(begun, Ok(PayState::InFlight) | Err(PortError::Unknown(_))), "{begun:?}");
    assert_status(&rig, payment.hash, PayState::InFlight).await;
    rig.set_route(Route::Found, FEE).await;
    assert_eq!(rig.node().pay(payment.clone()).await, Ok(PayState::InFlight), "a repeat");
    rig.end_payment(payment.hash, true).await;
    assert_status(&rig, payment.hash, PAID).await;
    assert_eq!(rig.node().pay(payment).await, Ok(PAID));
    assert_eq!(rig.paid_out().await, (1, PRICE));
}

pub async fn a_repeat_after_the_expiry_says_what_became_of_the_payment(rig: impl Rig) {
    let failed = payment(&rig, 1).await;
    rig.set_route(Route::None, FEE).await;
    assert_eq!(rig.node().pay(failed.clone()).await, Ok(PayState::Failed));
    let stuck = payment(&rig, 2).await;
    rig.set_route(Route::Stuck, FEE).await;
    drop(rig.node().pay(stuck.clone()).await);
    rig.clock().advance(EXPIRY + Duration::from_secs(60));
    assert_eq!(rig.node().pay(stuck.clone()).await, Ok(PayState::InFlight));
    rig.end_payment(stuck.hash, true).await;
    assert_eq!(rig.node().pay(stuck).await, Ok(PAID));
    rig.set_route(Route::Found, FEE).await;
    let repeat = rig.node().pay(failed).await;
    let nothing_sent = matches!(repeat, Ok(PayState::Failed) | Err(PortError::Refused(_)));
    assert!(nothing_sent, "{repeat:?}");
    assert_eq!(rig.paid_out().await, (1, PRICE));
}

/// Why a payment that failed is not the end of its invoice before that has expired.
pub async fn a_late_call_pays_an_invoice_whose_second_call_failed(rig: impl Rig) {
    let payment = payment(&rig, 1).await;
    rig.delay_payment().await;
    let first = rig.node().pay(payment.clone()).await;
    assert!(matches!(first, Err(PortError::Unknown(_))), "{first:?}");
    assert_status(&rig, payment.hash, PayState::Unknown).await;
    rig.set_route(Route::None, FEE).await;
    assert_eq!(rig.node().pay(payment.clone()).await, Ok(PayState::Failed));
    rig.set_route(Route::Found, FEE).await;
    rig.deliver_delayed().await;
    assert_status(&rig, payment.hash, PAID).await;
    assert_eq!(rig.paid_out().await, (1, PRICE));
}

pub async fn a_late_call_pays_no_invoice_that_has_expired(rig: impl Rig) {
    let payment = payment(&rig, 1).await;
    rig.delay_payment().await;
    drop(rig.node().pay(payment.clone()).await);
    rig.clock().advance(EXPIRY + Duration::from_secs(60));
    rig.deliver_delayed().await;
    assert_status(&rig, payment.hash, PayState::Unknown).await;
    assert_eq!(rig.paid_out().await, (0, Msat::ZERO));
}

pub async fn refuses_invoices_that_nobody_is_to_pay(rig: impl Rig) {
    let own = of(1, rig.node().create_hold(hold(1)).await.unwrap());
    let expired = payment(&rig, 2).await;
    rig.clock().advance(EXPIRY + Duration::from_secs(60));
    for payment in [own, expired] {
        let hash = payment.hash;
        let refused = rig.node().pay(payment).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
        assert_status(&rig, hash, PayState::Unknown).await;
    }
    assert_eq!(rig.paid_out().await, (0, Msat::ZERO));
}

pub async fn knows_its_payments_across_a_restart(mut rig: impl Rig) {
    let (paid, failed, stuck) =
        (payment(&rig, 1).await, payment(&rig, 2).await, payment(&rig, 3).await);
    rig.node().pay(paid.clone()).await.unwrap();
    rig.set_route(Route::None, FEE).await;
    rig.node().pay(failed.clone()).await.unwrap();
    rig.set_route(Route::Stuck, FEE).await;
    drop(rig.node().pay(stuck.clone()).await);
    rig.restart().await;
    assert_status(&rig, paid.hash, PAID).await;
    assert_status(&rig, failed.hash, PayState::Failed).await;
    assert_status(&rig, stuck.hash, PayState::InFlight).await;
    assert_eq!(rig.paid_out().await, (1, PRICE));
}
