//! The admin door's responses, success and refusals, for each kind of entity: snapshots show any change.

use serde_json::{Value, json};

use super::{Operator, house};
use crate::customer::Customer;

/// Requests and responses in order.
struct Transcript<'a> {
    ida: &'a Operator,
    text: String,
}

impl<'a> Transcript<'a> {
    const fn of(ida: &'a Operator) -> Self {
        Self { ida, text: String::new() }
    }

    async fn ask(&mut self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ida.call(method, path, body.clone()).await;
        self.note(method, path, &body, status, &answer);
        answer
    }

    async fn get(&mut self, path: &str) -> Value {
        self.ask("GET", path, Value::Null).await
    }

    async fn keyed(&mut self, path: &str, key: &str, body: Value) {
        let (status, answer) = self.ida.keyed(path, key, body.clone()).await;
        self.note("POST", path, &body, status, &answer);
    }

    fn note(&mut self, method: &str, path: &str, body: &Value, status: u16, answer: &Value) {
        let asked = if body.is_null() { String::new() } else { format!(" {body}") };
        let answer = match answer {
            Value::Null => String::new(),
            answer => format!("{:#}\n", without_chance(answer.clone(), "")),
        };
        self.text +=
            &format!("{method} {}{asked}\n{status}\n{answer}\n", path_without_chance(path));
    }
}

/// Replaces values that differ in each run: times, ids and keys.
fn without_chance(value: Value, name: &str) -> Value {
    match value {
        Value::Object(object) => {
            let fields = object.into_iter().map(|(name, value)| {
                let value = without_chance(value, &name);
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(list) => list.into_iter().map(|value| without_chance(value, name)).collect(),
        Value::String(text) if name == "at" || name.ends_with("At") || name == "paidUntil" => {
            assert!(text.ends_with('Z'), "{name}: {text}");
            "(time)".into()
        }
        Value::String(text) if name == "key" || text.len() == 64 => "(chance)".into(),
        Value::String(text) => path_without_chance(&text).into(),
        other => other,
    }
}

fn path_without_chance(path: &str) -> String {
    let is_chance =
        |part: &str| part.len() == 64 || (part.len() == 36 && part.matches('-').count() == 4);
    let parts = path.split_inclusive(['/', ':', '?']);
    let part = |part: &str| {
        let bare = part.trim_end_matches(['/', ':', '?']);
        if is_chance(bare) { part.replace(bare, "(id)") } else { part.to_owned() }
    };
    parts.map(part).collect()
}

async fn with_account() -> (crate::running::Home, crate::running::Running, Operator) {
    let (home, server, ida) = house();
    ida.done("POST", "/accounts", json!({"name": "acme", "creditMsat": 9_000_000})).await;
    (home, server, ida)
}

#[tokio::test]
async fn accounts() {
    let (_home, _server, ida) = house();
    let mut told = Transcript::of(&ida);
    let new = json!({"name": "acme", "creditMsat": 5_000});
    told.ask("POST", "/accounts", new.clone()).await;
    told.ask("POST", "/accounts", new).await;
    told.ask("POST", "/accounts", json!({"name": "no spaces"})).await;
    told.ask("POST", "/accounts", json!({"name": "b", "creditMsat": -1})).await;
    told.get("/accounts").await;
    told.get("/accounts?limit=501").await;
    told.ask("PUT", "/accounts/1/settings", json!({"refunds": "unsent", "spendPerDayMsat": 9}))
        .await;
    told.ask("PUT", "/accounts/1/settings", json!({"refunds": "never"})).await;
    told.ask("PUT", "/accounts/1/settings", json!({"callbackUrl": "ftp://acme.example"})).await;
    told.ask("PUT", "/accounts/1/settings", json!({"recipientsPerMessage": 0})).await;
    told.ask("PUT", "/accounts/9/settings", json!({})).await;
    told.get("/accounts/1").await;
    told.get("/accounts/9").await;
    told.ask("POST", "/accounts/1/credit", json!({"msat": 7})).await;
    told.ask("POST", "/accounts/1/credit", json!({"msat": 0})).await;
    told.ask("POST", "/accounts/9/credit", json!({"msat": 7})).await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn keys() {
    let (_home, _server, ida) = with_account().await;
    let mut told = Transcript::of(&ida);
    told.ask("POST", "/keys", json!({"account": 1, "scopes": ["sms:send"], "rate": 5})).await;
    told.ask("POST", "/keys", json!({"account": 9})).await;
    told.ask("POST", "/keys", json!({"account": 1, "scopes": ["all"]})).await;
    told.ask("POST", "/keys", json!({"account": 1, "scopes": ["*", "*"]})).await;
    told.ask("POST", "/keys", json!({"account": 1, "rate": 0})).await;
    told.ask("POST", "/keys", json!({"account": "acme"})).await;
    told.ask("POST", "/keys", json!({"scopes": []})).await;
    told.ask("POST", "/keys", json!({"account": 1, "scope": "*"})).await;
    told.ask("POST", "/keys/1/revoke", Value::Null).await;
    told.ask("POST", "/keys/9/revoke", Value::Null).await;
    told.get("/keys?account=1").await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn senders() {
    let (_home, _server, ida) = with_account().await;
    let mut told = Transcript::of(&ida);
    told.ask("POST", "/senders", json!({"account": 1, "name": "ACME"})).await;
    told.ask("POST", "/senders", json!({"account": 1, "name": "much too long a name"})).await;
    told.ask("POST", "/senders", json!({"account": 9, "name": "ACME"})).await;
    told.ask("POST", "/senders/1/share", json!({"shared": true})).await;
    told.ask("POST", "/senders/1/approve", json!({"note": "checked"})).await;
    told.ask("POST", "/senders/1/share", json!({"shared": true})).await;
    told.ask("POST", "/senders/1/reject", json!({})).await;
    told.ask("POST", "/senders/1/withdraw", json!({"note": "misused"})).await;
    told.ask("POST", "/senders", json!({"account": 1, "name": "ACME"})).await;
    let (path, no_body) = ("/senders/1/approve", String::new());
    let (status, answer) = ida.send("POST", path, "text/plain", no_body).await;
    told.note("POST", path, &Value::Null, status, &answer);
    told.ask("POST", "/senders/1/withdraw", json!({"note": 7})).await;
    told.ask("POST", "/senders/1/withdraw", json!({"note": "n".repeat(201)})).await;
    told.ask("POST", "/senders/1/withdraw", json!({})).await;
    told.ask("POST", "/senders/9/approve", json!({})).await;
    told.get("/senders?account=1&status=withdrawn").await;
    told.get("/senders?status=lost").await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn templates() {
    let (_home, _server, ida) = with_account().await;
    let mut told = Transcript::of(&ida);
    let (all, one) = ("/accounts/1/templates", "/accounts/1/templates/1");
    told.ask("POST", all, json!({"name": "hello", "text": "Hi {{name}}"})).await;
    told.ask("POST", all, json!({"name": "hello", "text": "Hi"})).await;
    told.ask("POST", all, json!({"name": " ", "text": "Hi"})).await;
    told.ask("POST", all, json!({"name": "empty", "text": ""})).await;
    told.ask("PUT", one, json!({"text": "Hello {{name}}"})).await;
    told.get(one).await;
    told.get(all).await;
    told.ask("DELETE", one, Value::Null).await;
    told.ask("DELETE", one, Value::Null).await;
    told.get("/accounts/9/templates").await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn numbers() {
    let (_home, _server, ida) = with_account().await;
    let mut told = Transcript::of(&ida);
    let (all, one) = ("/numbers", "/numbers/4512345678");
    let full = json!({
        "number": "+4512345678", "country": "DK", "can": ["receive", "lend"], "carrier": "sandbox",
        "account": 1, "webhookUrl": "http://127.0.0.1:8099/inbound", "helpText": "acme.example",
    });
    told.ask("POST", all, full.clone()).await;
    told.ask("POST", all, full).await;
    told.ask("POST", all, json!({"number": "1919"})).await;
    for (field, value) in [
        ("number", json!("19 19")),
        ("country", json!("dk")),
        ("can", json!(["call"])),
        ("can", json!(["lend"])),
        ("carrier", json!("nobody")),
        ("account", json!(9)),
        ("webhookUrl", json!("ftp://acme.example")),
        ("helpText", json!("acme.example")),
    ] {
        let mut wrong = json!({"number": "1920"});
        wrong[field] = value;
        told.ask("POST", all, wrong).await;
    }
    told.get(one).await;
    told.get("/numbers?account=1").await;
    told.get("/numbers?limit=1").await;
    told.get("/numbers?after=x").await;
    told.ask("PUT", one, json!({"country": "DK"})).await;
    told.ask("POST", &format!("{one}/disable"), Value::Null).await;
    told.ask("POST", &format!("{one}/enable"), Value::Null).await;
    told.ask("DELETE", one, Value::Null).await;
    told.ask("DELETE", one, Value::Null).await;
    told.ask("PUT", one, json!({})).await;
    told.get("/audit?action=number.change").await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn keywords() {
    let (_home, server, ida) = with_account().await;
    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    ida.done("POST", "/accounts/1/credit", json!({"msat": 400_000_000})).await;
    let shared = json!({"number": "1919", "can": ["receive", "send", "keywords"]});
    ida.done("POST", "/numbers", shared).await;
    let customer = Customer::of(&server);
    for word in ["pacman", "doom"] {
        let query = format!("user=acme&key={}&gateway=1919&keyword={word}", key.as_str().unwrap());
        let bought = customer.get(&format!("/api/4/buy/keyword/api.json?{query}")).await;
        assert_eq!(bought["success"], "BUY_SUCCESFUL", "{bought}");
    }
    let mut told = Transcript::of(&ida);
    told.get("/keywords?number=%2B1919&limit=1").await;
    told.get("/keywords?account=1&after=1").await;
    told.get("/keywords?account=2").await;
    told.get("/keywords?number=x").await;
    let one = "/keywords/1";
    told.ask("PUT", one, json!({"renews": false, "reply": "Tak!"})).await;
    told.ask("PUT", one, json!({"reply": " "})).await;
    told.ask("PUT", "/keywords/9", json!({})).await;
    told.ask("DELETE", one, Value::Null).await;
    told.ask("DELETE", one, Value::Null).await;
    told.get("/keywords").await;
    told.ask("POST", "/numbers", json!({"number": "1920", "can": ["send", "keywords"]})).await;
    let owned = json!({"number": "1920", "account": 1, "can": ["receive", "keywords"]});
    told.ask("POST", "/numbers", owned).await;
    told.get("/audit?action=keyword.change").await;
    told.get("/audit?action=keyword.end").await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn groups_and_contacts() {
    let (_home, _server, ida) = with_account().await;
    let mut told = Transcript::of(&ida);
    told.ask("POST", "/accounts/1/groups", json!({"name": "all"})).await;
    told.ask("POST", "/accounts/1/groups", json!({"name": "all"})).await;
    told.ask("PUT", "/accounts/1/groups/1", json!({"name": "everybody"})).await;
    let path = "/accounts/1/groups/1/contacts";
    for (method, kind, file) in [
        ("PUT", "text/csv", "phone,name,city\n0812345678,Ida,Odense\nnobody\n"),
        ("POST", "text/csv", "0812345679,Bo\n0812345678,Ida\n"),
        ("PUT", "text/csv", "{\"phone\": \"0812345678\"}"),
        ("PUT", "application/json", "{}"),
    ] {
        let (status, answer) = ida.send(method, path, kind, file.to_owned()).await;
        told.note(method, path, &json!(file), status, &answer);
    }
    told.get(path).await;
    told.get(&format!("{path}?after=x")).await;
    told.ask("DELETE", &format!("{path}/66812345679"), Value::Null).await;
    told.ask("DELETE", &format!("{path}/66812345679"), Value::Null).await;
    told.get("/accounts/1/groups").await;
    told.ask("DELETE", "/accounts/1/groups/1", Value::Null).await;
    told.get("/accounts/1/groups/1").await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn blocklist() {
    let (_home, _server, ida) = with_account().await;
    let mut told = Transcript::of(&ida);
    let numbers = json!(["0812345678", "+4520123456"]);
    let asked = json!({"account": 1, "numbers": numbers, "note": "asked for it"});
    told.ask("POST", "/blocklist", asked).await;
    told.ask("POST", "/blocklist", json!({"numbers": ["0812345678"]})).await;
    told.ask("POST", "/blocklist", json!({"numbers": ["12"]})).await;
    told.ask("POST", "/blocklist", json!({"account": 9, "numbers": numbers})).await;
    told.get("/blocklist?account=1&limit=1").await;
    told.get("/blocklist?number=66812345678").await;
    told.get("/blocklist?after=x").await;
    told.ask("POST", "/blocklist/remove", json!({"account": 1, "numbers": numbers})).await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn prices_and_routes() {
    let (_home, _server, ida) = with_account().await;
    let mut told = Transcript::of(&ida);
    let prices = json!([{"prefix": "", "msat": 100}, {"prefix": "66", "msat": 70}]);
    told.ask("PUT", "/prices", json!({"prices": prices})).await;
    let own = json!({"account": 1, "prices": [{"prefix": "668", "msat": 60}]});
    told.ask("PUT", "/prices", own).await;
    told.ask("PUT", "/prices", json!({"prices": [{"prefix": "06", "msat": 1}]})).await;
    told.ask("PUT", "/prices", json!({"prices": [{"prefix": "6", "msat": -1}]})).await;
    told.ask("PUT", "/prices", json!({"prices": [{"prefix": "6"}]})).await;
    told.ask("PUT", "/prices", json!({"prices": []})).await;
    told.ask("PUT", "/prices", json!({"account": 9, "prices": prices})).await;
    told.get("/prices?limit=1").await;
    told.get("/prices?limit=1&after=:").await;
    told.get("/prices?account=1").await;
    told.get("/quote?number=66812345678&account=1").await;
    told.get("/quote?number=66812345678").await;
    told.get("/quote?number=4520123456").await;
    told.get("/quote").await;
    told.get("/quote?number=66812345678&account=9").await;
    told.ask("POST", "/prices/remove", json!({"account": 1, "prefix": "668"})).await;
    told.ask("POST", "/prices/remove", json!({"account": 1, "prefix": "668"})).await;
    told.get("/routes").await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn orders_messages_and_refunds() {
    let (_home, server, ida) = with_account().await;
    ida.done("PUT", "/prices", json!({"prices": [{"prefix": "", "msat": 7}]})).await;
    ida.done("POST", "/senders", json!({"account": 1, "name": "ACME"})).await;
    ida.done("POST", "/senders/1/approve", json!({})).await;
    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    let customer = Customer::of(&server).with_key(key.as_str().unwrap());
    let code = json!({"phone": "+4520123456", "message": "1234", "immediate": true});
    let order = customer.post("/createsendorder", code).await;
    let order = format!("/orders/{}", order["orderId"].as_str().unwrap());
    let to = json!(["0812345678", "nobody"]);
    let many = json!({"sender": "ACME", "content": "hi", "msisdns": to});
    let many = customer.post("/api/v2/sms/send", many).await["uuid"].clone();
    let many = format!("/accounts/1/messages/{}", many.as_str().unwrap());
    super::refunds::until(&ida, &order, |order| order["status"] == "settled").await;
    super::refunds::until(&ida, &many, |message| message["status"] == "sent").await;

    let mut told = Transcript::of(&ida);
    told.keyed(&format!("{order}/refunds"), "a", json!({"msat": 1, "note": "too late"})).await;
    told.keyed(&format!("{order}/refunds"), "a", json!({"msat": 1, "note": "too late"})).await;
    told.keyed(&format!("{order}/refunds"), "a", json!({"note": "too late"})).await;
    told.keyed(&format!("{order}/refunds"), "b", json!({"msat": 1_000_000, "note": "x"})).await;
    told.keyed(&format!("{order}/refunds"), "b", json!({"msat": 1})).await;
    told.ask("POST", &format!("{order}/refunds"), json!({"note": "x"})).await;
    told.get(&order).await;
    told.get(&format!("{order}/refunds")).await;
    told.get("/orders/none").await;
    told.keyed(&format!("{many}/refunds"), "a", json!({"recipient": 0, "note": "wrong"})).await;
    told.keyed(&format!("{many}/refunds"), "b", json!({"recipient": 1, "note": "wrong"})).await;
    told.keyed(&format!("{many}/refunds"), "b", json!({"recipient": 2, "note": "wrong"})).await;
    told.get(&format!("{many}/refunds?recipient=0")).await;
    told.get(&many).await;
    told.get(&format!("{many}/recipients")).await;
    told.get(&format!("{many}/recipients?status=lost")).await;
    told.get("/accounts/1/messages?status=sent").await;
    told.get("/accounts/1/messages/none").await;
    told.get("/messages").await;
    told.get("/messages?status=lost").await;
    told.get("/recipients?number=66812345678").await;
    told.get("/recipients?limit=1").await;
    told.get("/recipients?from=yesterday").await;
    told.get("/audit?action=credit.refund").await;
    insta::assert_snapshot!(told.text);
}

#[tokio::test]
async fn operators_audit_and_what_is_not_there() {
    let (_home, _server, ida) = with_account().await;
    let mut told = Transcript::of(&ida);
    told.get("/operators").await;
    told.get("/audit").await;
    told.get("/audit?action=none").await;
    told.get("/nothing").await;
    told.ask("DELETE", "/operators", Value::Null).await;
    let nobody = Operator { key: "bgo_1".to_owned(), ..ida.clone() };
    let mut refused = Transcript::of(&nobody);
    refused.get("/audit").await;
    insta::assert_snapshot!(told.text + &refused.text);
}
