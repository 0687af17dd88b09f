//! One invoice and its payment.

use std::time::Duration;

use domain::money::Msat;
use domain::ports::{HoldState, NewHold, PortError};

use super::{
    EXPIRY, PRICE, Rig, assert_conflict, assert_state, create, create_held, held, hold, preimage,
};

pub async fn keeps_the_payment_when_settled(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    assert_state(&rig, hash, HoldState::Open).await;
    rig.pay(&invoice, None).await.unwrap();
    assert_eq!(held(&rig, hash).await.amount, PRICE);
    assert_eq!(rig.debits().await, (PRICE, Msat::ZERO));
    rig.node().settle(&preimage(1)).await.unwrap();
    assert_state(&rig, hash, HoldState::Settled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, PRICE));
    assert_eq!(rig.proof(hash).await, Some(preimage(1)));
}

pub async fn returns_the_payment_when_cancelled(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    rig.node().cancel(hash).await.unwrap();
    assert_state(&rig, hash, HoldState::Cancelled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, Msat::ZERO));
    assert_eq!(rig.proof(hash).await, None);
}

pub async fn closes_an_unpaid_invoice_when_cancelled(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    rig.node().cancel(hash).await.unwrap();
    assert_state(&rig, hash, HoldState::Cancelled).await;
    rig.pay(&invoice, None).await.unwrap_err();
}

pub async fn closes_an_unpaid_invoice_after_its_expiry(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    rig.clock().advance(EXPIRY + Duration::from_secs(1));
    assert_state(&rig, hash, HoldState::Cancelled).await;
    rig.pay(&invoice, None).await.unwrap_err();
    assert_eq!(rig.debits().await, (Msat::ZERO, Msat::ZERO));
}

pub async fn returns_the_same_invoice_for_the_same_terms(rig: impl Rig) {
    let (_, first) = create(&rig, 1).await;
    rig.clock().advance(Duration::from_secs(5));
    let (_, second) = create(&rig, 1).await;
    assert_eq!(first, second);
}

pub async fn refuses_other_terms_for_a_hash(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    let other = NewHold { amount: Msat::new(2_000_000), ..hold(1) };
    let result = rig.node().create_hold(other).await;
    assert!(matches!(result, Err(PortError::Conflict(_))), "{result:?}");
    rig.pay(&invoice, None).await.unwrap();
    assert_eq!(held(&rig, hash).await.amount, PRICE);
}

pub async fn refuses_a_memo_that_is_too_long(rig: impl Rig) {
    let long = NewHold { memo: "x".repeat(640), ..hold(1) };
    let result = rig.node().create_hold(long).await;
    assert!(matches!(result, Err(PortError::Refused(_))), "{result:?}");
    assert_state(&rig, preimage(1).payment_hash(), HoldState::Unknown).await;
    let longest = NewHold { memo: "x".repeat(639), ..hold(1) };
    rig.node().create_hold(longest).await.unwrap();
}

pub async fn reports_an_unknown_hash_as_not_found(rig: impl Rig) {
    let hash = preimage(1).payment_hash();
    assert_state(&rig, hash, HoldState::Unknown).await;
    rig.node().cancel(hash).await.unwrap();
    assert_conflict(&rig.node().settle(&preimage(1)).await);
    // Once more with an invoice at the node: some nodes respond differently when they have none.
    let other = create_held(&rig, 2).await;
    assert_state(&rig, hash, HoldState::Unknown).await;
    rig.node().cancel(hash).await.unwrap();
    assert_conflict(&rig.node().settle(&preimage(1)).await);
    assert_eq!(held(&rig, other).await.amount, PRICE);
}

pub async fn does_not_settle_an_open_invoice(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    assert_conflict(&rig.node().settle(&preimage(1)).await);
    assert_state(&rig, hash, HoldState::Open).await;
    rig.pay(&invoice, None).await.unwrap();
    rig.node().settle(&preimage(1)).await.unwrap();
}

pub async fn settling_twice_is_harmless(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    rig.node().settle(&preimage(1)).await.unwrap();
    rig.node().settle(&preimage(1)).await.unwrap();
    assert_state(&rig, hash, HoldState::Settled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, PRICE));
}

pub async fn cancelling_twice_is_harmless(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    rig.node().cancel(hash).await.unwrap();
    rig.node().cancel(hash).await.unwrap();
    assert_state(&rig, hash, HoldState::Cancelled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, Msat::ZERO));
}

pub async fn does_not_cancel_a_settled_invoice(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    rig.node().settle(&preimage(1)).await.unwrap();
    assert_conflict(&rig.node().cancel(hash).await);
    assert_state(&rig, hash, HoldState::Settled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, PRICE));
}

pub async fn does_not_settle_a_cancelled_invoice(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    rig.node().cancel(hash).await.unwrap();
    assert_conflict(&rig.node().settle(&preimage(1)).await);
    assert_state(&rig, hash, HoldState::Cancelled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, Msat::ZERO));
}

pub async fn lets_exactly_one_of_settle_and_cancel_win(rig: impl Rig) {
    let mut settled = 0;
    for number in 0..rig.races() {
        let hash = create_held(&rig, number).await;
        let (left, right) = (rig.node(), rig.node());
        let mut race = tokio::task::JoinSet::new();
        race.spawn(async move { left.settle(&preimage(number)).await.is_ok() });
        race.spawn(async move { right.cancel(hash).await.is_ok() });
        let won = race.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1, "round {number}");
        match rig.node().lookup(hash).await.unwrap() {
            HoldState::Settled => settled += 1,
            HoldState::Cancelled => {}
            other => panic!("round {number} ended {other:?}"),
        }
    }
    let spent = PRICE.checked_mul(settled).unwrap();
    assert_eq!(rig.debits().await, (Msat::ZERO, spent));
}

pub async fn accepts_only_one_payment(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    rig.pay(&invoice, None).await.unwrap();
    rig.pay(&invoice, None).await.unwrap_err();
    rig.node().settle(&preimage(1)).await.unwrap();
    rig.pay(&invoice, None).await.unwrap_err();
    assert_state(&rig, hash, HoldState::Settled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, PRICE));
}

pub async fn reports_the_amount_paid(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    let more = Msat::new(1_500_000);
    rig.pay(&invoice, Some(more)).await.unwrap();
    assert_eq!(held(&rig, hash).await.amount, more);
    rig.node().settle(&preimage(1)).await.unwrap();
    assert_eq!(rig.debits().await, (Msat::ZERO, more));
}

pub async fn refuses_less_than_the_price(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    rig.pay(&invoice, Some(Msat::new(999_999))).await.unwrap_err();
    assert_state(&rig, hash, HoldState::Open).await;
}
