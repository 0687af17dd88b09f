//! `hlr`: lookups of numbers.

use std::fmt::Write as _;
use std::time::Duration;

use api::HttpSettings;
use domain::money::Msat;

use crate::house::{House, Open, sats};

async fn open(credit: Msat) -> (Open, String) {
    let house = House::new().await;
    let key = house.key(credit, "*", None).await;
    (house.open_as(HttpSettings::default()).await, key)
}

#[tokio::test]
async fn an_answer_is_charged_once_while_it_is_kept() {
    let (open, key) = open(sats(300)).await;
    let mut transcript = String::new();
    let mut ask = async |parameters: &str| {
        let path = format!("/api/4/hlr/api.json?user=account-0&key={key}&{parameters}");
        let answer = open.get(&path).await;
        writeln!(transcript, "{parameters}\n{}\n", answer.body).unwrap();
    };
    ask("msisdn=%2B45+20123456").await;
    open.house.clock.advance(Duration::from_secs(3_599));
    ask("msisdn=4520123456").await;
    assert_eq!(open.house.lookup.asked(), 1);
    assert_eq!(open.house.available().await, sats(180));
    ask("msisdn=4520120003").await;
    ask("msisdn=4520120001").await;
    assert_eq!(open.house.available().await, sats(180), "only answers are charged");
    ask("msisdn=4520120005&roaming=true").await;
    assert_eq!(open.house.available().await, sats(60));
    open.house.clock.advance(Duration::from_secs(2));
    let asked = open.house.lookup.asked();
    ask("msisdn=4520123456").await;
    assert_eq!(open.house.lookup.asked(), asked, "without credit nobody is asked");
    for parameters in [
        "",
        "msisdn=",
        "msisdn=12",
        "msisdn=45abc",
        "msisdn=4512345678901234",
        "msisdn=4520123456&contact=7",
        "msisdn=4520123456&group=7",
    ] {
        ask(parameters).await;
    }
    insta::assert_snapshot!(transcript);
    assert!(open.house.store.check_ledger().await.unwrap().is_sound());
}
