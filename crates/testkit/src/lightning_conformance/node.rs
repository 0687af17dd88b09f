//! The node: its chain, limits, hints and persistence.

use std::time::Duration;

use domain::limits;
use domain::money::Msat;
use domain::ports::{Clock, HoldState, NewHold, PendingInvoice};
use domain::sale::hold::{ACTION_MARGIN_BLOCKS, HoldTerms, TIP_AGE_MAX};
use domain::sale::order::OrderKind;
use tokio::time::timeout;

use super::{PRICE, Rig, assert_conflict, assert_state, create, create_held, held, hold, preimage};

pub async fn returns_the_payment_at_the_deadline(rig: impl Rig) {
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
        let terms = HoldTerms::of(kind, limits::RECEIPT_WAIT);
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
    rig.clock().advance(TIP_AGE_MAX + Duration::from_secs(60));
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

pub async fn lists_open_and_held_invoices(rig: impl Rig) {
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

pub async fn shows_its_channels(rig: impl Rig) {
    let before = rig.node().channels().await.unwrap();
    assert!(before.active > 0 && before.count >= before.active, "{before:?}");
    assert!(before.inbound >= PRICE, "{before:?}");
    assert!(before.inbound.checked_add(before.outbound).unwrap() <= before.capacity, "{before:?}");
    assert_eq!(rig.node().held_max(), before.slots);
    create_held(&rig, 1).await;
    let after = rig.node().channels().await.unwrap();
    assert_eq!((after.count, after.slots), (before.count, before.slots));
    assert!(after.inbound < before.inbound, "{after:?}");
}

pub async fn hints_that_something_happened(rig: impl Rig) {
    let node = rig.node();
    let waiting = async { timeout(Duration::from_secs(10), node.next_event()).await.unwrap() };
    let (_, hash) = tokio::join!(waiting, create_held(&rig, 1));
    assert_eq!(held(&rig, hash).await.amount, PRICE);
}

pub async fn keeps_everything_across_a_restart(mut rig: impl Rig) {
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
