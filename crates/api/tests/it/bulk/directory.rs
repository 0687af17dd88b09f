//! An account's templates, groups, prices and blocked numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::account::AccountSettings;
use domain::account::blocklist::{BlockProof, BlockScope};
use domain::account::contacts::{Contact, UploadMode};
use domain::id::{GroupId, TemplateId};
use domain::message::campaign::RefundPolicy;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::sale::tariff::Product;
use serde_json::json;
use testkit::clock::NOON;

use super::{Acme, PREVIEW, SEND, to};
use crate::house::{BY, sats};
use crate::world::Fate;

fn number(digits: u64) -> Msisdn {
    Msisdn::from_digits(digits).unwrap()
}

async fn group(acme: &Acme, numbers: &[u64]) -> GroupId {
    let (store, account) = (&acme.open.house.store, acme.open.house.account());
    let group = store.add_group(account, "all".parse().unwrap(), BY, NOON).await.unwrap().id;
    let upload =
        store.begin_upload(account, group, UploadMode::Replace, NOON).await.unwrap().unwrap();
    let contact =
        |digits: &u64| Contact { number: number(*digits), name: None, fields: BTreeMap::new() };
    let contacts = numbers.iter().map(contact).collect();
    store.add_contacts(upload, contacts).await.unwrap();
    store.finish_upload(upload, BY, NOON).await.unwrap().id
}

#[tokio::test]
async fn a_template_is_filled() {
    let acme = Acme::new().await;
    let (store, account) = (&acme.open.house.store, acme.open.house.account());
    let (name, text) = ("greeting".parse().unwrap(), "Hi {{name}}".into());
    let TemplateId(id) = store.add_template(account, name, text, BY, NOON).await.unwrap().id;
    let mut body = json!({"sender": "ACME", "templateId": id, "msisdns": ["0812345678"]});
    let refused = acme.post(SEND, &body.to_string()).await;
    assert!(refused.body.contains("the variable `name` is missing"), "{refused}");
    body["variables"] = json!({"name": "Toon"});
    assert_eq!(acme.post(SEND, &body.to_string()).await.status, 200);
    assert_eq!(acme.last().await.text.as_str(), "Hi Toon");
    body["templateId"] = json!(id + 1);
    assert_eq!(acme.post(SEND, &body.to_string()).await.status, 404);
}

#[tokio::test]
async fn a_group_is_written_to_with_or_without_other_numbers() {
    let acme = Acme::new().await;
    let GroupId(id) = group(&acme, &[66_812_345_678, 66_898_765_432]).await;
    let alone = json!({"content": "Hello", "contactGroupId": id}).to_string();
    assert_eq!(acme.post(PREVIEW, &alone).await.json()["total"], 2);
    let both =
        json!({"content": "Hello", "contactGroupId": id, "msisdns": ["0812345678", "0811111111"]});
    assert_eq!(acme.post(PREVIEW, &both.to_string()).await.json()["total"], 3, "each once");
    let other = json!({"content": "Hello", "contactGroupId": id + 1, "msisdns": ["0811111111"]});
    assert_eq!(acme.post(PREVIEW, &other.to_string()).await.status, 404);
}

#[tokio::test]
async fn who_is_blocked_gets_nothing_and_costs_nothing() {
    let acme = Acme::new().await;
    let (scope, proof) = (BlockScope::Everybody, BlockProof::by(BY));
    let blocked = vec![number(66_812_345_678)];
    acme.open.house.store.block(scope, blocked, proof, NOON).await.unwrap();
    let answer = acme.post(SEND, &to(&["0812345678", "0898765432", "12"])).await.json();
    assert_eq!((&answer["total"], &answer["credits"]), (&json!(3), &json!(1)));
    let recipients = acme.recipients(acme.last().await.id).await;
    let told: Vec<_> = recipients.iter().map(|one| (one.address.as_str(), one.state)).collect();
    let (pending, invalid) = (RecipientState::Pending, RecipientState::Invalid);
    let blocked = ("66812345678", RecipientState::Blocked);
    assert_eq!(told, [("66898765432", pending), ("12", invalid), blocked]);
    let refused = acme.post(SEND, &to(&["0812345678"])).await;
    assert_eq!((refused.status, &refused.json()["code"]), (400, &"INVALID_PARAMS".into()));
    assert!(refused.body.contains("all of the numbers are blocked"), "{refused}");
}

#[tokio::test]
async fn a_destination_has_its_price() {
    let acme = Acme::new().await;
    let prices = vec![("45".to_owned(), Msat::new(150_000))];
    acme.open.house.store.set_prices(None, Product::Part, prices, BY, NOON).await.unwrap();
    let body = to(&["0812345678", "+4520123456", "0898765432"]);
    let price = acme.post(PREVIEW, &body).await.json();
    assert_eq!((&price["credits"], &price["creditsPerMessage"]), (&json!(3.5), &json!(1.5)));
    assert_eq!(acme.post(SEND, &body).await.json()["credits"], 3.5);
    let recipients = acme.recipients(acme.last().await.id).await;
    let prices: Vec<_> = recipients.iter().map(|one| one.price.get()).collect();
    assert_eq!(prices, [100_000, 100_000, 150_000]);
}

#[tokio::test]
async fn what_was_agreed_with_the_account_holds() {
    let acme = Acme::new().await;
    let (recipients_per_message, refunds) = (Some(2), RefundPolicy::Unsent);
    let agreed = AccountSettings { recipients_per_message, refunds, ..AccountSettings::default() };
    acme.agree(agreed).await;
    let refused = acme.post(SEND, &to(&["0812345678", "0898765432", "12"])).await;
    assert!(refused.status == 400 && refused.body.contains("at most 2 numbers"), "{refused}");
    assert_eq!(acme.post(SEND, &to(&["0812345678", "0898765432"])).await.status, 200);
    let fate = |index| if index == 0 { Fate::Failed } else { Fate::Refused };
    acme.carry(Duration::ZERO, fate).await;
    let message = acme.last().await;
    assert_eq!(message.refunded, sats(100), "refund of the unsent part");
}
