//! Numbers for one code: lists, orders, their status, and their end.

use std::fmt::Write as _;
use std::time::Duration;

use api::Events;
use domain::activation::{CountryCode, NumberRequest};
use domain::ports::Snapshot;
use domain::sale::fulfilment::Fulfilment;
use engine::OrderSettings;
use engine::activations::ScanRules;
use engine::events::RenderEvent;

use crate::house::{Open, sats};
use crate::openapi::conforms;
use crate::supplier::*;

const TELEGRAM: &str = r#"{"country":43,"service":"tg"}"#;

async fn open() -> Open {
    selling().await.open_as(Default::default()).await
}

#[tokio::test]
async fn without_a_supplier_lists_are_empty_and_orders_refused() {
    let open = Open::new().await;
    for path in [
        "/getnumbersstatus?country=187",
        "/getNumbersStatus?country=Haiti",
        "/getServices?country=0",
        "/getRentalCountries",
        "/getrentalcountries?service=full",
    ] {
        let answer = open.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "[]"), "{path}");
    }
    insta::assert_snapshot!("none_sold", open.post("/createorder", TELEGRAM).await);
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn lists_show_what_can_be_acquired() {
    let open = open().await;
    let mut shown = String::new();
    for path in [
        "/getnumbersstatus?country=187",
        "/getnumbersstatus?country=999",
        // For the price nobody lends one there.
        "/getnumbersstatus?country=22",
        "/getnumbersstatus?country=Haiti",
        "/getServices?country=43",
        "/getRentalCountries",
        "/getRentalCountries?service=telegram",
        "/getRentalCountries?service=wx",
        "/getnumbersstatus?country=atlantis",
        "/getServices?country=17",
        "/getRentalCountries?service=mess",
    ] {
        let answer = open.get(path).await;
        conforms("GET", path, &answer);
        writeln!(shown, "{path}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn icons_of_services_are_served() {
    let open = open().await;
    let list = open.get("/getnumbersstatus?country=43").await.json();
    let src = list[0]["image"]["src"].as_str().unwrap();
    let icon = open.get(src).await;
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/svg+xml")));
    assert_eq!(icon.header("cache-control"), Some("public, max-age=86400"));
    assert!(icon.body.starts_with("<svg ") && icon.body.ends_with("</svg>"), "{icon}");
    for path in ["/assets/saimages/zz0.svg", "/assets/saimages/..%2f..%2fetc", "/assets/saimages/"]
    {
        assert_eq!(open.get(path).await.status, 404, "{path}");
    }
}

/// As real clients send them (contracts of lntxbot, lnvpn, Blitz and sms4sats-web).
#[tokio::test]
async fn orders_as_clients_send_them() {
    let open = open().await;
    for (body, country, service) in [
        (TELEGRAM, Some(43), "tg"),
        (r#"{"country":999,"service":"vk","ref":"me@example.com"}"#, None, "vk"),
        (r#"{"country":"germany","service":"other","ref":""}"#, Some(43), "ot"),
        (r#"{"country":"usa","service":"telegram"}"#, Some(187), "tg"),
        (
            r#"{"country":"USA","service":"vk","isRental":false,"realphone":false,"ref":"a@b.c"}"#,
            Some(187),
            "vk",
        ),
        (r#"{"country":"Auto-Select","service":"tg","ref":null}"#, None, "tg"),
        (r#"{"country":"43","service":"Telegram","isRental":"false"}"#, Some(43), "tg"),
        (r#"{"country":"DE","service":"telegr","webhookUrl":""}"#, Some(43), "tg"),
        (r#"{"country":43,"service":"none","duration":""}"#, Some(43), "none"),
    ] {
        let answer = open.post("/createorder", body).await;
        assert_eq!(answer.status, 200, "{body}: {answer}");
        conforms("POST", "/createorder", &answer);
        // 30u are 3,000 sats.
        assert!(answer.json()["payreq"].as_str().unwrap().starts_with("lnbcrt30000n1"), "{answer}");
        let order = open.house.store.order(order_of(&answer)).await.unwrap().unwrap();
        let wanted = NumberRequest::for_code(service.parse().unwrap(), country.map(CountryCode));
        assert_eq!(order.fulfilment, Fulfilment::number(wanted), "{body}");
    }
    // A form, as curl sends one.
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = open.call("POST", "/createorder", &headers, "country=43&service=tg").await;
    assert_eq!(answer.status, 200, "{answer}");
}

#[tokio::test]
async fn refuses_what_cannot_be_sold() {
    let open = open().await;
    let mut shown = String::new();
    for body in [
        "{}",
        r#"{"country":43}"#,
        r#"{"service":"tg"}"#,
        r#"{"country":0,"service":"tg"}"#,
        r#"{"country":22,"service":"tg"}"#,
        r#"{"country":43,"service":"wx"}"#,
        r#"{"country":"atlantis","service":"tg"}"#,
        r#"{"country":43,"service":"zz"}"#,
        r#"{"country":43,"service":"mess"}"#,
        r#"{"country":43,"service":"full"}"#,
        r#"{"country":43,"service":"tg","duration":"1w"}"#,
        r#"{"country":43,"service":"tg","realphone":true}"#,
        r#"{"country":43,"service":"tg","isRental":"perhaps"}"#,
        r#"{"country":43,"service":"tg","isRental":true,"duration":"10m"}"#,
        r#"{"country":43,"service":"tg","isRental":true,"duration":"100w"}"#,
        r#"{"country":43,"service":"tg","immediate":true}"#,
        r#"{"country":43,"service":"tg","webhookEvents":"some"}"#,
        r#"{"country":43,"service":"tg","extends":"00"}"#,
        r#"{"country":-1,"service":"tg"}"#,
        r#"{"country":[43],"service":"tg"}"#,
    ] {
        let answer = open.post("/createorder", body).await;
        writeln!(shown, "{body}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(shown);
    assert_eq!(open.changes(), 0);
    let answer = open.post_with_key("/createorder", "bg_none", TELEGRAM).await;
    assert_eq!(answer.status, 401, "the caller believes to act for an account: {answer}");
}

#[tokio::test]
async fn a_key_needs_credit_and_the_scope() {
    let house = selling().await;
    let key = house.key(sats(5_000), "*", None).await;
    let sender = house.key_of(house.account(), "sms:send").await;
    let open = house.open_as(Default::default()).await;
    assert_eq!(open.post_with_key("/createorder", &sender, TELEGRAM).await.status, 403);
    buy(&open, &key, TELEGRAM).await;
    assert_eq!(open.house.available().await, sats(2_000));
    let body = r#"{"country":43,"service":"tg","immediate":true}"#;
    insta::assert_snapshot!("insufficient", open.post_with_key("/createorder", &key, body).await);
}

#[tokio::test]
async fn a_repeat_with_a_key_buys_once() {
    let open = open().await;
    let call = |body: &'static str| {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "k1")];
        let open = &open;
        async move { open.call("POST", "/createorder", &headers, body).await }
    };
    let first = call(TELEGRAM).await;
    assert_eq!(call(TELEGRAM).await.body, first.body);
    assert_eq!(call(r#"{"country":43,"service":"vk"}"#).await.status, 422);
}

#[tokio::test]
async fn tells_every_state_of_a_number() {
    let house = selling().await;
    let key = house.key(sats(100_000), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let house = &open.house;
    let mut shown = String::new();
    let unpaid = order_of(&open.post("/createorder", TELEGRAM).await);
    let [paid, waiting, coded, unread, empty, late] = {
        let mut orders = Vec::new();
        for _ in 0..6 {
            orders.push(buy(&open, &key, TELEGRAM).await);
        }
        orders.try_into().unwrap()
    };
    for order in [waiting, coded, unread, late] {
        assign(house, order).await;
    }
    bring(house, coded, "1", "Telegram code: 04801").await;
    bring(house, unread, "1", "Hello from nobody").await;
    ask(house, empty).await;
    no_number(house, empty).await;
    house.clock.advance(Duration::from_secs(120));
    assert_eq!(open.get(&format!("/cancelorder?orderId={late}")).await.status, 200);
    for (state, order) in [
        ("unpaid", unpaid),
        ("paid", paid),
        ("waiting", waiting),
        ("code", coded),
        ("text without a code", unread),
        ("no number", empty),
        ("cancelled", late),
    ] {
        let answer = open.get(&format!("/orderstatus?orderId={order}")).await;
        conforms("GET", "/orderstatus", &answer);
        writeln!(shown, "{state}\n  {} {}", answer.status, answer.body).unwrap();
        // A webhook brings the same, and the order's id.
        let snapshot = house.engine.orders.snapshot(order).await.unwrap().unwrap();
        let mut body: serde_json::Value =
            serde_json::from_slice(&Events.body(&Snapshot::Order(snapshot))).unwrap();
        let id = body.as_object_mut().unwrap().remove("orderId").unwrap();
        assert_eq!(id, order.to_string());
        assert_eq!(body, answer.json(), "{state}");
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn a_number_is_cancelled_from_two_minutes_on_and_never_after_its_code() {
    let house = selling().await;
    let key = house.key(sats(100_000), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let cancel = |order| {
        let open = &open;
        async move { open.get(&format!("/cancelorder?orderId={order}")).await }
    };
    let at_once = buy(&open, &key, TELEGRAM).await;
    let body = format!(r#"{{"orderId":"{at_once}"}}"#);
    assert_eq!(open.post("/cancelorder", &body).await.status, 200);
    assert_eq!(open.house.available().await, sats(100_000));
    let order = buy(&open, &key, TELEGRAM).await;
    assign(&open.house, order).await;
    insta::assert_snapshot!("too_early", cancel(order).await);
    let with_code = buy(&open, &key, TELEGRAM).await;
    assign(&open.house, with_code).await;
    bring(&open.house, with_code, "1", "Telegram code: 48010").await;
    open.house.clock.advance(Duration::from_secs(120));
    assert_eq!(cancel(order).await.status, 200);
    assert_eq!(open.house.available().await, sats(97_000));
    insta::assert_snapshot!("code_came", cancel(with_code).await);
    assert_eq!(open.get(&format!("/cancelorder?orderId={}", "0".repeat(64))).await.status, 404);
}

#[tokio::test]
async fn success_rates_are_shown_and_buyers_without_codes_slowed() {
    let scans = ScanRules { success_percent_min: 40, ended_min: 3, pause: Duration::from_secs(60) };
    let house = selling_with(OrderSettings { scans, ..Default::default() }).await;
    let key = house.key(sats(100_000), "*", None).await;
    let other = house.key(sats(100_000), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let mut orders = Vec::new();
    for _ in 0..3 {
        orders.push(buy(&open, &key, TELEGRAM).await);
        assign(&open.house, *orders.last().unwrap()).await;
    }
    bring(&open.house, orders[0], "1", "Telegram code: 48010").await;
    let coded = activation(&open.house, orders[0]).await;
    open.house.clock.advance(Duration::from_secs(120));
    for order in &orders[1..] {
        assert_eq!(open.get(&format!("/cancelorder?orderId={order}")).await.status, 200);
    }
    open.house.engine.activations.finish(coded.id, None).await.unwrap();
    let list = open.get("/getnumbersstatus?country=43").await.json();
    let telegram = list.as_array().unwrap().iter().find(|row| row["key"] == "tg").unwrap();
    assert_eq!(telegram["success"], serde_json::json!({"percent": 33, "of": 3}));
    // The pause counts from the last number.
    let next = buy(&open, &key, TELEGRAM).await;
    let body = r#"{"country":43,"service":"tg","immediate":true}"#;
    let slowed = open.post_with_key("/createorder", &key, body).await;
    assert_eq!((slowed.status, slowed.header("retry-after")), (429, Some("60")), "{slowed}");
    assert_eq!(open.post_with_key("/createorder", &other, body).await.status, 200);
    open.house.clock.advance(Duration::from_secs(60));
    assert_eq!(open.post_with_key("/createorder", &key, body).await.status, 200);
    assert_ne!(next, orders[0]);
}
