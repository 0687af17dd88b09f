//! The process crashes between each pair of steps of a number on loan: each buyer gets a code, or the money
//! back; each supplier is called to acquire once, and nothing stays lent.

use std::sync::Arc;
use std::time::Duration;

use domain::account::operator::Actor;
use domain::activation::NumberRequest;
use domain::id::{AccountId, OrderId};
use domain::message::door::Door;
use domain::money::Msat;
use domain::ports::{Clock, NewAccount};
use domain::sale::client::LOCAL_CLIENT;
use domain::sale::order::OrderState;
use domain::secret::Secret;
use engine::activations::{NumberOrder, NumberPayment};
use futures_util::{StreamExt, stream};
use testkit::crash::{Fuse, Side};

use super::house::{CREDIT, House, Life, PRICE};
use super::scenarios::Scenario;
use super::{SIDE_BY_SIDE, TICK, until};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// A code comes.
    Code,
    Credit,
    /// The supplier delivers the code by itself.
    Pushed,
    /// The supplier lends, and its answer is lost.
    Lost,
    /// The answer is lost, and nothing was lent.
    Gone,
    /// The supplier has no number.
    NoNumber,
    /// No code comes.
    NoCode,
    /// The buyer cancels right after the payment.
    Cancelled,
}

impl Case {
    const fn service(self) -> &'static str {
        match self {
            Self::Code | Self::Credit => "tg",
            Self::Pushed => "push",
            Self::Lost => "lost",
            Self::Gone => "gone",
            Self::NoNumber => "no",
            Self::NoCode | Self::Cancelled => "none",
        }
    }

    const fn brings_a_code(self) -> bool {
        matches!(self, Self::Code | Self::Credit | Self::Pushed | Self::Lost)
    }

    const fn tick(self) -> Duration {
        match self {
            Self::NoCode | Self::Gone | Self::Cancelled => Duration::from_secs(10),
            _ => TICK,
        }
    }
}

/// Orders and pays. `None` if the program crashes before that.
async fn buy(house: &House, life: &Life, case: Case) -> Option<OrderId> {
    let account = house.caller().account;
    let payment = if case == Case::Credit { NumberPayment::Credit } else { NumberPayment::Invoice };
    let order = NumberOrder { payment, ..from_credit(account, case.service()) };
    let sold = life.engine.activations.order(order).await.ok()?;
    if let Some(invoice) = sold.invoice {
        house.node.pay(&invoice).await.ok()?;
    }
    if case == Case::Cancelled {
        // Refused while it is not paid here, or once there is a number.
        drop(life.engine.orders.cancel(sold.order).await);
    }
    Some(sold.order)
}

/// Nothing is due at a supplier, and no order is open.
async fn is_quiet(house: &House) -> bool {
    house.is_quiet().await && house.lender.lent().is_empty() && house.dearer.lent().is_empty()
}

async fn run(case: Case, fuse: Arc<Fuse>) {
    let house = House::new(Scenario::Delivered).await;
    let life = house.begin(fuse.clone()).await;
    let bought = tokio::select! {
        bought = buy(&house, &life, case) => bought,
        () = until(&house, TICK, "the fuse blows", async || fuse.has_blown()) => None,
    };
    until(&house, case.tick(), "the first process ends", async || {
        fuse.has_blown() || is_quiet(&house).await
    })
    .await;
    drop(life);
    let _life = house.begin(Fuse::counting()).await;
    until(&house, case.tick(), "all is decided and released", async || is_quiet(&house).await)
        .await;
    check(&house, case, bought).await;
}

async fn check(house: &House, case: Case, bought: Option<OrderId>) {
    let report = house.store.check_ledger().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    let purse = house.node.purse();
    assert_eq!(purse.locked, Msat::ZERO, "no payment is left pending");
    assert_eq!(purse.spent, purse.received);
    for (loan, times) in house.lender.acquires().into_iter().chain(house.dearer.acquires()) {
        assert_eq!(times, 1, "bought twice: {loan}");
    }
    let left = house.store.balance(house.caller().account).await.unwrap().available;
    let spent = CREDIT.checked_sub(left).and_then(|spent| spent.checked_add(purse.spent)).unwrap();
    assert!(spent == Msat::ZERO || spent == PRICE, "{spent}");
    let Some(id) = bought else { return };
    let order = house.store.order(id).await.unwrap().unwrap();
    let has_code = order.fulfilment.activation().is_some_and(|view| view.code.is_some());
    let is_settled = order.state == OrderState::Settled;
    assert!(order.state.is_final() && order.state != OrderState::Lost, "{:?}", order.state);
    assert_eq!((is_settled, spent == PRICE), (has_code, has_code), "{case:?}");
    if !is_settled {
        assert!(order.reason.is_some(), "a true error");
    }
    if case.brings_a_code() {
        assert!(has_code, "{case:?}: {:?}", order.reason);
    } else {
        assert!(!has_code);
    }
}

async fn survives(case: Case) {
    let counting = Fuse::counting();
    run(case, counting.clone()).await;
    let steps = counting.steps();
    assert!(steps >= 6, "{case:?} has only {steps} steps");
    let runs = (0..steps).flat_map(|step| [(step, Side::Before), (step, Side::After)]);
    stream::iter(runs)
        .for_each_concurrent(SIDE_BY_SIDE, |(step, side)| async move {
            let shown = Shown(case, step, side);
            run(case, Fuse::blowing(step, side)).await;
            std::mem::forget(shown);
        })
        .await;
}

/// Printed when an assertion fails, so that the run can be repeated.
struct Shown(Case, u64, Side);

impl Drop for Shown {
    fn drop(&mut self) {
        eprintln!("crash run of {:?} at step {} {:?}", self.0, self.1, self.2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_paid_once_whatever_dies() {
    survives(Case::Code).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_from_credit_is_paid_once_whatever_dies() {
    survives(Case::Credit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivered_code_is_not_lost_whatever_dies() {
    survives(Case::Pushed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_whose_assignment_was_lost_brings_its_code_whatever_dies() {
    survives(Case::Lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_never_comes_gives_the_money_back_whatever_dies() {
    survives(Case::Gone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_without_a_number_is_paid_back_whatever_dies() {
    survives(Case::NoNumber).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_without_a_code_is_paid_back_and_released_whatever_dies() {
    survives(Case::NoCode).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_number_is_paid_back_and_released_whatever_dies() {
    survives(Case::Cancelled).await;
}

fn from_credit(account: AccountId, service: &str) -> NumberOrder {
    NumberOrder {
        wanted: NumberRequest::for_code(service.parse().unwrap(), None),
        account: Some(account),
        payment: NumberPayment::Credit,
        price_max: None,
        door: Door::Orders,
        client: LOCAL_CLIENT.to_owned(),
        webhook: None,
        referral: None,
        idempotency: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cheapest_supplier_is_called_first_and_the_next_when_it_lends_nothing() {
    let house = House::new(Scenario::Delivered).await;
    let life = house.begin(Fuse::counting()).await;
    let account = house.caller().account;
    life.engine.activations.order(from_credit(account, "tg")).await.unwrap();
    until(&house, TICK, "a code comes", async || is_quiet(&house).await).await;
    assert_eq!((house.lender.acquires().len(), house.dearer.acquires().len()), (1, 0));
    house.lender.refuse();
    life.engine.activations.order(from_credit(account, "tg")).await.unwrap();
    until(&house, TICK, "another code comes", async || is_quiet(&house).await).await;
    assert_eq!((house.lender.acquires().len(), house.dearer.acquires().len()), (2, 1));
    assert_eq!(house.affords().await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_orders_at_once_share_few_numbers_and_the_others_are_paid_back() {
    const ORDERS: i64 = 200;
    let house = House::new(Scenario::Delivered).await;
    let credit = PRICE.checked_mul(ORDERS).unwrap();
    let (name, webhook_secret) = ("many".parse().unwrap(), Secret::new("whsec_many"));
    let new = NewAccount { name, webhook_secret, credit };
    let account =
        house.store.add_account(new, Actor::CommandLine, house.clock.now()).await.unwrap();
    let life = house.begin(Fuse::counting()).await;
    let engine = &life.engine;
    let sold = stream::iter(0..ORDERS)
        .map(|_| engine.activations.order(from_credit(account.id, "none")))
        .buffer_unordered(50);
    let sold: Vec<_> = sold.collect().await;
    assert!(sold.iter().all(Result::is_ok), "stock was there when they were sold");
    let waiting = PRICE.checked_mul(20).unwrap();
    until(&house, Duration::ZERO, "all but twenty are paid back", async || {
        house.store.balance(account.id).await.unwrap().reserved == waiting
    })
    .await;
    for lender in [&house.lender, &house.dearer] {
        let lent = lender.lent();
        assert_eq!((lent.len(), lent.values().max()), (10, Some(&1)));
    }
    until(&house, Duration::from_secs(10), "time is up for the rest", async || {
        house.store.balance(account.id).await.unwrap().available == credit && is_quiet(&house).await
    })
    .await;
    let report = house.store.check_ledger().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
}
