//! Every documented request, by GET and POST, and its answer as JSON and XML.

use std::fmt::Write as _;
use std::time::Duration;

use domain::account::AccountSettings;
use domain::account::sender::SenderRules;
use domain::money::Msat;
use domain::sale::tariff::Product;
use testkit::clock::NOON;

use super::{EXAMPLE, Shop, USER};
use crate::house::BY;
use crate::world::Fate;

#[tokio::test]
async fn sends_the_example_of_the_contract() {
    let shop = Shop::new().await;
    let mut transcript = String::new();
    for path in ["/api/4/sms/api.json", "/api/4/sms/api.xml", "/sms/api.json", "/sms/api.xml"] {
        writeln!(transcript, "GET {path}\n{}\n", shop.get(path, EXAMPLE).await).unwrap();
        writeln!(transcript, "POST {path}\n{}\n", shop.post(path, EXAMPLE).await).unwrap();
    }
    insta::assert_snapshot!(transcript);
    assert_eq!(shop.stored().await, 8);
}

#[tokio::test]
async fn an_empty_query_string_and_a_form_are_one_request() {
    let shop = Shop::new().await;
    // As a WordPress plug-in sends it: the sender is the blog's title.
    let body = format!(
        "user={USER}&key={}&msisdn=%2B45+12+34+56+78&sender=Min+blog+om+r%C3%B8dgr%C3%B8d&text=Tak+%3A-%29",
        shop.key
    );
    insta::assert_snapshot!(shop.post_form("/api/4/sms/api.json?", &body).await.body);
    let list = shop.get("/view/outbox/api.json", "").await.json();
    assert_eq!(list["outbox"][0]["text"], "Tak :-)");
    assert_eq!(list["outbox"][0]["msisdn"], 4_512_345_678_u64);
}

#[tokio::test]
async fn counts_parts_characters_and_kroner() {
    let shop = Shop::new().await;
    let mut transcript = String::new();
    for text in ["a", "%C3%A6%C3%B8%C3%A5", "%E2%82%AC", &"a".repeat(161), &"%C3%BE".repeat(71)] {
        let parameters = format!("msisdn=4512345678&sender=You&text={text}");
        let sms = shop.get("/sms/api.json", &parameters).await.json()["sms"].clone();
        let shown: String = text.chars().take(12).collect();
        writeln!(transcript, "{shown}: {sms}").unwrap();
    }
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn sends_to_several_numbers_at_once() {
    let shop = Shop::new().await;
    let several = "msisdn=4512345678,+4520123456, 66812345678&sender=You&text=hi";
    let answer = shop.post("/sms/api.json", &several.replace('+', "%2B").replace(' ', "+")).await;
    insta::assert_snapshot!(answer.body);
    let first = answer.json()["sms"]["smsid"].as_u64().unwrap();
    assert_eq!(shop.send("4512345678", "next").await, first + 3);
}

#[tokio::test]
async fn ids_grow_and_find_their_message() {
    let shop = Shop::new().await;
    let mut last = 0;
    for number in 0..5 {
        let id = shop.send("4512345678", &format!("text {number}")).await;
        assert!(id > last);
        last = id;
        let found = shop.get("/view/outbox/api.json", &format!("search={id}")).await.json();
        assert_eq!(found["outbox"][0]["text"], format!("text {number}"));
        assert_eq!(found["outbox"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_sender_that_is_not_approved_is_replaced_and_the_answer_says_so() {
    let shop = Shop::new().await;
    let mut transcript = String::new();
    let mut send = async |sender: &str, why: &str| {
        let parameters = format!("msisdn=4512345678&text=a&sender={sender}");
        let answer = shop.get("/sms/api.json", &parameters).await;
        writeln!(transcript, "{why} {sender}: {}", answer.body).unwrap();
    };
    send("ACME", "approved").await;
    send("A-C.M+E", "approved when corrected").await;
    send("Other", "the carrier's").await;
    let rules = SenderRules { default: Some("ACME".parse().unwrap()), ..SenderRules::default() };
    shop.agree(AccountSettings { senders: rules, ..AccountSettings::default() }).await;
    send("Other", "the account's default").await;
    let rules = SenderRules { any: true, ..SenderRules::default() };
    shop.agree(AccountSettings { senders: rules, ..AccountSettings::default() }).await;
    send("Other", "any").await;
    send("Min%20blog%20om%20mad", "any, corrected").await;
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn sends_later() {
    let shop = Shop::new().await;
    let at = NOON.as_secs() + 3_600;
    let later = format!("{EXAMPLE}&schedule={at}");
    let sent = shop.get("/sms/api.json", &later).await.json();
    assert_eq!(sent["success"], "SMS_SENT");
    shop.tick();
    let past = format!("{EXAMPLE}&schedule={}", NOON.as_secs() - 3_600);
    assert_eq!(shop.get("/sms/api.json", &past).await.json()["success"], "SMS_SENT");
    shop.open.house.world().carry(|_| Fate::Delivered).await;
    let outbox = shop.get("/view/outbox/api.json", "").await.json();
    assert_eq!(
        (&outbox["outbox"][0]["error"], &outbox["outbox"][0]["scheduled"]),
        (&150.into(), &().into())
    );
    assert_eq!(
        (&outbox["outbox"][1]["sent"], &outbox["outbox"][1]["scheduled"]),
        (&().into(), &at.into())
    );
}

#[tokio::test]
async fn sends_flash_and_silent_messages_and_links() {
    let shop = Shop::new().await;
    shop.agree(AccountSettings { silent: true, ..AccountSettings::default() }).await;
    for form in ["flash=true", "silent=1", "wappush=https%3A%2F%2Fshop.example%2F"] {
        shop.tick();
        let answer = shop.get("/sms/api.json", &format!("{EXAMPLE}&{form}")).await;
        assert_eq!(answer.json()["success"], "SMS_SENT", "{form}: {answer}");
    }
    let list = shop.get("/view/outbox/api.json", "").await.json();
    let shown = [0, 1, 2]
        .map(|at| (list["outbox"][at]["flash"].clone(), list["outbox"][at]["wappush"].clone()));
    let link = "https://shop.example/";
    assert_eq!(
        shown,
        [(false.into(), link.into()), (false.into(), ().into()), (true.into(), ().into())]
    );
}

#[tokio::test]
async fn a_repeat_with_its_reference_is_sent_once() {
    let shop = Shop::new().await;
    let request = format!("{EXAMPLE}&reference=order-17");
    let first = shop.get("/sms/api.json", &request).await;
    let second = shop.post("/api/4/sms/api.json", &request).await;
    assert_eq!(first.body, second.body);
    assert_eq!(shop.stored().await, 1);
    let other = shop.get("/sms/api.json", &format!("{request}&text=other")).await;
    insta::assert_snapshot!(other.body);
    assert_eq!(shop.stored().await, 1);
}

#[tokio::test]
async fn shows_the_outbox() {
    let shop = Shop::new().await;
    shop.send("4512345678", "Rødgrød & <fløde>").await;
    shop.send("66812345678", "second").await;
    shop.open.house.clock.advance(Duration::from_millis(1_500));
    shop.open.house.world().carry(|_| Fate::Delivered).await;
    shop.send("4520123456", "third").await;
    shop.open.house.clock.advance(Duration::from_millis(1_500));
    shop.open.house.world().carry(|_| Fate::Failed).await;
    shop.send("4520123457", "fourth").await;
    let mut transcript = String::new();
    for path in ["/api/4/view/outbox/api.json", "/api/4/view/outbox/api.xml"] {
        writeln!(transcript, "{path}\n{}\n", shop.get(path, "").await.body).unwrap();
    }
    insta::assert_snapshot!(transcript.replace("},{", "},\n{").replace("<item>", "\n<item>"));
}

#[tokio::test]
async fn shows_prices_and_credit() {
    let shop = Shop::with_credit(Msat::new(1_000_000_001)).await;
    let (store, account) = (&shop.open.house.store, shop.open.house.account());
    let set = async |account, prices: &[(&str, i64)]| {
        let price = |(prefix, msat): &(&str, i64)| ((*prefix).to_owned(), Msat::new(*msat));
        let prices = prices.iter().map(price).collect();
        store.set_prices(account, Product::Part, prices, BY, NOON).await.unwrap();
    };
    set(None, &[("45", 300_000), ("4520", 1), ("66", 70_000), ("", 150_000)]).await;
    set(Some(account), &[("45", 225_000), ("46", 1)]).await;
    let mut transcript = String::new();
    for path in ["/api/4/view/yourprices/api.json", "/view/yourprices/api.xml"] {
        writeln!(transcript, "{path}\n{}\n", shop.get(path, "").await.body).unwrap();
    }
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn lists_dialcodes_as_a_bare_array() {
    let shop = Shop::new().await;
    let answer = shop.get("/api/4/get/dialcodes/api.json", "").await;
    let list = answer.json();
    let list = list.as_array().unwrap();
    assert!(list.len() > 230, "{}", list.len());
    assert!(
        list.contains(&serde_json::json!({"dialcode": 45, "cciso": "DK", "country": "Denmark"}))
    );
    let names: Vec<_> = list.iter().map(|row| row["country"].as_str().unwrap()).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("Afghanistan", "Zimbabwe"));
    let xml = shop.get("/get/dialcodes/api.xml", "").await.body;
    let denmark = "<item><dialcode>45</dialcode><cciso>DK</cciso><country>Denmark</country></item>";
    assert!(xml.contains(denmark) && xml.contains("<response><item>"), "{xml}");
}
