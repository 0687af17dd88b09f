//! Prices and countries.

use std::fmt::Write as _;

use domain::sale::tariff::Product;
use testkit::clock::NOON;

use crate::house::{BY, House, Open, sats};

#[tokio::test]
async fn tells_prices() {
    let open = Open::new().await;
    let mut told = String::new();
    for path in [
        "/price",
        "/price?country=us&service=google",
        "/price?country=187",
        "/price?country=0",
        "/price?country=USA%20(virtual)&service=ot",
        "/price?country=USA+(virtual)",
        "/price?service=tg",
        "/price?country=",
        "/price?country=999&service=%22%3Cb%3E",
        "/price?country=South%20Korea",
        "/price?country=c%C3%B4te+d%27ivoire",
        "/price?country=atlantis",
        "/getPrice",
        "/getPrice?country=43&service=tg",
        "/getPrice?country=atlantis",
    ] {
        let answer = open.get(path).await;
        writeln!(told, "{path}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_account_has_its_own_prices() {
    let house = House::new().await;
    let key = house.key(sats(10_000), "*", None).await;
    let account = Some(house.account());
    for (list, product, prefix, price) in [
        (None, Product::Send, "", sats(900)),
        (account, Product::Send, "", sats(800)),
        (account, Product::Send, "45", sats(700)),
        (account, Product::Email, "", sats(300)),
        (account, Product::Receive, "", sats(2_500)),
    ] {
        let prices = vec![(prefix.to_owned(), price)];
        house.store.set_prices(list, product, prices, BY, NOON).await.unwrap();
    }
    let open = house.open_as(Default::default()).await;
    let own = open.get_with_key("/price", &key).await.json();
    assert_eq!((&own["send"], &own["receive"]), (&800.into(), &2_500.into()));
    assert_eq!(open.get_with_key("/getPrice", &key).await.json()["price"], 2_500);
    assert_eq!(open.get("/price").await.json()["send"], 900);
    assert_eq!(open.get_with_key("/price", "no key").await.status, 401);

    let text = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    let mail = r#"{"address":"satoshi@example.com","message":"hello","immediate":true}"#;
    for (path, body, left) in
        [("/createsendorder", text, 9_300), ("/createemailsendorder", mail, 9_000)]
    {
        let answer = open.post_with_key(path, &key, body).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(open.house.available().await, sats(left), "{path}");
    }
    // By invoice too: 7000n is 700 sats (BOLT 11).
    let invoice =
        open.post_with_key("/createsendorder", &key, &text.replace("true", "false")).await;
    let invoice = invoice.json()["payreq"].as_str().unwrap().to_owned();
    assert!(invoice.contains("7000n1"), "{invoice}");
}

#[tokio::test]
async fn lists_countries_once_each() {
    let open = Open::new().await;
    let answer = open.get("/getCountries").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let list = answer.json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 185);
    assert_eq!(list[0].to_string(), r#"{"eng":"Auto-Select","id":999}"#);
    let germany = r#"{"id":43,"eng":"Germany","visible":1,"retry":1,"rent":1}"#;
    assert!(answer.body.contains(germany), "{}", answer.body);
    assert!(answer.body.contains(r#""eng":"Furkinafaso""#));
    assert!(!answer.body.contains("United Kingdom"), "aliases are not listed");
}
