//! Any order of calls, faults, blocks and restarts: no money is created or lost, and final states stay. Proptest prints
//! the seed of a failing case.

use std::collections::HashMap;
use std::time::Duration;

use domain::money::Msat;
use domain::ports::{HoldState, Lightning, NewHold};
use domain::secret::Preimage;
use lightning::sandbox::{Faults, Options};
use proptest::prelude::*;
use testkit::lightning_conformance::Rig;

use crate::rig::SandboxRig;

#[derive(Debug, Clone)]
enum Step {
    Create(u8),
    Pay(u8, i64),
    Settle(u8),
    Cancel(u8),
    Mine(u32),
    Wait(u64),
    Restart,
    Faults {
        unavailable_next: u32,
        lost_answers_next: u32,
        swallowed_next: u32,
        ok_regardless: bool,
    },
}

const ORDERS: u8 = 4;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..ORDERS).prop_map(Step::Create),
        4 => (0..ORDERS, 900..2_100i64).prop_map(|(n, sats)| Step::Pay(n, sats * 1_000)),
        3 => (0..ORDERS).prop_map(Step::Settle),
        2 => (0..ORDERS).prop_map(Step::Cancel),
        1 => (0..60u32).prop_map(Step::Mine),
        1 => (0..400u64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
        1 => (0..2u32, 0..2u32, 0..2u32, any::<bool>()).prop_map(|(u, l, s, ok)| Step::Faults {
            unavailable_next: u, lost_answers_next: l, swallowed_next: s, ok_regardless: ok,
        }),
    ]
}

fn preimage(number: u8) -> Preimage {
    Preimage::new([number + 1; 32])
}

fn hold(number: u8) -> NewHold {
    NewHold {
        hash: preimage(number).payment_hash(),
        amount: Msat::new(1_000_000),
        memo: number.to_string(),
        expiry: Duration::from_secs(600),
        cltv_delta: 60,
    }
}

#[derive(Default)]
struct Model {
    invoices: HashMap<u8, String>,
    paid: HashMap<u8, Msat>,
    last: HashMap<u8, HoldState>,
}

async fn take(rig: &mut SandboxRig, model: &mut Model, step: Step) {
    let node = rig.sandbox().clone();
    match step {
        Step::Create(n) => {
            if let Ok(invoice) = node.create_hold(hold(n)).await {
                let known = model.invoices.entry(n).or_insert_with(|| invoice.clone());
                assert_eq!(*known, invoice);
            }
        }
        Step::Pay(n, msat) => {
            if let Some(invoice) = model.invoices.get(&n)
                && node.pay_amount(invoice, Msat::new(msat)).await.is_ok()
            {
                model.paid.insert(n, Msat::new(msat));
            }
        }
        Step::Settle(n) => drop(node.settle(&preimage(n)).await),
        Step::Cancel(n) => drop(node.cancel(hold(n).hash).await),
        Step::Mine(blocks) => node.mine(blocks).unwrap(),
        Step::Wait(secs) => rig.clock.advance(Duration::from_secs(secs)),
        Step::Restart => {
            drop(node);
            rig.restart().await;
        }
        Step::Faults { unavailable_next, lost_answers_next, swallowed_next, ok_regardless } => {
            let faults = Faults {
                unavailable_next,
                lost_answers_next,
                swallowed_next,
                ok_regardless,
                ..Faults::default()
            };
            node.set_faults(faults);
        }
    }
}

async fn compare(rig: &SandboxRig, model: &mut Model) {
    let faults = rig.sandbox().faults();
    rig.sandbox().set_faults(Faults::default());
    let (mut locked, mut spent) = (Msat::ZERO, Msat::ZERO);
    for n in 0..ORDERS {
        let state = rig.sandbox().lookup(hold(n).hash).await.unwrap();
        let paid = model.paid.get(&n).copied().unwrap_or_default();
        match state {
            HoldState::Held(payment) => {
                assert_eq!(payment.amount, paid);
                locked = locked.checked_add(paid).unwrap();
            }
            HoldState::Settled => spent = spent.checked_add(paid).unwrap(),
            HoldState::Unknown | HoldState::Open | HoldState::Cancelled => {}
        }
        if let Some(last @ (HoldState::Settled | HoldState::Cancelled)) =
            model.last.insert(n, state)
        {
            assert_eq!(state, last, "a final state changed");
        }
    }
    assert_eq!(rig.debits().await, (locked, spent));
    rig.sandbox().set_faults(faults);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_money_is_created_or_lost(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut rig = SandboxRig::new(Options { held_max: 3, ..Options::mined() });
            let mut model = Model::default();
            for step in steps {
                take(&mut rig, &mut model, step).await;
                compare(&rig, &mut model).await;
            }
        });
    }
}
