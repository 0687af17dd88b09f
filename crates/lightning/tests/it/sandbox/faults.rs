//! The faults of real nodes, each on demand.

use std::sync::Arc;
use std::time::Duration;

use domain::money::Msat;
use domain::ports::{Clock, HoldState, Lightning, NewHold, NodeEvent, PortError};
use domain::secret::Preimage;
use lightning::sandbox::{Faults, Options, PayError, PaymentState, Sandbox};
use tokio::time::timeout;

use crate::rig::in_memory;

const PREIMAGE: Preimage = Preimage::new([9; 32]);

fn hold() -> NewHold {
    NewHold {
        hash: PREIMAGE.payment_hash(),
        amount: Msat::new(1_000_000),
        memo: "order".into(),
        expiry: Duration::from_secs(600),
        cltv_delta: 144,
    }
}

async fn held(faults: Faults) -> Arc<Sandbox> {
    let (sandbox, _) = in_memory(Options { faults, ..Options::mined() });
    let invoice = sandbox.create_hold(hold()).await.unwrap();
    assert_eq!(sandbox.pay(&invoice).await, Ok(PaymentState::Held));
    sandbox
}

async fn state(sandbox: &Sandbox) -> HoldState {
    sandbox.lookup(hold().hash).await.unwrap()
}

/// The hints until none comes any more.
async fn hints(sandbox: &Sandbox) -> Vec<NodeEvent> {
    let mut seen = Vec::new();
    while let Ok(event) = timeout(Duration::from_millis(50), sandbox.next_event()).await {
        seen.push(event);
    }
    seen
}

#[tokio::test]
async fn an_unavailable_node_does_nothing() {
    let (sandbox, _) = in_memory(Options::mined());
    sandbox.fail_next(2);
    for _ in 0..2 {
        let result = sandbox.create_hold(hold()).await;
        assert!(matches!(result, Err(PortError::Unavailable(_))), "{result:?}");
    }
    assert_eq!(state(&sandbox).await, HoldState::Unknown);
}

#[tokio::test]
async fn a_lost_response_keeps_the_effect() {
    let sandbox = held(Faults::default()).await;
    sandbox.lose_answer_next(1);
    let result = sandbox.settle(&PREIMAGE).await;
    assert!(matches!(result, Err(PortError::Unknown(_))), "{result:?}");
    assert_eq!(state(&sandbox).await, HoldState::Settled);
    sandbox.settle(&PREIMAGE).await.unwrap();
}

#[tokio::test]
async fn a_swallowed_settle_returns_ok_without_effect() {
    let sandbox = held(Faults { swallowed_next: 1, ..Faults::default() }).await;
    sandbox.settle(&PREIMAGE).await.unwrap();
    assert!(matches!(state(&sandbox).await, HoldState::Held(_)));
    sandbox.settle(&PREIMAGE).await.unwrap();
    assert_eq!(state(&sandbox).await, HoldState::Settled);
}

#[tokio::test]
async fn ok_regardless_returns_ok_for_illegal_changes() {
    let sandbox = held(Faults { ok_regardless: true, ..Faults::default() }).await;
    sandbox.cancel(hold().hash).await.unwrap();
    sandbox.settle(&PREIMAGE).await.unwrap();
    assert_eq!(state(&sandbox).await, HoldState::Cancelled);
    let sandbox = held(Faults { ok_regardless: true, ..Faults::default() }).await;
    sandbox.settle(&PREIMAGE).await.unwrap();
    sandbox.cancel(hold().hash).await.unwrap();
    assert_eq!(state(&sandbox).await, HoldState::Settled);
}

#[tokio::test(start_paused = true)]
async fn hints_come_once_twice_or_never() {
    let changed = NodeEvent::Changed(hold().hash);
    assert_eq!(hints(&*held(Faults::default()).await).await, [changed]);
    let twice = held(Faults { duplicate_hints: true, ..Faults::default() }).await;
    assert_eq!(hints(&twice).await, [changed, changed]);
    let never = held(Faults { lose_hints: true, ..Faults::default() }).await;
    assert_eq!(hints(&never).await, []);
    assert!(matches!(state(&never).await, HoldState::Held(_)), "the payment is lost");
}

#[tokio::test(start_paused = true)]
async fn a_payment_returned_at_its_deadline_gives_no_hint() {
    let sandbox = held(Faults::default()).await;
    hints(&sandbox).await;
    sandbox.mine(144 - 18).unwrap();
    assert_eq!(hints(&sandbox).await, [NodeEvent::LookAtAll], "not only the block was hinted");
    assert_eq!(state(&sandbox).await, HoldState::Cancelled);
    assert_eq!(sandbox.wait_paid(hold().hash).await, PaymentState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_look_at_all() {
    let (sandbox, _) = in_memory(Options { hints_max: 2, ..Options::mined() });
    let other = (*sandbox).clone();
    for _ in 0..5 {
        sandbox.create_hold(hold()).await.unwrap();
        sandbox.mine(1).unwrap();
    }
    sandbox.cancel(hold().hash).await.unwrap();
    assert_eq!(sandbox.next_event().await, NodeEvent::LookAtAll);
    // Another connection has its own hints.
    assert_eq!(hints(&other).await.last(), Some(&NodeEvent::Changed(hold().hash)));
}

#[tokio::test(start_paused = true)]
async fn blocks_that_follow_the_clock_are_hinted_and_end_holds() {
    let (sandbox, clock) = in_memory(Options::default());
    let invoice = sandbox.create_hold(hold()).await.unwrap();
    sandbox.pay(&invoice).await.unwrap();
    hints(&sandbox).await;
    let before = sandbox.tip().await.unwrap();
    clock.advance(Duration::from_secs(25 * 60));
    assert_eq!(sandbox.next_event().await, NodeEvent::LookAtAll);
    let after = sandbox.tip().await.unwrap();
    assert_eq!(after.height, before.height + 2);
    assert!(after.is_fresh(clock.now()));
    clock.advance(Duration::from_secs(126 * 10 * 60));
    assert!(sandbox.tip().await.unwrap().is_fresh(clock.now()));
    assert_eq!(state(&sandbox).await, HoldState::Cancelled);
}

#[tokio::test]
async fn a_clock_set_back_removes_no_block() {
    let (sandbox, clock) = in_memory(Options::default());
    let noon = clock.now();
    clock.advance(Duration::from_secs(3_600));
    let high = sandbox.tip().await.unwrap().height;
    clock.set(noon);
    assert_eq!(sandbox.tip().await.unwrap().height, high);
}

#[tokio::test]
async fn a_stale_or_unsynced_tip_is_shown_as_such() {
    let (sandbox, clock) = in_memory(Options::default());
    sandbox.set_tip_stale();
    assert!(!sandbox.tip().await.unwrap().is_fresh(clock.now()));
    sandbox.mine(1).unwrap();
    assert!(sandbox.tip().await.unwrap().is_fresh(clock.now()));
    sandbox.set_synced(false);
    assert!(!sandbox.tip().await.unwrap().is_fresh(clock.now()));
}

#[tokio::test]
async fn a_late_payment_is_held_within_two_hours() {
    let late_payment = Duration::from_secs(2 * 60 * 60);
    let faults = Faults { late_payment, ..Faults::default() };
    let (sandbox, clock) = in_memory(Options { faults, ..Options::mined() });
    let invoice = sandbox.create_hold(hold()).await.unwrap();
    clock.advance(Duration::from_secs(600) + late_payment);
    assert_eq!(state(&sandbox).await, HoldState::Open);
    assert_eq!(sandbox.pay(&invoice).await, Ok(PaymentState::Held));
    let (sandbox, clock) = in_memory(Options::mined());
    let invoice = sandbox.create_hold(hold()).await.unwrap();
    clock.advance(Duration::from_secs(601));
    assert_eq!(sandbox.pay(&invoice).await, Err(PayError::Expired));
}

#[tokio::test]
async fn a_cancelled_invoice_is_paid_again_if_the_node_allows_it() {
    let sandbox = held(Faults::default()).await;
    let invoice = sandbox.create_hold(hold()).await.unwrap();
    sandbox.cancel(hold().hash).await.unwrap();
    assert_eq!(sandbox.pay(&invoice).await, Err(PayError::Cancelled));
    sandbox.set_faults(Faults { repay_cancelled: true, ..Faults::default() });
    assert_eq!(sandbox.pay(&invoice).await, Ok(PaymentState::Held));
    assert_eq!(sandbox.purse().locked, hold().amount);
}

#[tokio::test]
async fn an_underpayment_is_held_if_the_node_allows_it() {
    let faults = Faults { take_underpaid: true, ..Faults::default() };
    let (sandbox, _) = in_memory(Options { faults, ..Options::mined() });
    let invoice = sandbox.create_hold(hold()).await.unwrap();
    assert_eq!(sandbox.pay_amount(&invoice, Msat::ZERO).await, Err(PayError::Underpaid));
    sandbox.pay_amount(&invoice, Msat::new(1)).await.unwrap();
    let HoldState::Held(payment) = state(&sandbox).await else { panic!() };
    assert_eq!(payment.amount, Msat::new(1));
}

#[tokio::test]
async fn an_ldk_node_holds_fifty() {
    let (sandbox, _) = in_memory(Options { held_max: 50, ..Options::mined() });
    for number in 0..51 {
        let hash = Preimage::new([number; 32]).payment_hash();
        let invoice = sandbox.create_hold(NewHold { hash, ..hold() }).await.unwrap();
        let expected = if number < 50 { Ok(PaymentState::Held) } else { Err(PayError::NoSlot) };
        assert_eq!(sandbox.pay(&invoice).await, expected, "{number}");
    }
}

#[tokio::test]
async fn the_payer_waits_for_the_end() {
    let sandbox = held(Faults::default()).await;
    assert_eq!(sandbox.payment_state(hold().hash), Some(PaymentState::Held));
    let settle = async {
        tokio::task::yield_now().await;
        sandbox.settle(&PREIMAGE).await.unwrap();
    };
    let (ended, ()) = tokio::join!(sandbox.wait_paid(hold().hash), settle);
    assert_eq!(ended, PaymentState::Settled);
}
