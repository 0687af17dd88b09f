//! Every fault at every step.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use testkit::faults::{Fault, Toward};

use super::lane::{Fate, Lane, Passed, WINDOW};
use crate::customer::{Bought, Customer};
use crate::running::{Home, PATIENCE, Running, SANDBOX_MONEY};

const CREDIT_SATS: i64 = 50_000_000;
const PRICE_SATS: i64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purse {
    Credit,
    Wallet,
}

/// The orders of each lane: the first one alone, so that the octets of its steps are known, then the
/// others at once.
const ORDERS: [(Purse, Fate); 7] = [
    (Purse::Credit, Fate::Delivered),
    (Purse::Credit, Fate::Refused),
    (Purse::Credit, Fate::Delivered),
    (Purse::Wallet, Fate::Delivered),
    (Purse::Credit, Fate::Failed),
    (Purse::Wallet, Fate::Failed),
    (Purse::Wallet, Fate::Refused),
];

fn orders(wished: impl Fn(Purse, Fate) -> bool) -> usize {
    ORDERS.iter().filter(|(purse, fate)| wished(*purse, *fate)).count()
}

/// Octets of a `deliver_sm_resp`.
const DELIVERED: u64 = 17;

/// Octets of a `submit_sm_resp` whose id has one digit.
const SUBMITTED: u64 = 18;

/// Longer than the client takes to close a stalled connection and to reconnect.
const STALL: Duration = Duration::from_secs(5);

struct House {
    home: Home,
    server: Running,
    customer: Customer,
    /// Without a key: the number of unpaid orders per key is limited.
    passer_by: Customer,
}

impl House {
    fn with(lanes: &[Lane]) -> Self {
        let mut config = SANDBOX_MONEY.to_owned();
        lanes.iter().for_each(|lane| lane.configure(&mut config));
        let home = Home::with_config(&config);
        home.answer(&["account", "add", "acme", "--credit-sats", &CREDIT_SATS.to_string()]);
        let key = home.answer(&["key", "add", "acme"]);
        let server = home.serve();
        let passer_by = Customer::of(&server);
        let customer = passer_by.with_key(&key);
        Self { home, server, customer, passer_by }
    }

    async fn order(&self, lane: &Lane, at: usize) {
        let (purse, fate) = ORDERS[at];
        let (phone, credit) = (lane.phone(at, fate), purse == Purse::Credit);
        let customer = if credit { &self.customer } else { &self.passer_by };
        let body = json!({"phone": phone, "message": "Din kode er 4711", "immediate": credit});
        let answer = customer.post("/createsendorder", body).await;
        assert_eq!(answer["status"], "OK", "{answer}");
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        let bought = Bought { id: text("orderId"), payreq: text("payreq"), answer: answer.clone() };
        if !credit {
            customer.pay(&bought).await;
        }
        let told = if fate == Fate::Delivered { "delivered" } else { "failed" };
        customer.await_status(&bought, |status| status["smsStatus"] == told).await;
    }

    async fn order_all(&self, lane: &Lane) {
        self.order(lane, 0).await;
        join_all((1..ORDERS.len()).map(|at| self.order(lane, at))).await;
    }

    /// Waits until exactly the delivered orders are paid.
    async fn await_money(&self, lanes: usize) {
        let (delivered, wallet) = (Fate::Delivered, Purse::Wallet);
        let sold = lanes * orders(|purse, fate| purse == Purse::Credit && fate == delivered);
        let left = CREDIT_SATS - PRICE_SATS * i64::try_from(sold).unwrap();
        let begun = Instant::now();
        loop {
            let balance = self.customer.get("/balance").await["balance"].as_i64().unwrap();
            if balance == left {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{balance} left instead of {left}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for (result, count) in [
            ("settled", orders(|purse, fate| purse == wallet && fate == delivered)),
            ("cancelled", orders(|purse, fate| purse == wallet && fate != delivered)),
        ] {
            self.customer.await_ended(result, u32::try_from(lanes * count).unwrap()).await;
        }
    }
}

/// Octets on a line without a fault: after the bind, and after delivery of the first order.
async fn measure() -> (Passed, Passed) {
    let lanes = [Lane::open(0).await];
    let house = House::with(&lanes);
    let begun = Instant::now();
    while house.customer.get("/readyz").await["status"] != "ready"
        && lanes[0].passed().to_client < 20
    {
        assert!(begun.elapsed() < PATIENCE, "not bound in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let bound = lanes[0].passed();
    house.order(&lanes[0], 0).await;
    (bound, lanes[0].passed())
}

/// Fault positions in octets: before, within and after the bind; within and after the first order's
/// two PDUs in this direction; and within the traffic of the other orders.
fn steps(bound: u64, first: u64, second_pdu: u64) -> Vec<u64> {
    let second = first - second_pdu;
    let order = first - bound;
    let middle = |from: u64, to: u64| u64::midpoint(from, to);
    let mut steps = vec![0, middle(0, bound), bound, middle(bound, second), second];
    steps.extend([middle(second, first), first]);
    steps.extend([first + order, first + order * 5 / 2, first + order * 4 - 5]);
    steps
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_paid_twice_whatever_the_line_does() {
    let (bound, first) = measure().await;
    let order = first.to_client - bound.to_client;
    let mut faults = Vec::new();
    for fault in [Fault::Cut, Fault::HalfClose, Fault::Stall] {
        for (toward, second_pdu) in
            [(Toward::Server, DELIVERED), (Toward::Client, order - SUBMITTED)]
        {
            let steps = steps(bound.toward(toward), first.toward(toward), second_pdu);
            faults.extend(steps.into_iter().map(|octets| (octets, toward, fault)));
        }
    }
    let lanes = join_all((0..faults.len()).map(Lane::open)).await;
    for (lane, (octets, toward, fault)) in lanes.iter().zip(&faults) {
        lane.proxy.after(*octets, *toward, *fault);
    }

    let house = House::with(&lanes);
    let stalled = lanes.iter().zip(&faults).filter(|(_, (.., fault))| *fault == Fault::Stall);
    let mend = join_all(stalled.map(async |(lane, _)| {
        lane.proxy.struck(1).await;
        tokio::time::sleep(STALL).await;
        lane.proxy.mend();
    }));
    let bought = join_all(lanes.iter().map(|lane| house.order_all(lane)));
    tokio::join!(mend, bought);

    house.await_money(lanes.len()).await;
    for (lane, told) in lanes.iter().zip(&faults) {
        let begun = Instant::now();
        while !lane.centre.has_told_all() {
            assert!(begun.elapsed() < PATIENCE, "{told:?}: a receipt was not acknowledged");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (taken, repeats) = lane.taken();
        assert_eq!(taken, orders(|_, fate| fate != Fate::Refused), "{told:?}");
        // A stall is noticed only after the response timeout, when a second window is in flight.
        let windows = if told.2 == Fault::Stall { 2 } else { 1 };
        assert!(repeats <= windows * WINDOW, "{told:?}: {repeats} submitted twice");
        assert!(lane.proxy.accepted() >= 2, "{told:?}: the line did not fail");
    }
    house.server.stop();
    house.home.answer(&["ledger", "check"]);
}
