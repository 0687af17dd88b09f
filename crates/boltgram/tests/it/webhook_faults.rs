//! Webhook receivers whose connection fails at every step of a call: cut, half-closed or stalled, in
//! either direction. Each fault has its own receiver and proxy, so that they fail side by side and
//! none may delay another. No event is lost, a repeated event has the same id and body, and the events
//! of an order arrive in order; also across a `kill -9`.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use testkit::faults::{Fault, Proxy, Toward};
use tokio::time::timeout;

use super::customer::{Bought, Customer};
use super::receiver::{Call, Receiver};
use super::running::{Home, PATIENCE, Running};

/// The events of an order paid from credit; the response has confirmed its creation. On a loaded
/// machine the receipt may be stored together with the outcome: then only the final state is sent.
const TOLD: [&str; 2] = ["sent", "delivered"];

/// Time limit for a repeated call: after a stall, 15 s and a pause; after a kill, the restart. Shorter
/// than a lease of 45 s.
const AGAIN: Duration = Duration::from_secs(40);

const PAUSE: Duration = Duration::from_millis(20);

/// Orders of a receiver without faults.
const OTHERS: usize = 3;

#[derive(Debug, Clone, Copy)]
struct Trouble {
    octets: u64,
    toward: Toward,
    fault: Fault,
}

struct Lane {
    receiver: Receiver,
    proxy: Proxy,
    trouble: Option<Trouble>,
}

impl Lane {
    async fn open(trouble: Option<Trouble>) -> Self {
        let receiver = Receiver::open().await;
        let proxy = Proxy::to(receiver.address()).await;
        if let Some(Trouble { octets, toward, fault }) = trouble {
            proxy.after(octets, toward, fault);
        }
        Self { receiver, proxy, trouble }
    }

    async fn order(&self, customer: &Customer) -> Bought {
        let body = json!({
            "phone": "+4520123456", "message": "Hej", "immediate": true,
            "webhookUrl": format!("http://{}/hook", self.proxy.address()),
        });
        customer.buy("/createsendorder", body).await
    }

    fn stalls(&self) -> bool {
        self.trouble.is_some_and(|trouble| trouble.fault == Fault::Stall)
    }

    /// Waits for its fault. Returns the number of connections so far.
    async fn struck(&self) -> u64 {
        let begun = Instant::now();
        while timeout(PAUSE, self.proxy.struck(1)).await.is_err() && !self.tells_its_end_alone() {
            assert!(begun.elapsed() < PATIENCE, "{:?}: no fault occurred", self.trouble);
        }
        self.proxy.accepted()
    }

    /// Whether only the final state was sent, so that there is no second call to fail.
    fn tells_its_end_alone(&self) -> bool {
        self.receiver.calls().first().is_some_and(is_end)
    }

    /// Ends a stall as soon as the next connection is made.
    async fn mend(&self, accepted: u64) {
        let begun = Instant::now();
        while self.proxy.accepted() == accepted && !self.tells_its_end_alone() {
            assert!(begun.elapsed() < AGAIN, "{:?}: not called again", self.trouble);
            pause().await;
        }
        self.proxy.mend();
    }

    /// Waits until the final states of this many orders have arrived.
    async fn told(&self, orders: usize) {
        let begun = Instant::now();
        while self.events().iter().filter(|event| is_end(event)).count() < orders {
            let calls = self.receiver.calls().len();
            assert!(begun.elapsed() < AGAIN, "{:?}: only {calls} calls", self.trouble);
            pause().await;
        }
    }

    /// The first call of each event; asserts that repeats have the same body.
    fn events(&self) -> Vec<Call> {
        let mut events: Vec<Call> = Vec::new();
        for call in self.receiver.calls() {
            match events.iter().find(|event| id(event) == id(&call)) {
                None => events.push(call),
                Some(event) => assert_eq!(event.body, call.body, "{:?}: other body", self.trouble),
            }
        }
        events
    }

    /// Asserts that all events arrived in order.
    fn check(&self, order: &Bought) {
        let (events, trouble) = (self.events(), self.trouble);
        let told: Vec<_> = events.iter().map(|event| event.json()["smsStatus"].clone()).collect();
        assert!(told == TOLD || told == TOLD[1..], "{trouble:?}: {told:?}");
        assert!(events.iter().all(|event| event.json()["orderId"] == *order.id), "{trouble:?}");
    }
}

fn is_end(call: &Call) -> bool {
    call.json()["smsStatus"] == TOLD[1]
}

fn id(call: &Call) -> &str {
    &call.headers["webhook-id"]
}

async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

fn open(home: &Home) -> (Running, Customer) {
    home.answer(&["account", "add", "acme", "--credit-sats", "1000000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let customer = Customer::of(&server).with_key(&key);
    (server, customer)
}

/// Every fault before, within and between the two calls of an order and their responses. The octets of
/// an order are measured on the first line, which has no fault.
async fn lanes(customer: &Customer) -> (Lane, Vec<Lane>) {
    let sound = Lane::open(None).await;
    sound.order(customer).await;
    sound.told(1).await;
    await_told(customer, &[&sound]).await;
    let calls = sound.receiver.calls().len() as u64;
    let mut troubles = Vec::new();
    for fault in [Fault::Cut, Fault::HalfClose, Fault::Stall] {
        for toward in [Toward::Server, Toward::Client] {
            let all = sound.proxy.passed(toward) / calls * 2;
            let steps = [0, all / 20, all / 4, all / 2, all * 3 / 4].into_iter();
            troubles.extend(steps.map(|octets| Trouble { octets, toward, fault }));
        }
    }
    let lanes = join_all(troubles.into_iter().map(|trouble| Lane::open(Some(trouble)))).await;
    (sound, lanes)
}

/// Waits until the program has received the responses to all events of these lanes.
async fn await_told(customer: &Customer, lanes: &[&Lane]) {
    let events: usize = lanes.iter().map(|lane| lane.events().len()).sum();
    let begun = Instant::now();
    loop {
        let page = customer.page("/metrics").await;
        let name = "boltgram_webhook_calls_total{result=\"told\"} ";
        let told = page.lines().find_map(|line| line.strip_prefix(name));
        if told.is_some_and(|told| told.parse() == Ok(events)) {
            return;
        }
        assert!(begun.elapsed() < AGAIN, "{told:?} of {events} sent");
        pause().await;
    }
}

/// Ends each stall as soon as the next connection is made.
async fn mend(lanes: &[Lane], accepted: &[u64]) {
    let stalled = lanes.iter().zip(accepted).filter(|(lane, _)| lane.stalls());
    join_all(stalled.map(|(lane, accepted)| lane.mend(*accepted))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_told_whatever_the_line_does_and_others_do_not_wait() {
    let home = Home::bare();
    let (server, customer) = open(&home);
    let (sound, lanes) = lanes(&customer).await;
    let orders = join_all(lanes.iter().map(|lane| lane.order(&customer))).await;
    let accepted = join_all(lanes.iter().map(Lane::struck)).await;
    for at in 1..=OTHERS {
        sound.order(&customer).await;
        sound.told(1 + at).await;
    }
    for (lane, accepted) in lanes.iter().zip(&accepted).filter(|(lane, _)| lane.stalls()) {
        let now = lane.proxy.accepted();
        assert_eq!(now, *accepted, "{:?}: other calls waited for its timeout", lane.trouble);
    }
    mend(&lanes, &accepted).await;
    join_all(lanes.iter().map(|lane| lane.told(1))).await;
    let all: Vec<_> = lanes.iter().chain([&sound]).collect();
    await_told(&customer, &all).await;
    for (lane, order) in lanes.iter().zip(&orders) {
        lane.check(order);
    }
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_while_lines_fail_loses_no_event() {
    let home = Home::bare();
    let (server, customer) = open(&home);
    let (_, lanes) = lanes(&customer).await;
    let orders = join_all(lanes.iter().map(|lane| lane.order(&customer))).await;
    join_all(orders.iter().map(|order| customer.await_delivered(order))).await;
    join_all(lanes.iter().map(Lane::struck)).await;
    // Now some calls wait for a retry, and some are in progress on a stalled line.
    server.kill();

    let accepted: Vec<_> = lanes.iter().map(|lane| lane.proxy.accepted()).collect();
    let server = home.serve();
    tokio::join!(mend(&lanes, &accepted), join_all(lanes.iter().map(|lane| lane.told(1))));
    for (lane, order) in lanes.iter().zip(&orders) {
        lane.check(order);
    }
    server.stop();
}
