//! Why does it wait, why did it fail? As an operator reads it: at the admin door, by the command, and in the
//! metrics.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use smpp::CommandStatus;

use super::centre::Centre;
use super::customer::{Bought, Customer};
use super::running::{Home, PATIENCE, Running};
use super::walk_admin::Operator;

const NUMBER: &str = "4520123456";
const TEXT: &str = "a text that nobody shows";

/// One SMPP carrier, an operator, and an account with credit.
struct Why {
    home: Home,
    server: Running,
    ida: Operator,
    acme: Customer,
}

impl Why {
    fn new(centre: &Centre) -> Self {
        Self::of(Home::with_config(&format!(
            "[[carriers]]\nname = \"main\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\n\
             system_id = \"u\"\npassword = \"p\"\n[[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n",
            centre.port()
        )))
    }

    fn of(home: Home) -> Self {
        let operator = home.answer(&["operator", "add", "Ida"]);
        home.answer(&["account", "add", "acme", "--credit-sats", "100000"]);
        let key = home.answer(&["key", "add", "acme"]);
        home.answer(&["sender", "add", "acme", "ACME"]);
        let server = home.serve();
        let (ida, acme) = (Operator::of(&server, operator), Customer::of(&server));
        Self { ida, acme: acme.with_key(&key), home, server }
    }

    async fn send(&self) -> Bought {
        let text = json!({"phone": format!("+{NUMBER}"), "message": TEXT, "immediate": true});
        self.acme.buy("/createsendorder", text).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ida.done("GET", path, Value::Null).await
    }

    /// The one trace of an order.
    async fn trace(&self, order: &Bought) -> Value {
        let page = self.get(&format!("/trace?order={}", order.id)).await;
        assert_eq!((page["data"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
        page["data"][0].clone()
    }

    async fn until(&self, order: &Bought, wished: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let trace = self.trace(order).await;
            if wished(&trace) {
                return trace;
            }
            assert!(begun.elapsed() < PATIENCE, "stays {trace:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the command `trace`, which reads what servers reported of their links, shows this.
    async fn until_told(&self, subject: &str, word: &str) {
        let begun = Instant::now();
        loop {
            let told = self.home.answer(&["trace", subject]);
            if told.contains(word) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "never {word}:\n{told}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits for a line of the metrics.
    async fn until_metric(&self, line: &str) -> String {
        let begun = Instant::now();
        loop {
            let page = self.acme.page("/metrics").await;
            if page.lines().any(|known| known == line) {
                return page;
            }
            assert!(begun.elapsed() < PATIENCE, "never {line}:\n{page}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn end(self) {
        let logs = self.home.logs();
        assert!(!logs.contains(NUMBER) && !logs.contains(TEXT), "{logs}");
        self.server.stop();
    }
}

fn is_moment(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_refused_text_shows_the_carriers_code_and_what_it_means() {
    let centre = Centre::open().await;
    centre.refuse(CommandStatus::RSUBMITFAIL);
    let why = Why::new(&centre);
    why.until_metric("boltgram_carrier_up{carrier=\"main\"} 1").await;
    let order = why.send().await;
    let trace = why.until(&order, |trace| trace["status"] == "failed").await;
    let meaning = "ESME_RSUBMITFAIL: it could not submit the message";
    assert_eq!(
        (&trace["reason"], &trace["reasonText"], &trace["code"], &trace["codeMeaning"]),
        (
            &json!("refused"),
            &json!("the carrier refused the message"),
            &json!("smpp:0x00000045"),
            &json!(meaning)
        )
    );
    let tries = trace["tries"].as_array().unwrap();
    assert_eq!((tries.len(), &trace["parts"]), (1, &json!([])), "{trace:#}");
    let mut failed = tries[0].clone();
    assert!(is_moment(&failed["at"].take()), "{trace:#}");
    assert_eq!(
        failed,
        json!({
            "attempt": 1, "carrier": "main", "link": 1, "reason": "refused",
            "code": "smpp:0x00000045", "codeMeaning": meaning, "at": null,
        })
    );
    assert_eq!(
        (&trace["order"]["id"], &trace["order"]["reason"], &trace["address"], &trace["account"]),
        (&json!(order.id), &json!("refused"), &json!(NUMBER), &json!(1))
    );
    assert_eq!((&trace["nextTryAt"], &trace["door"]), (&Value::Null, &json!("orders")));

    let message = trace["message"].as_str().unwrap();
    for path in [format!("/trace?number=%2B{NUMBER}"), format!("/trace?message={message}")] {
        assert_eq!(why.get(&path).await["data"], json!([trace]), "{path}");
    }
    for subject in [order.id.as_str(), message, "+4520123456", NUMBER] {
        let told = why.home.answer(&["trace", subject]);
        let try_line = told.lines().find(|line| line.trim_start().starts_with("try 1"));
        let try_line = try_line.unwrap_or_else(|| panic!("{told}"));
        assert!(try_line.contains("main link 1: refused (the carrier refused the message)"));
        assert!(try_line.contains(&format!("smpp:0x00000045 ({meaning})")), "{told}");
        assert!(told.starts_with(&format!("{NUMBER}  failed since 20")), "{told}");
        assert!(!told.contains(TEXT), "{told}");
        let json = why.home.answer(&["trace", subject, "--json"]);
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), trace);
    }
    why.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_waits_for_a_carrier_says_so_wherever_it_is_seen() {
    let why = Why::new(&Centre::gone().await);
    let order = why.send().await;
    let many =
        json!({"sender": "ACME", "content": TEXT, "msisdns": ["+4520123461", "+4520123462"]});
    let many = why.acme.post("/api/v2/sms/send", many).await;
    let uuid = many["uuid"].as_str().unwrap_or_else(|| panic!("{many}"));
    let down = json!("link_down");

    let found = why.get(&format!("/recipients?number={NUMBER}")).await;
    assert_eq!(
        (&found["data"][0]["status"], &found["data"][0]["reason"]),
        (&json!("pending"), &down)
    );
    let recipients = why.get(&format!("/accounts/1/messages/{uuid}/recipients")).await;
    let reasons: Vec<_> =
        recipients["data"].as_array().unwrap().iter().map(|one| one["reason"].clone()).collect();
    assert_eq!(reasons, [down.clone(), down.clone()]);
    assert_eq!(why.get(&format!("/orders/{}", order.id)).await["reason"], down);
    let trace = why.trace(&order).await;
    assert_eq!((&trace["reason"], &trace["order"]["reason"]), (&down, &down));
    assert!(is_moment(&trace["nextTryAt"]) && trace["tries"] == json!([]), "{trace:#}");
    let trace = why.get(&format!("/trace?message={uuid}")).await;
    assert_eq!((&trace["data"][1]["index"], &trace["data"][1]["reason"]), (&json!(1), &down));
    assert_eq!(trace["data"][1]["order"], Value::Null);
    why.until_told(&order.id, "link_down").await;

    let waiting = "boltgram_backlog_recipients{lane=\"single\",carrier=\"\",reason=\"link_down\"}";
    why.until_metric(&format!("{waiting} 3")).await;
    why.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_delivered_text_shows_its_part_and_an_unpaid_order_what_it_waits_for() {
    let why = Why::of(Home::bare());
    let order = why.send().await;
    let trace = why.until(&order, |trace| trace["status"] == "success").await;
    assert_eq!((&trace["reason"], &trace["tries"]), (&Value::Null, &json!([])));
    let part = &trace["parts"][0];
    assert_eq!(
        (&part["status"], &part["part"], &part["parts"]),
        (&json!("delivered"), &json!(1), &json!(1))
    );
    assert!(part["carrierId"].is_string() && is_moment(&part["takenAt"]), "{part}");
    assert!(is_moment(&part["decidedAt"]), "{part}");

    let unpaid = Customer::of(&why.server).buy_text("+4520123457", TEXT).await;
    let trace = why.trace(&unpaid).await;
    let reason = json!("awaiting_payment");
    assert_eq!(
        (&trace["reason"], &trace["order"]["reason"], &trace["message"], &trace["address"]),
        (&reason, &reason, &Value::Null, &json!("4520123457"))
    );
    assert_eq!(why.get(&format!("/orders/{}", unpaid.id)).await["reason"], reason);
    let told = why.home.answer(&["trace", &unpaid.id]);
    assert!(told.contains("awaiting_payment (it is not paid yet)"), "{told}");

    let nothing = why.get("/trace?number=4520999999").await;
    assert_eq!(nothing, json!({"data": [], "next": null}));
    let told = why.home.answer(&["trace", "4520999999"]);
    assert_eq!(told, "nothing was sent to this number");
    let missing = "0".repeat(64);
    let complaint = why.home.complaint(1, &["trace", &missing]);
    assert!(complaint.contains("no such message or order"), "{complaint}");
    for (path, status) in [
        ("/trace".to_owned(), 400),
        (format!("/trace?number={NUMBER}&order={}", order.id), 400),
        ("/trace?number=0".to_owned(), 400),
        ("/trace?order=7".to_owned(), 400),
        ("/trace?message=7".to_owned(), 400),
        (format!("/trace?number={NUMBER}&after=7"), 400),
        (format!("/trace?number={NUMBER}&limit=501"), 400),
        (format!("/trace?order={missing}"), 404),
        ("/trace?message=00000000-0000-7000-8000-000000000000".to_owned(), 404),
    ] {
        let (told, answer) = why.ida.call("GET", &path, Value::Null).await;
        assert_eq!((told, answer["code"].is_string()), (status, true), "{path}: {answer}");
    }
    why.end();
}

/// Names in the first column of the tables of docs/metrics.md.
fn documented() -> BTreeSet<String> {
    let document = include_str!("../../../../docs/metrics.md");
    let cell = |line: &str| Some(line.strip_prefix("| `boltgram_")?.split('`').next()?.to_owned());
    document.lines().filter_map(cell).map(|name| format!("boltgram_{name}")).collect()
}

/// As samples are named: a counter ends in `_total`.
fn shown(page: &str) -> BTreeSet<String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let name = |line: &str| {
        let (name, kind) = line.split_once(' ').unwrap();
        format!("{name}{}", if kind == "counter" { "_total" } else { "" })
    };
    types.map(name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_metric_is_documented_and_histograms_observe() {
    let why = Why::of(Home::bare());
    let order = why.send().await;
    why.until(&order, |trace| trace["status"] == "success").await;
    let page = why.acme.page("/metrics").await;
    let (shown, documented) = (shown(&page), documented());
    let missing: Vec<_> = shown.difference(&documented).collect();
    assert!(missing.is_empty() && shown.len() > 20, "not in docs/metrics.md: {missing:?}");
    for histogram in ["accept", "submit", "receipt", "store_commit", "store_flush"] {
        let name = format!("boltgram_{histogram}_seconds_count ");
        let count = page.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or("0");
        assert!(count.parse::<u64>().unwrap() > 0, "{name}{count}");
    }
    why.end();
}
