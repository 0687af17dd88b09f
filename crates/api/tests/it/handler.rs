//! The handler door: who is let in, what is refused, and its form. What it sells is tested with suppliers, in
//! `crates/boltgram/tests/it/handler/`.

use std::collections::BTreeSet;

use api::HttpSettings;
use domain::money::Msat;
use serde_json::Value;

use crate::client::Answer;
use crate::house::{House, Open, sats};

const PATH: &str = "/stubs/handler_api.php";

struct Shop {
    open: Open,
    key: String,
}

impl Shop {
    async fn new() -> Self {
        let house = House::new().await;
        let key = house.key(sats(1_500), "sms:receive", None).await;
        Self { open: house.open_as(HttpSettings::default()).await, key }
    }

    async fn get(&self, parameters: &str) -> Answer {
        self.open.get(&format!("{PATH}?api_key={}&{parameters}", self.key)).await
    }
}

fn text(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    &answer.body
}

#[tokio::test]
async fn a_key_of_an_account_opens_it() {
    let shop = Shop::new().await;
    assert_eq!(text(&shop.get("action=getBalance").await), "ACCESS_BALANCE:1500.00");
    assert_eq!(text(&shop.get("action=getBalanceAndCashBack").await), "ACCESS_BALANCE:1500.00");
    let any = shop.open.house.key_of(shop.open.house.account(), "*").await;
    let of_texts = shop.open.house.key_of(shop.open.house.account(), "sms:send").await;
    for (query, word) in [
        (format!("?api_key={any}&action=getBalance"), "ACCESS_BALANCE:1500.00"),
        (format!("?api_key={of_texts}&action=getBalance"), "BAD_KEY"),
        ("?api_key=bg_none&action=getBalance".to_owned(), "BAD_KEY"),
        ("?api_key=&action=getBalance".to_owned(), "NO_KEY"),
        ("?action=getBalance".to_owned(), "NO_KEY"),
        (String::new(), "NO_KEY"),
    ] {
        let answer = shop.open.get(&format!("{PATH}{query}")).await;
        assert_eq!(text(&answer), word, "{query}");
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("api_key={}&action=getBalance", shop.key);
    let answer = shop.open.call("POST", &format!("{PATH}?action=getCountries"), &form, &body).await;
    assert_eq!(text(&answer), "ACCESS_BALANCE:1500.00", "the form wins");
}

#[tokio::test]
async fn amounts_are_in_the_configured_unit() {
    let house = House::new().await;
    let key = house.key(sats(1_000), "*", None).await;
    let settings = HttpSettings { handler_unit: Msat::new(1_500_000), ..HttpSettings::default() };
    let shop = Shop { open: house.open_as(settings).await, key };
    assert_eq!(text(&shop.get("action=getBalance").await), "ACCESS_BALANCE:0.66");
}

#[tokio::test]
async fn every_refusal_is_a_word_with_status_200() {
    let shop = Shop::new().await;
    for (parameters, word) in [
        ("", "BAD_ACTION"),
        ("action=nosuch", "BAD_ACTION"),
        ("action=getQiwiRequisites", "BAD_ACTION"),
        ("action=getNumber", "BAD_SERVICE"),
        ("action=getNumber&service=Telegram", "BAD_SERVICE"),
        ("action=getNumber&service=full", "BAD_SERVICE"),
        ("action=getPrices&service=full", "BAD_SERVICE"),
        ("action=getTopCountriesByService&service=full", "BAD_SERVICE"),
        ("action=getNumber&service=tg&country=17", "WRONG_COUNTRY"),
        ("action=getNumber&service=tg&country=43&maxPrice=cheap", "WRONG_MAX_PRICE"),
        ("action=getNumber&service=tg&country=43&phoneException=4915", "WRONG_EXCEPTION_PHONE"),
        ("action=getNumber&service=tg&country=43&idempotency_key=%20a%20b", "ERROR_SQL"),
        ("action=getNumber&service=tg&country=43", "NO_NUMBERS"),
        ("action=getNumberV2&service=tg", "NO_NUMBERS"),
        ("action=getMultiServiceNumber&multiService=tg,wa", "NO_NUMBERS"),
        ("action=getMultiServiceNumber&multiService=tg,nosuch", "BAD_SERVICE"),
        ("action=getAdditionalService&service=wa&id=1", "WRONG_ACTIVATION_ID"),
        ("action=getAdditionalService&service=nosuch&id=1", "WRONG_ADDITIONAL_SERVICE"),
        ("action=getTopCountriesByService", "BAD_SERVICE"),
        ("action=getStatus", "WRONG_ACTIVATION_ID"),
        ("action=getStatus&id=one", "WRONG_ACTIVATION_ID"),
        ("action=getStatus&id=1", "NO_ACTIVATION"),
        ("action=getStatusV2&id=1", "NO_ACTIVATION"),
        ("action=getFullSms&id=1", "NO_ACTIVATION"),
        ("action=getAllSms&id=1", "NO_ACTIVATION"),
        ("action=setStatus&id=1&status=8", "NO_ACTIVATION"),
        ("action=getActiveActivations&start=-1", "ERROR_SQL"),
    ] {
        assert_eq!(text(&shop.get(parameters).await), word, "{parameters}");
    }
    for (parameters, word) in [
        ("action=getRentNumber&service=nosuch", "BAD_SERVICE"),
        ("action=getRentNumber&country=43&rent_time=soon", "INVALID_TIME"),
        ("action=getRentServicesAndCountries&country=43&rent_time=100000", "INVALID_TIME"),
        ("action=getRentServicesAndCountries&country=43&rent_time=0", "INVALID_TIME"),
        ("action=getRentNumber&country=43", "NO_NUMBERS"),
        ("action=getRentList", "NO_NUMBERS"),
        ("action=getRentStatus", "NO_ID_RENT"),
        ("action=getRentStatus&id=1", "INVALID_PHONE"),
        ("action=setRentStatus&id=1&status=1", "INVALID_PHONE"),
        ("action=continueRentNumber&id=1&rent_time=4", "INVALID_PHONE"),
        ("action=getContinueRentPriceNumber&id=1", "INVALID_PHONE"),
    ] {
        let answer = shop.get(parameters).await;
        assert_eq!(answer.status, 200, "{parameters}");
        let expected = format!(r#"{{"message":"{word}","status":"error"}}"#);
        assert_eq!(answer.json().to_string(), expected, "{parameters}");
    }
    assert_eq!(
        shop.get("action=getActiveActivations").await.json().to_string(),
        r#"{"error":"NO_ACTIVATIONS","status":"error"}"#
    );
}

#[tokio::test]
async fn what_is_refused_below_the_actions_is_a_word_too() {
    let shop = Shop::new().await;
    for (method, path, body, word) in [
        ("GET", "/stubs/other.php", "", "BAD_ACTION"),
        ("PUT", PATH, "", "BAD_ACTION"),
        ("POST", PATH, "{}", "ERROR_SQL"),
    ] {
        let json = [("Content-Type", "application/json")];
        let answer = shop.open.call(method, path, &json, body).await;
        assert_eq!(text(&answer), word, "{method} {path}");
    }
    let house = &shop.open.house;
    let limited = house.accounts.add_key(house.account(), &["*"], Some(1), crate::house::BY).await;
    let limited = limited.unwrap().text.expose().to_owned();
    let path = format!("{PATH}?api_key={limited}&action=getBalance");
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(text(&shop.open.get(&path).await).to_owned());
    }
    assert!(answers.contains(&"CHANNELS_LIMIT".to_owned()), "{answers:?}");
}

#[tokio::test]
async fn lists_countries_services_and_operators() {
    let shop = Shop::new().await;
    let countries = shop.get("action=getCountries").await.json();
    assert_eq!(countries["43"]["eng"], "Germany");
    assert_eq!(countries["0"]["id"], 0, "Russia is 0");
    assert_eq!(countries["999"], Value::Null);
    let services = shop.get("action=getServicesList").await.json();
    let listed = services["services"].as_array().unwrap();
    assert!(listed.len() >= 60 && listed.iter().any(|of| of["code"] == "tg"), "{services}");
    let operators = shop.get("action=getOperators&country=43").await.json();
    assert_eq!(operators.to_string(), r#"{"countryOperators":{"43":["any"]},"status":"success"}"#);
    assert_eq!(shop.get("action=getPrices&service=tg").await.json().to_string(), "{}");
    assert_eq!(shop.get("action=getNumbersStatus&country=43").await.json()["tg_0"], 0);
}

#[tokio::test]
async fn the_document_has_every_action_and_no_other() {
    let shop = Shop::new().await;
    let document = shop.open.get("/stubs/openapi.json").await.json();
    let parameters = document["paths"][PATH]["get"]["parameters"].as_array().unwrap();
    let action = parameters.iter().find(|parameter| parameter["name"] == "action").unwrap();
    let listed = action["schema"]["enum"].as_array().unwrap();
    let listed: BTreeSet<&str> = listed.iter().filter_map(Value::as_str).collect();
    let source = include_str!("../../src/handler/act.rs");
    let words = source.split('"').skip(1).step_by(2);
    let done: BTreeSet<&str> =
        words.filter(|word| !["action", "BAD_ACTION"].contains(word)).collect();
    assert_eq!(listed, done);
}
