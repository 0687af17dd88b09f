//! An operator's client: every function of the admin door, through the real program and its store.

mod answers;
mod contact_files;
mod payouts;
mod refunds;
mod search;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::customer::Customer;
use super::running::{Home, Running};

#[derive(Clone)]
pub(crate) struct Operator {
    http: Client,
    base: String,
    key: String,
}

impl Operator {
    pub(crate) fn of(server: &Running, key: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: Client::new(), base: server.url("/admin/v1"), key }
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: String) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = request.bearer_auth(&self.key).header("content-type", kind).body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.send(method, path, "application/json", body.to_string()).await
    }

    /// A request with an idempotency key.
    async fn keyed(&self, path: &str, key: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.key);
        let answer = request.header("idempotency-key", key).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// A request that must succeed; returns the response.
    pub(crate) async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    async fn get(&self, path: &str) -> Value {
        self.done("GET", path, Value::Null).await
    }

    async fn refused(&self, method: &str, path: &str, body: Value) -> u16 {
        let (status, answer) = self.call(method, path, body).await;
        assert!(answer["code"].is_string() && answer["error"].is_string(), "{answer}");
        status
    }
}

pub(crate) async fn until_settled(ida: &Operator, order: &str) {
    refunds::until(ida, &format!("/orders/{order}"), |order| order["status"] == "settled").await;
}

fn house() -> (Home, Running, Operator) {
    let home = Home::bare();
    let key = home.answer(&["operator", "add", "Ida"]);
    assert!(key.starts_with("bgo_") && key.lines().count() == 1, "the key alone");
    let server = home.serve();
    let ida = Operator::of(&server, key);
    (home, server, ida)
}

#[tokio::test]
async fn keeps_a_house_from_the_first_account_to_the_last_line_of_the_log() {
    let (home, server, ida) = house();
    let made =
        ida.done("POST", "/accounts", json!({"name": "acme", "creditMsat": 5_000_000})).await;
    assert_eq!((&made["id"], &made["availableMsat"]), (&json!(1), &json!(5_000_000)));
    assert_eq!(ida.refused("POST", "/accounts", json!({"name": "acme"})).await, 409);
    let given = ida.done("POST", "/accounts/1/credit", json!({"msat": 1_000})).await;
    assert_eq!(given["availableMsat"], 5_001_000);
    for (msat, status) in [(1_000, 200), (1_000, 200), (2_000, 422)] {
        let (told, answer) = ida.keyed("/accounts/1/credit", "may", json!({"msat": msat})).await;
        assert_eq!(told, status, "{answer}");
        assert!(status == 422 || answer["availableMsat"] == 5_002_000, "{answer}");
    }
    assert_eq!(ida.refused("POST", "/accounts/9/credit", json!({"msat": 1_000})).await, 404);
    let settings = json!({"refunds": "unsent", "recipientsPerMessage": 3});
    ida.done("PUT", "/accounts/1/settings", settings).await;
    let acme = ida.get("/accounts/1").await;
    assert_eq!(acme["settings"]["recipientsPerMessage"], 3);

    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    let customer = Customer::of(&server).with_key(key.as_str().unwrap());
    let wanted = ida.done("POST", "/senders", json!({"account": 1, "name": "ACME"})).await;
    assert_eq!(
        (&wanted["status"], &wanted["decidedBy"]),
        (&json!("requested"), &json!("operator:1"))
    );
    let send = |to: Value| json!({"sender": "ACME", "content": "hi", "msisdns": to});
    let early = customer.post("/api/v2/sms/send", send(json!(["0812345678"]))).await;
    assert_eq!(early["code"], "SENDER_NOT_APPROVED");
    ida.done("POST", "/senders/1/approve", json!({"note": "checked"})).await;
    assert_eq!(ida.refused("POST", "/senders/1/reject", json!({})).await, 409);
    ida.done("POST", "/senders/1/share", json!({"shared": true})).await;
    let senders = customer.get("/api/v2/senders").await;
    let expected = json!([{"id": 1, "name": "ACME", "status": "approved", "shared": true}]);
    assert_eq!(senders["data"], expected);

    ida.done("PUT", "/prices", json!({"prices": [{"prefix": "66", "msat": 7}]})).await;
    ida.done("PUT", "/prices", json!({"account": 1, "prices": [{"prefix": "668", "msat": 5}]}))
        .await;
    ida.done("POST", "/blocklist", json!({"account": 1, "numbers": ["0812345679"]})).await;
    let to = json!(["0812345678", "0812345679", "0912345678"]);
    let sent = customer.post("/api/v2/sms/send", send(to.clone())).await;
    let uuid = sent["uuid"].as_str().unwrap_or_else(|| panic!("{sent}"));
    let message = ida.get(&format!("/accounts/1/messages/{uuid}")).await;
    assert_eq!((&message["recipients"], &message["priceMsat"]), (&json!(3), &json!(12)));
    let blocked = ida.get(&format!("/accounts/1/messages/{uuid}/recipients?status=blocked")).await;
    assert_eq!(blocked["data"][0]["address"], "66812345679");
    let many = json!(["0812345671", "0812345672", "0812345673", "0812345674"]);
    let many = customer.post("/api/v2/sms/send", send(many)).await;
    assert!(many["error"].as_str().unwrap().contains("at most 3 numbers"), "{many}");
    ida.done("POST", "/blocklist/remove", json!({"account": 1, "numbers": ["0812345679"]})).await;
    assert_eq!(ida.get("/blocklist").await["data"], json!([]));
    // What the list prints is read back, also a number that is only possible, and its legacy form.
    let numbers = json!(["+4520123456", "+4512345678", "+5215512345678"]);
    ida.done("POST", "/blocklist", json!({"numbers": numbers})).await;
    let printed = ida.get("/blocklist").await;
    let printed: Vec<_> =
        printed["data"].as_array().unwrap().iter().map(|entry| &entry["number"]).collect();
    assert_eq!(printed, ["4512345678", "4520123456", "525512345678"]);
    let removed = ida.done("POST", "/blocklist/remove", json!({"numbers": printed})).await;
    assert_eq!(removed["unblocked"], 3);

    ida.done("POST", "/keys/1/revoke", Value::Null).await;
    assert!(ida.get("/keys?account=1").await["data"][0]["revokedAt"].is_string());
    let log = ida.get("/audit?limit=3").await;
    let actions = |log: &Value| {
        let rows = log["data"].as_array().unwrap().iter();
        rows.map(|row| row["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(actions(&log), ["key.revoke", "block.remove", "block.add"]);
    assert!(log["data"].as_array().unwrap().iter().all(|row| row["by"] == "operator:1"));
    let rest = ida.get(&format!("/audit?after={}", log["next"])).await;
    let first = ["account.add", "operator.add"].map(str::to_owned);
    assert_eq!(actions(&rest)[actions(&rest).len() - 2..], first);
    assert_eq!(rest["next"], Value::Null);
    assert_eq!(rest["data"].as_array().unwrap().last().unwrap()["by"], "command-line");
    assert!(!home.logs().contains("bgo_") && !home.logs().contains("812345678"));
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));

    home.answer(&["operator", "revoke", "1"]);
    assert_eq!(ida.refused("GET", "/audit", Value::Null).await, 401);
    assert!(home.answer(&["operator", "list"]).contains("revoked"));
    server.stop();
}

#[tokio::test]
async fn a_template_and_a_group_from_a_file_are_sent_to() {
    let (_home, server, ida) = house();
    ida.done("POST", "/accounts", json!({"name": "acme", "creditMsat": 1_000_000_000})).await;
    ida.done("PUT", "/prices", json!({"prices": [{"prefix": "", "msat": 1}]})).await;
    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    ida.done("POST", "/senders", json!({"account": 1, "name": "ACME"})).await;
    ida.done("POST", "/senders/1/approve", json!({})).await;
    let text = json!({"name": "hello", "text": "Hi {{name}}"});
    ida.done("POST", "/accounts/1/templates", text.clone()).await;
    assert_eq!(ida.refused("POST", "/accounts/1/templates", text).await, 409);
    ida.done("PUT", "/accounts/1/templates/1", json!({"text": "Hello {{name}}"})).await;
    assert_eq!(ida.get("/accounts/1/templates/1").await["text"], "Hello {{name}}");
    ida.done("POST", "/accounts/1/groups", json!({"name": "all"})).await;

    let lines = (0..5_000).map(|n| format!("081{:07},Somebody,Bangkok\n", 2_000_000 + n));
    let file = format!("phone,name,city\n{}0812000000\nnobody\n", lines.collect::<String>());
    let path = "/accounts/1/groups/1/contacts";
    let (status, told) = ida.send("PUT", path, "text/csv; charset=utf-8", file).await;
    assert_eq!(status, 200, "{told}");
    let told =
        ["lines", "added", "repeated", "invalid", "firstInvalid"].map(|name| told[name].clone());
    assert_eq!(json!(told), json!([5_002, 5_000, 1, 1, [5_003]]));
    let page = ida.get(&format!("{path}?limit=2")).await;
    assert_eq!(
        (&page["data"][1]["number"], &page["next"]),
        (&json!("66812000001"), &json!("66812000001"))
    );
    assert_eq!(page["data"][0]["fields"]["city"], "Bangkok");
    let (_, more) = ida.send("POST", path, "text/csv", "0812999999,Bo".to_owned()).await;
    assert_eq!((&more["added"], &more["group"]["contacts"]), (&json!(1), &json!(5_001)));
    ida.done("DELETE", &format!("{path}/66812999999"), Value::Null).await;
    assert_eq!(ida.refused("DELETE", &format!("{path}/66812999999"), Value::Null).await, 404);
    let (status, _) = ida.send("POST", path, "application/json", "{}".to_owned()).await;
    assert_eq!(status, 400);
    for no_contacts in ["{\"phone\": \"0812345678\"}", "phone,name\n", "Ida,081234567x\n\n"] {
        let (status, told) = ida.send("PUT", path, "text/csv", no_contacts.to_owned()).await;
        assert_eq!((status, &told["code"]), (400, &json!("INVALID_PARAMS")), "{told}");
    }
    assert_eq!(ida.get("/accounts/1/groups/1").await["contacts"], 5_000, "none is emptied so");

    let customer = Customer::of(&server).with_key(key.as_str().unwrap());
    let send = json!({"sender": "ACME", "templateId": 1, "variables": {"name": "Toon"}, "contactGroupId": 1});
    let sent = customer.post("/api/v2/sms/send", send).await;
    assert_eq!(sent["total"], 5_000, "{sent}");
    let uuid = sent["uuid"].as_str().unwrap();
    let stored = customer.get(&format!("/api/v2/sms/{uuid}")).await;
    assert_eq!(stored["content"], "Hello Toon");
    ida.done("DELETE", "/accounts/1/groups/1", Value::Null).await;
    ida.done("DELETE", "/accounts/1/templates/1", Value::Null).await;
    let gone = customer
        .post("/api/v2/sms/send", json!({"sender": "ACME", "content": "x", "contactGroupId": 1}));
    assert_eq!(gone.await["code"], "NOT_FOUND");
    server.stop();
}

#[tokio::test]
async fn who_answers_stop_in_the_operators_words_is_on_the_blocklist() {
    let home = Home::with_config("[inbound]\nstop_words = [\"AFMELD\"]\n");
    let key = home.answer(&["operator", "add", "Ida"]);
    let server = home.serve();
    let ida = Operator::of(&server, key);
    let says = |text: &str| json!({"from": "4520123456", "to": "1919", "text": text});
    let anybody = Customer::of(&server);
    anybody.post("/sandbox/receive", says("afmeld!")).await;
    let blocked = ida.get("/blocklist?number=4520123456").await;
    let entry = &blocked["data"][0];
    assert_eq!((&entry["keyword"], &entry["by"]), (&json!("AFMELD"), &json!("recipient")));
    assert_eq!(entry["account"], Value::Null, "the number has no account");
    assert!(entry["inbound"].is_string());
    anybody.post("/sandbox/receive", says("Start")).await;
    assert_eq!(ida.get("/blocklist").await["data"], json!([]));
    server.stop();
}

#[tokio::test]
async fn an_opt_out_is_understood_in_every_spelling_and_proved() {
    let home = Home::with_config(
        "[inbound]\nstop_words = [\"SLUT NU\"]\n\
         [numbers]\naccept = \"possible\"\n\
         [[numbers.own]]\nnumber = \"1919\"\ncountry = \"DK\"\n\
         [[numbers.own]]\nnumber = \"1920\"\ncan = [\"receive\", \"lend\"]\n\
         [[numbers.own]]\nnumber = \"1921\"\nkeywords = [\"cancel\"]\n",
    );
    let key = home.answer(&["operator", "add", "Ida"]);
    let server = home.serve();
    let ida = Operator::of(&server, key);
    let anybody = Customer::of(&server);
    for (from, to, text, number) in [
        ("4520000001", "1919", "REVOKE", Some("4520000001")),
        ("4520000002", "1919", "opt out", Some("4520000002")),
        ("4520000003", "1919", "\u{1F6D1} OptOut!", Some("4520000003")),
        ("4520000004", "1919", "slut nu, tak", Some("4520000004")),
        ("4520000005", "1919", "\u{3A3}\u{3C4}\u{3BF}\u{3C0}", Some("4520000005")),
        ("4520000006", "1919", "\u{131}ptal", Some("4520000006")),
        // The number's country, and a legacy form.
        ("20111224", "1919", "STOP", Some("4520111224")),
        ("5215512345678", "1919", "STOP", Some("525512345678")),
        ("4520000007", "1919", "Ende gut, alles gut", None),
        ("4520000008", "1920", "STOP", None),
        ("4520000009", "1921", "Cancel 17:30", None),
        ("4520000010", "1921", "STOP", Some("4520000010")),
    ] {
        let said = json!({"from": from, "to": to, "text": text});
        anybody.post("/sandbox/receive", said).await;
        let Some(number) = number else {
            let blocked = ida.get(&format!("/blocklist?number={from}")).await;
            assert_eq!(blocked["data"], json!([]), "{text}");
            continue;
        };
        let blocked = ida.get(&format!("/blocklist?number={number}")).await;
        let entry = &blocked["data"][0];
        assert_eq!((&entry["text"], &entry["to"]), (&json!(text), &json!(to)), "{blocked}");
        assert_eq!((&entry["number"], &entry["carrier"]), (&json!(number), &json!("sandbox")));
    }
    server.stop();
}
