//! A referrer is paid once, whatever dies: between the share, the stored intent, the node's payment and its record.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::payout::{InvoiceFacts, LightningAddress, PayoutState, ShareRate, Trouble};
use domain::ports::{
    Clock, Lightning, NewHold, PayOffer, PayState, PayeeInvoice, Payees, PayoutList,
};
use domain::secret::Preimage;
use domain::time::Timestamp;
use engine::ReferralSettings;
use engine::accept::{AcceptedId, Payment};
use futures_util::{StreamExt, stream};
use lightning::sandbox::{Faults, Options, Route, Sandbox};
use testkit::clock::{SeededRandom, TestClock};
use testkit::crash::{Fuse, Side};

use super::house::{House, Life, NUMBER};
use super::scenarios::Scenario;
use super::{SIDE_BY_SIDE, until};
use crate::customer_order::order_of;

const SHARE: Msat = Msat::new(100_000);
const FEE: Msat = Msat::new(1_000);
const TICK: Duration = Duration::from_secs(60);
const EXPIRY: Duration = Duration::from_secs(2 * 60 * 60);

/// Ten percent, paid at once.
pub(super) fn terms() -> ReferralSettings {
    let share = ShareRate::from_basis_points(1_000).unwrap();
    ReferralSettings { share, floor: SHARE, per_day: Msat::new(1_000_000_000) }
}

/// Anybody, with a node of their own.
#[derive(Debug)]
pub(super) struct Referrers {
    node: Sandbox,
    clock: Arc<TestClock>,
    invoices: Mutex<Vec<PaymentHash>>,
    next: AtomicU8,
    /// They hand out one invoice again and again.
    repeat: AtomicBool,
    max: AtomicI64,
}

impl Referrers {
    pub(super) fn new(clock: &Arc<TestClock>) -> Arc<Self> {
        let node =
            Sandbox::in_memory(clock.clone(), SeededRandom::new(99), Options::default()).unwrap();
        let (clock, invoices, next) = (clock.clone(), Mutex::default(), AtomicU8::new(1));
        let (repeat, max) = (AtomicBool::new(false), AtomicI64::new(10_000_000));
        Arc::new(Self { node, clock, invoices, next, repeat, max })
    }

    fn invoices(&self) -> Vec<PaymentHash> {
        self.invoices.lock().unwrap().clone()
    }
}

#[async_trait]
impl Payees for Referrers {
    async fn offer(&self, _: &LightningAddress) -> Result<PayOffer, Trouble> {
        let callback = "https://example.com/pay".parse().unwrap();
        let (min, max) = (Msat::new(1_000), Msat::new(self.max.load(Ordering::SeqCst)));
        Ok(PayOffer { callback, min, max, metadata_hash: [0; 32] })
    }

    async fn invoice(&self, _: &PayOffer, amount: Msat) -> Result<PayeeInvoice, Trouble> {
        let step = u8::from(!self.repeat.load(Ordering::SeqCst));
        let hash = Preimage::new([self.next.fetch_add(step, Ordering::SeqCst); 32]).payment_hash();
        let (memo, cltv_delta) = ("thanks".to_owned(), 40);
        let now = Timestamp::from_millis(self.clock.now().as_secs() * 1_000);
        let hold = NewHold { hash, amount, memo, expiry: EXPIRY, cltv_delta };
        let text = self.node.create_hold(hold).await.unwrap();
        let identity = self.node.identity().await.unwrap();
        self.invoices.lock().unwrap().push(hash);
        let facts = InvoiceFacts {
            hash,
            amount: Some(amount),
            network: identity.network,
            payee: identity.key,
            expires_at: now.after(EXPIRY),
            min_final_cltv: cltv_delta.into(),
            description_hash: None,
        };
        Ok(PayeeInvoice { text, facts })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Found,
    /// The node pays, and its answer is lost.
    AnswerLost,
    /// The payment arrives later.
    Stuck,
    /// The first invoice finds no route.
    NoneAtFirst,
    /// The first call is held up, the second one finds no route, and then the first one arrives.
    CallDelayed,
}

impl Way {
    /// Before the order is placed.
    fn prepare(self, house: &House) {
        let route = match self {
            Self::Found | Self::AnswerLost => Route::Found,
            Self::Stuck => Route::Stuck,
            Self::NoneAtFirst | Self::CallDelayed => Route::None,
        };
        let delayed_payments_next = u32::from(self == Self::CallDelayed);
        house.node.set_faults(Faults {
            route,
            route_fee: FEE,
            delayed_payments_next,
            ..house.node.faults()
        });
    }

    /// What the network does meanwhile.
    async fn go_on(self, house: &House) {
        for hash in house.payees.invoices() {
            match (self, house.node.pay_status(hash).await.unwrap()) {
                (Self::Stuck, PayState::InFlight) => house.node.end_payment(hash, true).unwrap(),
                (Self::NoneAtFirst, PayState::Failed) => Self::Found.prepare(house),
                (Self::CallDelayed, PayState::Failed) => {
                    Self::Found.prepare(house);
                    house.node.deliver_delayed();
                }
                _ => {}
            }
        }
    }
}

/// Orders, and pays. Not if the program dies before that.
async fn buy(house: &House, life: &Life) -> Option<()> {
    let account = house.caller().account;
    let mut request = order_of(account, NUMBER, "Din kode er 4711", Payment::Invoice);
    request.referral = Some("me@example.com".to_owned());
    let accepted = life.engine.accept.accept(request).await.ok()?;
    let AcceptedId::Order(_) = accepted.id else { return None };
    house.node.pay(&accepted.invoice?).await.ok()?;
    Some(())
}

async fn is_quiet(house: &House, way: Way) -> bool {
    way.go_on(house).await;
    // In this order: the last step of an order makes its share due.
    if !house.is_quiet().await {
        return false;
    }
    let load = house.store.payout_load().await.unwrap();
    load.due == Msat::ZERO && load.attempting == 0
}

async fn run(way: Way, fuse: Arc<Fuse>) {
    let house = House::new(Scenario::Delivered).await;
    way.prepare(&house);
    let life = house.begin(fuse.clone()).await;
    let bought = tokio::select! {
        bought = buy(&house, &life) => bought,
        () = until(&house, super::TICK, "the fuse blows", async || fuse.has_blown()) => None,
    };
    // Slower, so that its text does not expire on a busy machine.
    let ended = async || fuse.has_blown() || house.is_quiet().await;
    until(&house, super::TICK, "the order ends", ended).await;
    if way == Way::AnswerLost {
        // Not of the order's own payment, which is settled.
        house.node.lose_answer_next(1);
    }
    let ends = async || {
        let quiet = is_quiet(&house, way).await;
        fuse.has_blown() || quiet
    };
    until(&house, TICK, "the first process ends", ends).await;
    drop(life);

    let _life = house.begin(Fuse::counting()).await;
    until(&house, super::TICK, "every order ends", async || house.is_quiet().await).await;
    until(&house, TICK, "the referrer is paid", async || is_quiet(&house, way).await).await;
    check(&house, bought.is_some(), fuse.has_blown()).await;
}

async fn check(house: &House, bought: bool, crashed: bool) {
    let report = house.store.check_ledger().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    let settled = house.node.purse().spent > Msat::ZERO;
    assert!(settled || crashed, "delivered and not settled");
    assert!(settled || !bought || crashed);
    let paid = house.node.paid_out();
    let times = u64::from(settled);
    assert_eq!(paid.count, times, "a settled order's referrer is paid once");
    assert_eq!(paid.amount, if settled { SHARE } else { Msat::ZERO });
    assert_eq!(paid.fees, if settled { FEE } else { Msat::ZERO });
    let list = PayoutList { state: Some(PayoutState::Paid), limit: 10, ..PayoutList::default() };
    let stored = house.store.payouts(list).await.unwrap();
    assert_eq!(stored.len() as u64, times, "{stored:?}");
    for payout in stored {
        let node = house.node.pay_status(payout.hash).await.unwrap();
        assert_eq!((node, payout.fee), (PayState::Paid { fee: FEE }, Some(FEE)));
    }
}

/// Settings, order, invoice, hold, claim, outcome, receipt, settle, share, referrer, intent, payment, record.
const STEPS_MIN: u64 = 13;

async fn survives_a_crash_at_every_step(way: Way) {
    let counting = Fuse::counting();
    run(way, counting.clone()).await;
    let steps = counting.steps();
    assert!(steps >= STEPS_MIN, "{way:?} has only {steps} steps");
    let runs = (0..steps).flat_map(|step| [(step, Side::Before), (step, Side::After)]);
    stream::iter(runs)
        .for_each_concurrent(SIDE_BY_SIDE, |(step, side)| async move {
            let printed = Printed(way, step, side);
            run(way, Fuse::blowing(step, side)).await;
            std::mem::forget(printed);
        })
        .await;
}

/// Printed when an assertion fails, so that the run can be repeated.
struct Printed(Way, u64, Side);

impl Drop for Printed {
    fn drop(&mut self) {
        eprintln!("crash run of {:?} at step {} {:?}", self.0, self.1, self.2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_referrer_is_paid_once_whatever_dies() {
    survives_a_crash_at_every_step(Way::Found).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_whose_answer_is_lost_is_made_once_whatever_dies() {
    survives_a_crash_at_every_step(Way::AnswerLost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_is_stuck_is_made_once_whatever_dies() {
    survives_a_crash_at_every_step(Way::Stuck).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_whose_first_call_arrives_last_is_made_once_whatever_dies() {
    survives_a_crash_at_every_step(Way::CallDelayed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_without_a_route_is_made_again_once_whatever_dies() {
    survives_a_crash_at_every_step(Way::NoneAtFirst).await;
}

/// Buys with nobody dying, and returns why the referrer waits for the operator.
async fn stopped(house: &House) -> Option<Trouble> {
    let life = house.begin(Fuse::counting()).await;
    buy(house, &life).await.unwrap();
    until(house, super::TICK, "the order ends", async || house.is_quiet().await).await;
    let stopped = async || house.store.payout_load().await.unwrap().stopped == 1;
    until(house, TICK, "the referrer waits", stopped).await;
    assert!(house.store.check_ledger().await.unwrap().is_sound());
    assert_eq!(house.node.paid_out().count, 0);
    house.store.referrers(None, 1).await.unwrap()[0].trouble
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payee_that_repeats_its_invoice_waits_for_the_operator() {
    let house = House::new(Scenario::Delivered).await;
    Way::NoneAtFirst.prepare(&house);
    house.payees.repeat.store(true, Ordering::SeqCst);
    assert_eq!(stopped(&house).await, Some(Trouble::InvoiceUnfit));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_above_the_payees_maximum_waits_for_the_operator() {
    let house = House::new(Scenario::Delivered).await;
    house.payees.max.store(SHARE.get() - 1, Ordering::SeqCst);
    assert_eq!(stopped(&house).await, Some(Trouble::NoShareFits));
}
