//! What every [`Lightning`] implementation must do, as named cases. An implementation runs them by
//! giving a [`Rig`] and calling [`lightning_conformance!`](crate::lightning_conformance!). What an
//! order does with a payment is the engine's own business and not tested here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a suite of tests")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::hold::{ACTION_MARGIN_BLOCKS, HeldPayment, HoldTerms};
use domain::money::Msat;
use domain::order::{OrderKind, PaymentHash};
use domain::ports::{Clock, HoldState, Lightning, NewHold, PendingInvoice, PortError};
use domain::secret::Preimage;
use tokio::time::timeout;

use crate::clock::TestClock;

/// A node under test, with the chain under it and a customer who pays.
#[async_trait]
pub trait Rig: Send + Sync {
    fn node(&self) -> Arc<dyn Lightning>;
    fn clock(&self) -> Arc<TestClock>;
    /// Pays the invoice's amount, or another one. An error means that no money moved.
    async fn pay(&self, invoice: &str, amount: Option<Msat>) -> Result<(), String>;
    async fn mine(&self, blocks: u32);
    /// The customer's money that is locked, and that is gone.
    async fn debits(&self) -> (Msat, Msat);
    async fn proof(&self, hash: PaymentHash) -> Option<Preimage>;
    /// Stops the node as a crash does, and starts it again.
    async fn restart(&mut self);
    /// How often settle and cancel are raced: fewer where every call is slow and the race is decided
    /// elsewhere.
    fn races(&self) -> u16 {
        1_000
    }
}

/// Makes a `#[tokio::test]` of every case; `$rig` is an async function that makes a fresh [`Rig`]
/// whose node holds ten payments at most.
#[macro_export]
macro_rules! lightning_conformance {
    ($rig:path) => {
        $crate::lightning_conformance! { @each $rig:
            keeps_the_money_when_settled
            gives_the_money_back_when_cancelled
            closes_an_unpaid_invoice_when_cancelled
            closes_an_unpaid_invoice_after_its_expiry
            gives_the_same_invoice_for_the_same_terms
            refuses_other_terms_for_a_hash
            refuses_a_memo_that_no_invoice_holds
            knows_nothing_of_an_unknown_hash
            does_not_settle_an_open_invoice
            settles_twice_without_harm
            cancels_twice_without_harm
            does_not_cancel_what_is_settled
            does_not_settle_what_is_cancelled
            lets_exactly_one_of_settle_and_cancel_win
            takes_one_payment_only
            reports_what_was_really_paid
            refuses_less_than_the_price
            gives_the_money_back_at_the_deadline
            settles_one_block_before_the_deadline
            leaves_enough_blocks_for_every_product
            shows_a_stale_tip
            holds_no_more_than_its_slots
            lists_what_is_open_and_held
            hints_that_something_happened
            knows_everything_after_a_restart
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
    let terms = HoldTerms::of(OrderKind::Send);
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

pub async fn keeps_the_money_when_settled(rig: impl Rig) {
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

pub async fn gives_the_money_back_when_cancelled(rig: impl Rig) {
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

pub async fn gives_the_same_invoice_for_the_same_terms(rig: impl Rig) {
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

pub async fn refuses_a_memo_that_no_invoice_holds(rig: impl Rig) {
    let long = NewHold { memo: "x".repeat(640), ..hold(1) };
    let result = rig.node().create_hold(long).await;
    assert!(matches!(result, Err(PortError::Refused(_))), "{result:?}");
    assert_state(&rig, preimage(1).payment_hash(), HoldState::Unknown).await;
    let longest = NewHold { memo: "x".repeat(639), ..hold(1) };
    rig.node().create_hold(longest).await.unwrap();
}

pub async fn knows_nothing_of_an_unknown_hash(rig: impl Rig) {
    let hash = preimage(1).payment_hash();
    assert_state(&rig, hash, HoldState::Unknown).await;
    rig.node().cancel(hash).await.unwrap();
    assert_conflict(&rig.node().settle(&preimage(1)).await);
    // Once more with an invoice at the node: some answer differently when they have none at all.
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

pub async fn settles_twice_without_harm(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    rig.node().settle(&preimage(1)).await.unwrap();
    rig.node().settle(&preimage(1)).await.unwrap();
    assert_state(&rig, hash, HoldState::Settled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, PRICE));
}

pub async fn cancels_twice_without_harm(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    rig.node().cancel(hash).await.unwrap();
    rig.node().cancel(hash).await.unwrap();
    assert_state(&rig, hash, HoldState::Cancelled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, Msat::ZERO));
}

pub async fn does_not_cancel_what_is_settled(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    rig.node().settle(&preimage(1)).await.unwrap();
    assert_conflict(&rig.node().cancel(hash).await);
    assert_state(&rig, hash, HoldState::Settled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, PRICE));
}

pub async fn does_not_settle_what_is_cancelled(rig: impl Rig) {
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

pub async fn takes_one_payment_only(rig: impl Rig) {
    let (hash, invoice) = create(&rig, 1).await;
    rig.pay(&invoice, None).await.unwrap();
    rig.pay(&invoice, None).await.unwrap_err();
    rig.node().settle(&preimage(1)).await.unwrap();
    rig.pay(&invoice, None).await.unwrap_err();
    assert_state(&rig, hash, HoldState::Settled).await;
    assert_eq!(rig.debits().await, (Msat::ZERO, PRICE));
}

pub async fn reports_what_was_really_paid(rig: impl Rig) {
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

pub async fn gives_the_money_back_at_the_deadline(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    let tip = rig.node().tip().await.unwrap();
    rig.mine(held(&rig, hash).await.deadline_height - tip.height).await;
    assert_state(&rig, hash, HoldState::Cancelled).await;
    assert_conflict(&rig.node().settle(&preimage(1)).await);
    assert_eq!(rig.debits().await, (Msat::ZERO, Msat::ZERO));
}

pub async fn settles_one_block_before_the_deadline(rig: impl Rig) {
    let hash = create_held(&rig, 1).await;
    let tip = rig.node().tip().await.unwrap();
    rig.mine(held(&rig, hash).await.deadline_height - tip.height - 1).await;
    rig.node().settle(&preimage(1)).await.unwrap();
    assert_state(&rig, hash, HoldState::Settled).await;
}

pub async fn leaves_enough_blocks_for_every_product(rig: impl Rig) {
    for (number, &kind) in (0..).zip(OrderKind::ALL) {
        let terms = HoldTerms::of(kind);
        let terms_of_kind = NewHold { cltv_delta: terms.cltv_delta, ..hold(number) };
        let invoice = rig.node().create_hold(terms_of_kind).await.unwrap();
        rig.pay(&invoice, None).await.unwrap();
        let deadline = held(&rig, preimage(number).payment_hash()).await.deadline_height;
        let left = deadline - rig.node().tip().await.unwrap().height;
        assert!(left >= terms.work_blocks + ACTION_MARGIN_BLOCKS, "{kind:?}: {left} blocks");
    }
}

pub async fn shows_a_stale_tip(rig: impl Rig) {
    rig.mine(1).await;
    let tip = rig.node().tip().await.unwrap();
    assert!(tip.is_fresh(rig.clock().now()));
    rig.clock().advance(Duration::from_secs(61 * 60));
    assert!(!rig.node().tip().await.unwrap().is_fresh(rig.clock().now()));
    rig.mine(2).await;
    let next = rig.node().tip().await.unwrap();
    assert!(next.is_fresh(rig.clock().now()));
    assert_eq!(next.height, tip.height + 2);
}

pub async fn holds_no_more_than_its_slots(rig: impl Rig) {
    let slots = u16::try_from(rig.node().held_max()).unwrap();
    for number in 0..slots {
        create_held(&rig, number).await;
    }
    let (hash, invoice) = create(&rig, slots).await;
    rig.pay(&invoice, None).await.unwrap_err();
    assert_state(&rig, hash, HoldState::Open).await;
    rig.node().cancel(preimage(0).payment_hash()).await.unwrap();
    rig.pay(&invoice, None).await.unwrap();
}

pub async fn lists_what_is_open_and_held(rig: impl Rig) {
    assert_eq!(rig.node().pending().await.unwrap(), []);
    let (open, _) = create(&rig, 1).await;
    let held = create_held(&rig, 2).await;
    create_held(&rig, 3).await;
    let cancelled = create_held(&rig, 4).await;
    rig.node().settle(&preimage(3)).await.unwrap();
    rig.node().cancel(cancelled).await.unwrap();
    let mut pending = rig.node().pending().await.unwrap();
    pending.sort_by(|left, right| left.memo.cmp(&right.memo));
    let expected = [
        PendingInvoice { hash: open, memo: "order 1".into(), held: false },
        PendingInvoice { hash: held, memo: "order 2".into(), held: true },
    ];
    assert_eq!(pending, expected);
}

pub async fn hints_that_something_happened(rig: impl Rig) {
    let node = rig.node();
    let waiting = async { timeout(Duration::from_secs(10), node.next_event()).await.unwrap() };
    let (_, hash) = tokio::join!(waiting, create_held(&rig, 1));
    assert_eq!(held(&rig, hash).await.amount, PRICE);
}

pub async fn knows_everything_after_a_restart(mut rig: impl Rig) {
    let (open, invoice) = create(&rig, 1).await;
    let held_one = create_held(&rig, 2).await;
    let settled = create_held(&rig, 3).await;
    let cancelled = create_held(&rig, 4).await;
    rig.node().settle(&preimage(3)).await.unwrap();
    rig.node().cancel(cancelled).await.unwrap();
    let before = (held(&rig, held_one).await, rig.node().tip().await.unwrap().height);
    rig.restart().await;
    let after = (held(&rig, held_one).await, rig.node().tip().await.unwrap().height);
    assert_eq!(before, after);
    assert_state(&rig, settled, HoldState::Settled).await;
    assert_state(&rig, cancelled, HoldState::Cancelled).await;
    assert_eq!(create(&rig, 1).await, (open, invoice.clone()));
    rig.node().settle(&preimage(2)).await.unwrap();
    rig.pay(&invoice, None).await.unwrap();
    assert_eq!(rig.debits().await, (PRICE, PRICE.checked_mul(2).unwrap()));
}
