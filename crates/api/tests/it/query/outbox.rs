//! The outbox: searched, page by page, and with messages of all doors.

use serde_json::Value;

use super::Shop;
use crate::house::House;

async fn texts(shop: &Shop, parameters: &str) -> Vec<String> {
    let answer = shop.get("/view/outbox/api.json", parameters).await;
    let list = answer.json();
    let rows = list["outbox"].as_array().unwrap_or_else(|| panic!("{answer}"));
    rows.iter().map(|row| row["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn finds_numbers_ids_and_texts() {
    let shop = Shop::new().await;
    shop.send("4512345678", "Rødgrød").await;
    shop.send("4520123456", "med fløde").await;
    let last = shop.send("66812345678", "tak for mad").await;
    for (search, found) in [
        ("", &["tak for mad", "med fløde", "Rødgrød"][..]),
        ("4520123456", &["med fløde"]),
        ("%2B45+20+12+34+56", &["med fløde"]),
        ("004520123456", &["med fløde"]),
        ("20123456", &["med fløde"]),
        ("4512", &["Rødgrød"]),
        ("R%C3%98DGR%C3%98D", &["Rødgrød"]),
        ("+mad+", &["tak for mad"]),
        (&last.to_string(), &["tak for mad"]),
        ("nothing", &[]),
        ("9999999999999999", &[]),
    ] {
        assert_eq!(texts(&shop, &format!("search={search}")).await, found, "{search}");
    }
}

#[tokio::test]
async fn goes_page_by_page_over_messages_and_recipients() {
    let shop = Shop::new().await;
    shop.send("4512345678", "first").await;
    shop.send("4512345678,4520123456,66812345678", "several").await;
    shop.send("4512345678", "last").await;
    let pages = [
        ("limit=2", vec!["last", "several"]),
        ("limit=2&page=2", vec!["several", "several"]),
        ("limit=2&page=3", vec!["first"]),
        ("limit=2&page=4", vec![]),
        ("limit=1&page=2&search=several", vec!["several"]),
        ("limit=2&page=2&search=4512345678", vec!["first"]),
        ("limit=4000000000", vec!["last", "several", "several", "several", "first"]),
    ];
    for (parameters, expected) in pages {
        assert_eq!(texts(&shop, parameters).await, expected, "{parameters}");
    }
    for bad in ["limit=0", "page=0", "page=-1", "page=x", "limit=99999999999"] {
        let answer = shop.get("/view/outbox/api.json", bad).await.json();
        assert_eq!(answer["error"], "BAD_REQUEST", "{bad}");
    }
}

#[tokio::test]
async fn has_messages_of_all_doors_and_none_of_other_accounts() {
    let shop = Shop::new().await;
    let order = r#"{"phone":"+4520123456","message":"an order","immediate":true}"#;
    assert_eq!(shop.open.post_with_key("/createsendorder", &shop.key, order).await.status, 200);
    shop.tick();
    let bulk = r#"{"sender":"ACME","content":"a campaign","msisdns":["+4520123456","nonsense"]}"#;
    assert_eq!(shop.open.post_with_key("/api/v2/sms/send", &shop.key, bulk).await.status, 200);
    let id = shop.send("4512345678", "a call").await;
    let list = shop.get("/view/outbox/api.json", "").await.json();
    let shown = |row: &Value| {
        let number = row["msisdn"].to_string();
        format!("{} {number} {} {} {}", row["text"], row["smsid"], row["price"], row["error"])
    };
    let rows: Vec<_> = list["outbox"].as_array().unwrap().iter().map(shown).collect();
    assert_eq!(
        rows,
        [
            format!(r#""a call" 4512345678 {id} 0.0667 null"#),
            r#""a campaign" 4520123456 null 0.0667 null"#.to_owned(),
            r#""a campaign" "nonsense" null 0 13"#.to_owned(),
            r#""an order" 4520123456 null 0.6667 null"#.to_owned(),
        ]
    );
    // And the list of the bulk door has the call.
    let bulk = shop.open.get_with_key("/api/v2/sms", &shop.key).await.json();
    assert_eq!(
        (&bulk["data"][0]["content"], &bulk["data"][0]["door"]),
        (&"a call".into(), &"query".into())
    );
    let house: &House = &shop.open.house;
    let other = house.key(crate::house::sats(0), "*", None).await;
    for search in ["", "call", "4512345678", &id.to_string()] {
        let path = format!("/view/outbox/api.json?user=account-1&key={other}&search={search}");
        assert_eq!(shop.open.get(&path).await.json()["outbox"], serde_json::json!([]), "{search}");
    }
}
