//! The doors' OpenAPI document, compared with the router and with responses.

use std::collections::BTreeSet;

use domain::inbound::{InboundContent, Octets};
use domain::limits;
use serde_json::Value;

use crate::accounts::funded;
use crate::client::Answer;
use crate::house::Open;
use crate::schema::check;
use crate::webhooks::came_in;

pub(crate) fn document() -> Value {
    serde_json::from_str(include_str!("../../openapi/doors.json")).unwrap()
}

#[test]
fn says_how_many_orders_one_may_have() {
    let text = document()["info"]["description"].as_str().unwrap().to_owned();
    let (open, held) = (limits::ORDERS_OPEN_PER_CLIENT_MAX, limits::ORDERS_HELD_PER_CLIENT_MAX);
    let said = format!("{open} orders that wait for payment and {held} that are paid");
    assert!(text.contains(&said), "{text}");
}

type Route = (String, String);

/// `(method, path)` of every operation, the path as clients write it.
fn documented() -> Vec<Route> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let methods: Vec<_> = item.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

/// The routes in a door's `routes.rs`.
fn routed(door: &str) -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    for route in door.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        for (word, method) in [("get(", "GET"), ("post(", "POST")] {
            if route.contains(word) {
                routes.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    assert!(routes.len() > 12, "{routes:?}");
    routes
}

#[test]
fn has_every_route_and_no_other() {
    let documented: BTreeSet<_> =
        documented().into_iter().map(|(method, path)| (method, path.to_lowercase())).collect();
    let mut routes = routed(include_str!("../../src/orders/routes.rs"));
    routes.extend(routed(include_str!("../../src/bulk/routes.rs")));
    assert_eq!(documented, routes);
}

#[tokio::test]
async fn every_documented_operation_answers() {
    let open = Open::new().await;
    for (method, path) in documented() {
        let path = path.replace("{file}", "tg0.svg");
        let status = open.call(&method, &path, &[], "").await.status;
        assert!(![404, 405].contains(&status), "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn is_served() {
    let open = Open::new().await;
    let answer = open.get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), document());
}

/// Validates a response against the operation's schema for its status; `path` is a documented one.
pub(crate) fn conforms(method: &str, path: &str, answer: &Answer) {
    let document = document();
    let bare = path.split('?').next().unwrap();
    let responses = &document["paths"][bare][method.to_lowercase()]["responses"];
    let status = answer.status.to_string();
    let response = responses.get(&status).unwrap_or(&responses["default"]);
    let response = crate::schema::resolve(&document, response);
    let schema = &response["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{method} {path} {status} is not documented");
    if let Err(wrong) = check(&document, schema, &answer.json()) {
        panic!("{method} {path} {status}: {wrong}\n{answer}");
    }
}

#[tokio::test]
async fn answers_are_as_documented() {
    let (open, key) = funded().await;
    let send = r#"{"phone":"+4520123456","message":"hi","webhookUrl":"https://a.example"}"#;
    let now = r#"{"phone":"+4520123456","message":"hi","immediate":true}"#;
    let mail = r#"{"address":"a@b.com","message":"hi"}"#;
    let paid = open.post_with_key("/createsendorder", &key, now).await;
    let unpaid = open.post("/createsendorder", send).await.json();
    let status =
        |answer: &Value| format!("/orderstatus?orderId={}", answer["orderId"].as_str().unwrap());
    let (paid, unpaid, cancel) = (
        status(&paid.json()),
        status(&unpaid),
        status(&unpaid).replace("/orderstatus", "/cancelorder"),
    );
    for (method, path, expected, body) in [
        ("GET", "/", 200, ""),
        ("GET", "/openapi.json", 200, ""),
        ("GET", "/price", 200, ""),
        ("GET", "/price?country=us&service=google", 200, ""),
        ("GET", "/price?country=atlantis", 400, ""),
        ("GET", "/getPrice", 200, ""),
        ("GET", "/getCountries", 200, ""),
        ("GET", "/getnumbersstatus?country=187", 200, ""),
        ("GET", "/getServices", 200, ""),
        ("GET", "/getRentalCountries", 200, ""),
        ("POST", "/createorder", 400, "{}"),
        ("POST", "/createsendorder", 200, send),
        ("POST", "/createsendorder", 200, now),
        ("POST", "/createsendorder", 400, "{}"),
        ("POST", "/createemailsendorder", 200, mail),
        ("GET", &paid, 200, ""),
        ("GET", &unpaid, 200, ""),
        ("GET", "/orderstatus", 400, ""),
        ("GET", &cancel, 200, ""),
        ("GET", &cancel, 409, ""),
        ("GET", &unpaid, 200, ""),
        ("POST", "/cancelorder", 400, "{}"),
        ("POST", "/fund", 200, r#"{"amount":1000}"#),
        ("GET", "/balance", 200, ""),
        ("GET", "/history", 200, ""),
    ] {
        let answer = open.call(method, path, &[("X-API-Key", &key)], body).await;
        assert_eq!(answer.status, expected, "{method} {path}: {answer}");
        conforms(method, path, &answer);
    }
    for path in ["/balance", "/history"] {
        conforms("GET", path, &open.get(path).await);
    }
}

#[test]
fn webhooks_are_as_documented() {
    let document = document();
    let octets = InboundContent::Octets(Octets::new(vec![0]));
    for (schema, body) in [
        ("Event", crate::webhooks::failed()),
        ("Inbound", came_in(InboundContent::Text("stop".into()), vec![2])),
        ("Inbound", came_in(octets, vec![])),
    ] {
        let body: Value = serde_json::from_str(&body).unwrap();
        let schema = &document["components"]["schemas"][schema];
        assert_eq!(check(&document, schema, &body), Ok(()));
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_response_is_described() {
    fn walk(document: &Value, at: &Value) {
        if let Some(object) = at.as_object() {
            if object.contains_key("$ref") {
                assert!(crate::schema::resolve(document, at).is_object(), "{at}");
            }
            let responses = object.get("responses").and_then(Value::as_object);
            for response in responses.into_iter().flat_map(|responses| responses.values()) {
                let response = crate::schema::resolve(document, response);
                if response.get("content").is_some() {
                    assert!(response["description"].is_string(), "{response}");
                }
            }
            object.values().for_each(|value| walk(document, value));
        }
        if let Some(list) = at.as_array() {
            list.iter().for_each(|value| walk(document, value));
        }
    }
    let document = document();
    walk(&document, &document);
}
