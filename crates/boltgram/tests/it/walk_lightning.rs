//! An operator looks at the Lightning node, resolves payments that belong to no order, and ends a payment of a node that is
//! gone for ever.

use std::fs;
use std::time::Duration;

use domain::account::operator::{Action, Actor};
use domain::id::{OrderId, PaymentHash};
use domain::money::Msat;
use domain::payout::routes_end_at;
use domain::ports::{AuditList, LostPayoutEnd, NewPayout, PayoutBegun, Store};
use domain::time::Timestamp;
use serde_json::{Value, json};
use store::StoreUrl;

use super::customer::Customer;
use super::running::{Home, Running};
use super::walk_admin::Operator;

fn json_of(home: &Home, arguments: &[&str]) -> Value {
    serde_json::from_str(&home.answer(arguments)).unwrap()
}

/// A house with an operator, and a text that is sent, and paid by a payment that is held.
async fn with_held_payment() -> (Home, Operator, Running) {
    let home = Home::bare();
    let key = home.answer(&["operator", "add", "Ida"]);
    let server = home.serve();
    home.answer(&["backup", "backup"]);
    let customer = Customer::of(&server);
    let order = customer.buy_text("+4520120003", "Lost on its way").await;
    customer.pay(&order).await;
    customer.await_status(&order, |status| status["smsStatus"] == "sent").await;
    let ida = Operator::of(&server, key);
    (home, ida, server)
}

#[tokio::test]
async fn shows_the_node_and_what_it_holds() {
    let (home, ida, server) = with_held_payment().await;
    let shown = ida.done("GET", "/lightning", Value::Null).await;
    assert_eq!((&shown["held"]["count"], &shown["held"]["msat"]), (&json!(1), &json!(1_000_000)));
    assert_eq!(shown["held"]["byAge"][0]["count"], 1, "{shown}");
    let left = shown["held"]["nextDeadline"]["blocksLeft"].as_u64().unwrap();
    assert!((100..=144).contains(&left), "{shown}");
    assert_eq!((&shown["channels"]["active"], &shown["notSelling"]), (&json!(1), &Value::Null));
    assert_eq!(ida.done("GET", "/lightning/orphans", Value::Null).await, json!({"data": []}));
    // The sandbox node is in the server's process.
    let told = home.complaint(1, &["lightning", "status"]);
    assert!(told.contains("part of the running server"), "{told}");
    server.stop();

    let again = json_of(&home, &["lightning", "status", "--json"]);
    assert_eq!(again["node"], shown["node"]);
    assert_eq!(again["held"]["count"], 1);
    let text = home.answer(&["lightning", "status"]);
    for line in [
        " on regtest (sandbox)",
        "selling     yes",
        "channels    1, 1 active, capacity 100000000 sats",
        "held        1 payments, 1000 sats",
        "  under 10 minutes: 1, 1000 sats",
        "lost        0 orders",
        "payouts     0 under way",
    ] {
        assert!(text.contains(line), "{line:?} in\n{text}");
    }
    assert!(home.answer(&["lightning", "orphans"]).contains("belongs to a live order"));
}

#[tokio::test]
async fn shows_that_there_is_no_node() {
    let home = Home::with_config(
        "[lightning]\nbackend = \"none\"\n[[carriers]]\nname = \"main\"\nkind = \"sandbox\"\n",
    );
    home.answer(&["init"]);
    let text = home.answer(&["lightning", "status"]);
    assert!(text.contains("node        none; no invoices are sold (none)"), "{text}");
    assert_eq!(json_of(&home, &["lightning", "orphans", "--json"]), json!([]));
}

/// A store that is older than the node knows nothing of what the node holds.
#[tokio::test]
async fn gives_back_a_payment_that_belongs_to_no_order() {
    let (home, _, server) = with_held_payment().await;
    server.stop();
    let (data, kept) = (home.path("boltgram-data"), home.path("kept"));
    let journal = "sandbox-node.journal";
    fs::rename(&data, &kept).unwrap();
    home.answer(&["restore", "backup"]);
    fs::copy(kept.join(journal), data.join(journal)).unwrap();

    let server = home.serve();
    server.await_log("boltgram lightning orphans");
    server.stop();
    let orphans = json_of(&home, &["lightning", "orphans", "--json"]);
    let orphan = &orphans[0];
    assert_eq!(orphans.as_array().unwrap().len(), 1, "{orphans}");
    assert_eq!((&orphan["heldMsat"], &orphan["order"]), (&json!(1_000_000), &Value::Null));
    let hash = orphan["paymentHash"].as_str().unwrap().to_owned();
    let cancel = ["lightning", "orphans", "--cancel", &hash];
    assert!(home.answer(&["lightning", "orphans"]).contains(&hash));

    // The store that has its order refuses.
    let restored = home.path("restored");
    fs::rename(&data, &restored).unwrap();
    fs::rename(&kept, &data).unwrap();
    let told = home.complaint(1, &cancel);
    assert!(told.contains("belongs to the order"), "{told}");
    assert_eq!(json_of(&home, &["lightning", "orphans", "--json"]), json!([]));
    fs::rename(&data, &kept).unwrap();
    fs::rename(&restored, &data).unwrap();

    assert!(home.answer(&cancel).contains("is given back"));
    assert_eq!(json_of(&home, &["lightning", "orphans", "--json"]), json!([]));
    assert!(home.complaint(1, &cancel).contains("no open or held invoice"));
    home.complaint(2, &["lightning", "orphans", "--cancel", "7"]);
    let store = open(&home).await;
    let list = AuditList { action: Some(Action::OrphanCancel), limit: 9, ..AuditList::default() };
    let audit = store.audit_log(list).await.unwrap();
    assert_eq!((audit.len(), &audit[0].on), (1, &hash));
}

async fn open(home: &Home) -> std::sync::Arc<dyn Store> {
    let data = home.path("boltgram-data");
    let url = StoreUrl::sqlite(data.join("boltgram.db"));
    let vault = url.vault(&data).await.unwrap();
    let options = store::Options { migrate: false, ..store::Options::default() };
    url.open(vault, options).await.unwrap()
}

/// Stores a payment of this order's share as under way.
async fn begin(home: &Home, order: OrderId, number: u8, node_key: [u8; 33], expires_at: Timestamp) {
    let (address, amount) = ("me@example.com".parse().unwrap(), Msat::new(100_000));
    let new = NewPayout {
        hash: PaymentHash::new([number; 32]),
        address,
        invoice: "lnbcrt1".to_owned(),
        amount,
        fee_max: Msat::new(10_000),
        expires_at,
        node_key,
        orders: vec![order],
    };
    let (per_day, now) = (Msat::new(1_000_000_000), now());
    let begun = open(home).await.begin_payout(new, per_day, now, now).await.unwrap();
    assert_eq!(begun, PayoutBegun::Begun);
}

fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

#[tokio::test]
async fn ends_a_payment_of_a_node_that_is_gone() {
    let home = Home::bare();
    let key = home.answer(&["operator", "add", "Ida"]);
    let server = home.serve();
    let ida = Operator::of(&server, key);
    ida.done("POST", "/accounts", json!({"name": "acme", "creditMsat": 9_000_000})).await;
    let api_key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    let customer = Customer::of(&server).with_key(api_key.as_str().unwrap());
    let text = json!({"phone": "+4520123456", "message": "1234", "immediate": true, "ref": "me@example.com"});
    let order = customer.post("/createsendorder", text).await["orderId"].clone();
    let order = order.as_str().unwrap().to_owned();
    super::walk_admin::until_settled(&ida, &order).await;
    let ours = ida.done("GET", "/lightning", Value::Null).await["node"]["key"].clone();
    server.stop();
    let ours: [u8; 33] = hex::decode(ours.as_str().unwrap()).unwrap().try_into().unwrap();
    let (order, lost) = (order.parse().unwrap(), [3; 33]);
    let hash = |number: u8| hex::encode([number; 32]);
    let refused = |number| home.complaint(1, &["payout", "end", &hash(number)]);

    let long_ago = now().before(Duration::from_secs(20 * 24 * 60 * 60));
    assert!(routes_end_at(long_ago) < now());
    begin(&home, order, 1, lost, long_ago).await;
    let answer = home.answer(&["payout", "end", &hash(1)]);
    assert!(answer.contains("its shares are due again"), "{answer}");
    assert!(refused(1).contains("has ended already: failed"));
    assert!(refused(9).contains("there is no payout"));
    let listed = json_of(&home, &["payout", "list", "--json"]);
    assert_eq!(listed["payouts"][0]["trouble"], "node_lost", "{listed}");
    assert_eq!(listed["referrers"][0]["dueMsat"], 100_000);

    // Its payee may still get it.
    begin(&home, order, 2, lost, now()).await;
    let told = refused(2);
    assert!(
        told.contains("may still get the payment") && told.contains("try again at 20"),
        "{told}"
    );
    let server = home.serve();
    let ida = Operator::of(&server, home.answer(&["operator", "add", "Ole"]));
    let which = |number| json!({"paymentHash": hash(number)});
    for (number, status) in [(2, 409), (1, 409), (9, 404)] {
        assert_eq!(ida.call("POST", "/payouts/end", which(number)).await.0, status, "{number}");
    }
    assert_eq!(ida.call("POST", "/payouts/end", json!({"paymentHash": "7"})).await.0, 400);
    server.stop();
    // Ten days later.
    let (by, over) = (Actor::CommandLine, routes_end_at(now()));
    let second = PaymentHash::new([2; 32]);
    let ended = open(&home).await.end_lost_payout(second, None, by, over).await.unwrap();
    assert_eq!(ended, LostPayoutEnd::Ended);
    begin(&home, order, 3, ours, long_ago).await;
    assert!(refused(3).contains("configured now, which reports its end"));
    assert!(home.answer(&["ledger", "check"]).contains("ledger"), "it is sound");
}
