//! Refused requests, with their words. Nothing is stored or charged.

use std::fmt::Write as _;

use domain::account::AccountSettings;
use domain::account::sender::SenderRules;
use domain::money::Msat;
use testkit::clock::NOON;

use super::{EXAMPLE, Shop};
use crate::gate::Lost;
use crate::house::{BY, sats};

async fn refused(shop: &Shop, all: &[&str]) -> String {
    let mut transcript = String::new();
    let before = shop.open.house.available().await;
    for parameters in all {
        let answer = shop.post("/api/4/sms/api.json", parameters).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.json()["status"], "error", "{parameters}: {answer}");
        let shown: String = parameters.chars().take(120).collect();
        writeln!(transcript, "{shown}\n  {}", answer.body).unwrap();
    }
    assert_eq!((shop.stored().await, shop.open.house.available().await), (0, before));
    transcript
}

#[tokio::test]
async fn every_bad_parameter_has_its_word() {
    let shop = Shop::new().await;
    let forty = format!("msisdn={}&sender=You&text=a", "4".repeat(40));
    let long = format!("msisdn=4512345678&sender=You&text={}", "a".repeat(1_531));
    let reference = format!("{EXAMPLE}&reference={}", "r".repeat(201));
    let far = format!("{EXAMPLE}&schedule={}", NOON.as_secs() + 400 * 24 * 60 * 60);
    let transcript = refused(
        &shop,
        &[
            "",
            "sender=You&text=a",
            "msisdn=&sender=You&text=a",
            "msisdn=+,+&sender=You&text=a",
            "msisdn=4512345678&sender=You",
            "msisdn=4512345678&sender=You&text=",
            "msisdn=4512345678&sender=You&text=+%0A",
            "msisdn=4512345678&text=a",
            "msisdn=4512345678&sender=+++&text=a",
            "msisdn=4512345678&sender=%E6%97%A5%E6%9C%AC&text=a",
            "msisdn=mother&sender=You&text=a",
            "msisdn=45123x5678&sender=You&text=a",
            &forty,
            "msisdn=12345678&sender=You&text=a",
            "msisdn=4512345678,45&sender=You&text=a",
            "msisdn=29912345678&sender=You&text=a",
            &long,
            "msisdn=4512345678&sender=You&text=a%00b",
            &format!("{EXAMPLE}&schedule=tomorrow"),
            &format!("{EXAMPLE}&schedule=2027-01-01+12:00"),
            &far,
            &format!("{EXAMPLE}&callback=http://127.0.0.1/report"),
            &format!("{EXAMPLE}&callback=nonsense"),
            &format!("{EXAMPLE}&silent=1"),
            &format!("{EXAMPLE}&flash=true&silent=true"),
            &format!("{EXAMPLE}&flash=1&wappush=http://a.example"),
            &format!("{EXAMPLE}&wappush=ftp://a.example"),
            &format!("{EXAMPLE}&wappush=http://a.example/%C3%A6"),
            &format!("{EXAMPLE}&price=100"),
            &format!("{EXAMPLE}&price=1.5"),
            &format!("{EXAMPLE}&price=100001"),
            &format!("{EXAMPLE}&contact=17"),
            &format!("{EXAMPLE}&group=17"),
            &format!("{EXAMPLE}&group=friends"),
            &reference,
            &format!("{EXAMPLE}&reference=a+b"),
        ],
    )
    .await;
    insta::assert_snapshot!(transcript);
    assert_eq!(shop.open.changes(), 0);
}

#[tokio::test]
async fn flags_that_are_not_set_change_nothing() {
    let shop = Shop::new().await;
    let flags = "flash=false&silent=&wappush=&price=0&callback=&contact=&group=&schedule=0";
    let answer = shop.get("/sms/api.json", &format!("{EXAMPLE}&{flags}")).await;
    assert_eq!(answer.json()["success"], "SMS_SENT", "{answer}");
}

#[tokio::test]
async fn a_group_of_another_account_does_not_exist() {
    let shop = Shop::new().await;
    let house = &shop.open.house;
    house.key(sats(0), "*", None).await;
    let name = || "friends".parse().unwrap();
    let own = house.store.add_group(house.account(), name(), BY, NOON).await.unwrap().id;
    let other = house.store.add_group(domain::id::AccountId(2), name(), BY, NOON).await.unwrap().id;
    let mut transcript = String::new();
    for group in [own, other] {
        let parameters = format!("sender=You&text=a&group={}", group.0);
        writeln!(transcript, "{}", shop.post("/sms/api.json", &parameters).await.body).unwrap();
    }
    insta::assert_snapshot!(transcript);
    assert_eq!((shop.stored().await, shop.open.changes()), (0, 0));
}

#[tokio::test]
async fn a_strict_account_has_no_sender_corrected() {
    let shop = Shop::new().await;
    let senders = SenderRules { strict: true, ..SenderRules::default() };
    shop.agree(AccountSettings { senders, ..AccountSettings::default() }).await;
    let sender = |sender: &str| format!("msisdn=4512345678&text=a&sender={sender}");
    let all = ["Min+blog", "Bagerietpaahjoernet", "1234567890123456", "R%C3%B8d"].map(sender);
    insta::assert_snapshot!(refused(&shop, &all.each_ref().map(String::as_str)).await);
    let good = shop.get("/sms/api.json", EXAMPLE).await;
    assert_eq!(good.json()["success"], "SMS_SENT");
}

#[tokio::test]
async fn what_cannot_be_afforded_is_not_sent() {
    let shop = Shop::with_credit(Msat::new(99_999)).await;
    let mut transcript = refused(&shop, &[EXAMPLE]).await;
    let shop = Shop::new().await;
    shop.agree(AccountSettings { spend_per_day: Some(Msat::ZERO), ..AccountSettings::default() })
        .await;
    transcript += &refused(&shop, &[EXAMPLE]).await;
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn nothing_is_charged_when_the_store_fails() {
    let shop = Shop::new().await;
    // One good request: the key is known then.
    shop.send("4512345678", "a").await;
    let before = shop.open.house.available().await;
    shop.open.house.gate.set_down(true);
    let json = shop.get("/sms/api.json", EXAMPLE).await;
    let xml = shop.post("/sms/api.xml", EXAMPLE).await;
    shop.open.house.gate.set_down(false);
    shop.open.house.gate.lose(Lost::NotStored);
    let lost = shop.get("/sms/api.json", EXAMPLE).await;
    assert_eq!(lost.json()["error"], "INTERNAL_ERROR", "{lost}");
    insta::assert_snapshot!(format!("{json}\n\n{xml}"));
    assert_eq!((shop.stored().await, shop.open.house.available().await), (1, before));
}
