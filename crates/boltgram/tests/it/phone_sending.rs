//! Texts that a phone sends: from the order to the phone and back, with a phone that fails, repeats itself, or does not come.

use std::time::Instant;

use serde_json::{Value, json};
use testkit::fake_phone::{FakePhone, PhoneCall, PhoneEvent};

use super::customer::{Bought, Customer};
use super::running::{Home, PATIENCE, Running, SANDBOX_MONEY};

const NUMBER: &str = "+4520000001";

fn home(further: &str) -> Home {
    Home::with_config(&format!(
        "{SANDBOX_MONEY}[[carriers]]\nname = \"phones\"\nkind = \"phones\"\ndaily_limit = 4\nttl_s = 10\n{further}"
    ))
}

const ALONE: &str = "[[routes]]\nprefix = \"\"\ncarriers = [\"phones\"]\n";
const BEFORE_THE_SANDBOX: &str = "[[carriers]]\nname = \"second\"\nkind = \"sandbox\"\n\
    [[routes]]\nprefix = \"\"\ncarriers = [\"phones\", \"second\"]\n";

/// A phone on the desk, and the server that it calls.
struct Desk {
    phone: FakePhone,
    http: reqwest::Client,
    base: String,
}

impl Desk {
    /// Registered and ready; its SIM card has a Danish number and sends.
    async fn new(home: &Home, server: &Running) -> Self {
        let token = home.answer(&["phone", "token", "desk"]).trim().to_owned();
        let number = ["phone", "number", "desk", "1", NUMBER, "--country", "DK", "--proven"];
        home.answer(&number);
        home.answer(&["phone", "sends", "desk", "1"]);
        let phone = FakePhone::new(&token);
        let mut desk = Self { phone, http: reqwest::Client::new(), base: server.url("") };
        let answer = desk.json(&desk.phone.register()).await;
        desk.phone.registered(&answer);
        let webhooks = desk.json(&desk.phone.get("/webhooks")).await;
        let settings = desk.json(&desk.phone.get("/settings")).await;
        desk.phone.synced(&webhooks, &settings);
        desk.pings().await;
        desk
    }

    async fn call(&self, call: &PhoneCall) -> reqwest::Response {
        let method = call.method.parse().unwrap();
        let url = format!("{}{}", self.base, call.path);
        let mut request = self.http.request(method, url).body(call.body.clone());
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        request.send().await.unwrap()
    }

    async fn json(&self, call: &PhoneCall) -> Value {
        self.call(call).await.json().await.unwrap()
    }

    async fn event(&self, event: &PhoneEvent) {
        let answer = self.call(&self.phone.attempt(event, 1_782_907_205)).await;
        assert_eq!(answer.status().as_u16(), 200);
    }

    async fn pings(&mut self) {
        let ping = self.phone.ping("pass");
        self.event(&ping).await;
    }

    /// Polls until there is a text that it has not confirmed.
    async fn fetches(&self) -> Value {
        let begun = Instant::now();
        loop {
            let texts = self.json(&self.phone.get("/message?order=fifo")).await;
            if let Some(text) = texts.get(0) {
                assert_eq!(texts.as_array().unwrap().len(), 1);
                return text.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "nothing to send");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    async fn reports(&self, text: &Value, state: &str, error: Option<&str>) {
        let answer = self.call(&self.phone.reports_text(text, state, error)).await;
        assert_eq!(answer.status().as_u16(), 204);
    }
}

fn listed(home: &Home) -> Value {
    let list: Value = serde_json::from_str(&home.answer(&["phone", "list", "--json"])).unwrap();
    list[0]["sims"][0].clone()
}

/// Waits until the carrier has seen the phone.
async fn await_up(customer: &Customer) {
    let begun = Instant::now();
    loop {
        let page = customer.page("/metrics").await;
        if page.contains("boltgram_carrier_up{carrier=\"phones\"} 1") {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the carrier is not up:\n{page}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn bought(customer: &Customer, text: &str) -> Bought {
    let order = customer.buy_text("+4520123456", text).await;
    customer.pay(&order).await;
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_phone_sends_a_text_and_says_what_became_of_it() {
    let home = home(ALONE);
    let server = home.serve();
    let customer = Customer::of(&server);
    let mut desk = Desk::new(&home, &server).await;
    await_up(&customer).await;
    let mut stream = desk.call(&desk.phone.get("/events")).await;

    let order = bought(&customer, "Hej <du>").await;
    let mut events = String::new();
    while !events.contains("event: MessageEnqueued\ndata: {}\n\n") {
        let chunk =
            tokio::time::timeout(PATIENCE, stream.chunk()).await.expect("the phone is called");
        events += &String::from_utf8_lossy(&chunk.unwrap().expect("the stream is open"));
    }
    let text = desk.fetches().await;
    let keys = ["message", "phoneNumbers", "simNumber", "withDeliveryReport", "priority", "state"];
    let wire: Vec<_> = keys.iter().map(|key| &text[*key]).collect();
    assert_eq!(json!(wire), json!(["Hej <du>", ["+4520123456"], 1, true, 100, "Pending"]));
    assert_eq!(text["textMessage"]["text"], "Hej <du>");
    assert!(text["validUntil"].as_str().unwrap().ends_with('Z'));
    assert_eq!(desk.fetches().await["id"], text["id"], "until the phone confirms it");
    desk.reports(&text, "Processed", None).await;
    // Out of order, and twice.
    desk.reports(&text, "Delivered", None).await;
    desk.reports(&text, "Sent", None).await;
    desk.reports(&text, "Delivered", None).await;
    customer.await_delivered(&order).await;
    customer.await_ended("settled", 1).await;

    let failing = bought(&customer, "to nobody").await;
    let text = desk.fetches().await;
    desk.reports(&text, "Failed", Some("Send result: RESULT_ERROR_GENERIC_FAILURE")).await;
    customer.await_ended("cancelled", 1).await;
    let delivered_too_late = desk.phone.text_event(&text, "sms:delivered");
    desk.event(&delivered_too_late).await;
    let status = customer.status(&failing).await;
    assert_ne!(status["smsStatus"], "delivered", "{status}");

    // The server dies while the phone has a text, and the text is sent once.
    let open = bought(&customer, "third").await;
    let text = desk.fetches().await;
    server.kill();
    let server = home.serve();
    let customer = Customer::of(&server);
    desk.base = server.url("");
    await_up(&customer).await;
    assert_eq!(desk.fetches().await["id"], text["id"]);
    desk.reports(&text, "Pending", None).await;
    for event in ["sms:sent", "sms:delivered", "sms:delivered"] {
        let event = desk.phone.text_event(&text, event);
        desk.event(&event).await;
    }
    customer.await_delivered(&open).await;
    let sim = listed(&home);
    let counts = ["sends", "sentToday", "dailyLimit"].map(|key| sim[key].clone());
    assert_eq!(counts, [json!(true), json!(3), json!(4)]);
    assert!(home.answer(&["phone", "list"]).contains("1: +4520000001, sent 3 of 4 today"));
    let texts = desk.json(&desk.phone.get("/message")).await;
    assert_eq!(texts, json!([]), "nothing was given twice");
    let log = home.logs();
    assert!(!log.contains("4520123456") && !log.contains("Hej"), "{log}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_text_that_no_phone_fetches_goes_by_the_next_carrier() {
    let home = home(BEFORE_THE_SANDBOX);
    let server = home.serve();
    let customer = Customer::of(&server);
    let desk = Desk::new(&home, &server).await;
    await_up(&customer).await;
    let order = bought(&customer, "Hej").await;
    customer.await_delivered(&order).await;
    let texts = desk.json(&desk.phone.get("/message")).await;
    assert_eq!(texts, json!([]), "it was withdrawn");
    assert_eq!(listed(&home)["sentToday"], 0);
    home.answer(&["phone", "sends", "desk", "1", "--stop"]);
    assert_eq!(listed(&home)["sends"], false);
    home.complaint(1, &["phone", "sends", "attic", "1"]);
    server.stop();
}

#[test]
fn a_section_that_cannot_work_is_refused_by_the_check() {
    for (line, why) in [
        ("countries = [\"UK\"]", "countries: \"UK\""),
        ("daily_limit = 0", "daily_limit: must be between 1 and 100000"),
        ("ttl_s = 1", "ttl_s: must be between 10 and 600"),
        ("phones = [\"desk/9\"]", "phones: \"desk/9\" names no SIM card"),
        ("limit = 1", "unknown field"),
    ] {
        let config = format!("[[carriers]]\nname = \"phones\"\nkind = \"phones\"\n{line}\n{ALONE}");
        let home = Home::with_config(&config);
        let told = home.run(&["check-config", "boltgram.toml"]);
        let text = [told.stdout, told.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert!(!told.status.success() && text.contains(why), "{line}: {text}");
    }
}
