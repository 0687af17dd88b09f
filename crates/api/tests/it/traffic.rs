//! Allowed countries and hourly caps, for strangers and for accounts, at each door.

use std::time::Duration;

use api::HttpSettings;
use domain::account::AccountSettings;
use domain::account::traffic::TrafficRules;
use domain::ports::Clock;

use crate::house::{BY, House, Open, sats};

fn rules(countries: Option<&str>, caps: &str) -> TrafficRules {
    let countries = countries.map(|countries| countries.parse().unwrap());
    TrafficRules { countries, caps: caps.parse().unwrap() }
}

fn send(phone: &str) -> String {
    format!(r#"{{"phone":"{phone}","message":"hi"}}"#)
}

fn at_once(phone: &str) -> String {
    format!(r#"{{"phone":"{phone}","message":"hi","immediate":true}}"#)
}

/// Strangers have the operator's rules; the account has none, or its own.
async fn open(strangers: TrafficRules, account: TrafficRules) -> (Open, String) {
    let house = House::with_rules(strangers).await;
    let key = house.key(sats(100_000), "*", None).await;
    let settings = AccountSettings { traffic: account, ..AccountSettings::default() };
    house
        .store
        .set_account_settings(house.account(), settings, BY, house.clock.now())
        .await
        .unwrap();
    house
        .store
        .add_sender(house.account(), "ACME".parse().unwrap(), BY, house.clock.now())
        .await
        .unwrap();
    (house.open_as(HttpSettings::default()).await, key)
}

#[tokio::test]
async fn strangers_send_to_the_operators_countries_alone() {
    let (open, key) = open(rules(Some("TH US"), ""), TrafficRules::default()).await;
    let refused = open.post("/createsendorder", &send("+4520123456")).await;
    insta::assert_snapshot!(refused);
    assert_eq!(open.changes(), 0);
    // Canada shares the calling code of the United States.
    let refused = open.post("/createsendorder", &send("+14165550123")).await;
    assert!(refused.body.contains("messages to CA are not allowed"), "{refused}");
    for allowed in ["+66812345678", "+12125550123"] {
        assert_eq!(open.post("/createsendorder", &send(allowed)).await.status, 200, "{allowed}");
    }
    let own = open.post_with_key("/createsendorder", &key, &at_once("+4520123456")).await;
    assert_eq!(own.status, 200, "the account has rules of its own: {own}");
}

#[tokio::test]
async fn an_account_sends_to_its_countries_alone() {
    let (open, key) = open(TrafficRules::default(), rules(Some("DK"), "")).await;
    for order in [send("+66812345678"), at_once("+66812345678")] {
        let refused = open.post_with_key("/createsendorder", &key, &order).await;
        assert!(refused.body.contains("messages to TH are not allowed"), "{refused}");
    }
    let campaign = r#"{"sender":"ACME","content":"hi","msisdns":["+4520123456","0812345678"]}"#;
    insta::assert_snapshot!(open.post_with_key("/api/v2/sms/send", &key, campaign).await);
    assert_eq!(open.changes(), 0);
    assert_eq!(
        open.post_with_key("/createsendorder", &key, &at_once("+4520123456")).await.status,
        200
    );
    assert_eq!(
        open.post("/createsendorder", &send("+66812345678")).await.status,
        200,
        "a stranger"
    );
}

#[tokio::test]
async fn an_hour_has_so_many_messages_to_a_prefix() {
    let (open, key) = open(TrafficRules::default(), rules(None, "=5 4520=2")).await;
    let order =
        async |phone: &str| open.post_with_key("/createsendorder", &key, &at_once(phone)).await;
    for phone in ["+4520123456", "+4520123457", "+4531123456"] {
        assert_eq!(order(phone).await.status, 200, "{phone}");
    }
    let before = open.house.available().await;
    insta::assert_snapshot!(order("+4520123458").await);
    // Three recipients, with two places left in all: none is sent to.
    let campaign =
        r#"{"sender":"ACME","content":"hi","msisdns":["+4531123457","+4531123458","+4531123459"]}"#;
    insta::assert_snapshot!(open.post_with_key("/api/v2/sms/send", &key, campaign).await);
    assert_eq!(open.house.available().await, before, "nothing is charged");
    let two = r#"{"sender":"ACME","content":"hi","msisdns":["+4531123457","+4531123458"]}"#;
    assert!(open.post_with_key("/api/v2/sms/send", &key, two).await.status < 300);
    assert_ne!(order("+4531123459").await.status, 200, "the cap for all is reached");
    assert_eq!(open.post("/createsendorder", &send("+4520123458")).await.status, 200, "a stranger");
    open.house.clock.advance(Duration::from_secs(60 * 60));
    assert_eq!(order("+4520123458").await.status, 200, "the next hour");
}

/// What was refused for another reason leaves its room.
#[tokio::test]
async fn what_is_not_accepted_is_not_counted() {
    let house = House::new().await;
    let key = house.key(sats(1_500), "*", None).await;
    let settings = AccountSettings { traffic: rules(None, "=2"), ..AccountSettings::default() };
    house
        .store
        .set_account_settings(house.account(), settings, BY, house.clock.now())
        .await
        .unwrap();
    let open = house.open_as(HttpSettings::default()).await;
    let order =
        async || open.post_with_key("/createsendorder", &key, &at_once("+4520123456")).await;
    assert_eq!(order().await.status, 200);
    for _ in 0..3 {
        assert!(order().await.body.contains("credit"), "too little of it");
    }
    let (accounts, account) = (&open.house.engine.accounts, open.house.account());
    accounts.give_credit(account, sats(5_000), None, BY).await.unwrap();
    assert_eq!(order().await.status, 200);
    assert!(order().await.body.contains("at most 2 messages an hour"));
}
