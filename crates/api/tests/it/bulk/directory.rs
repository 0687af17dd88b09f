//! What an account keeps here for its messages: templates, groups, prices, and whom it may not write
//! to.

use domain::account::template::Template;
use domain::id::{GroupId, TemplateId};
use domain::message::campaign::{Exclusion, RefundPolicy};
use domain::money::Msat;
use domain::number::Msisdn;
use serde_json::json;
use testkit::clock::NOON;

use super::{Acme, PREVIEW, SEND, to};

fn number(digits: u64) -> Msisdn {
    Msisdn::from_digits(digits).unwrap()
}

#[tokio::test]
async fn a_template_is_filled() {
    let acme = Acme::new().await;
    acme.script().bulk.template = Some(Template {
        id: TemplateId(5),
        account: acme.open.house.accounts()[0],
        name: "greeting".parse().unwrap(),
        text: "Hi {{name}}".into(),
        created_at: NOON,
        updated_at: NOON,
    });
    let mut body = json!({"sender": "ACME", "templateId": 5, "msisdns": ["0812345678"]});
    let refused = acme.post(SEND, &body.to_string()).await;
    assert!(refused.body.contains("the variable `name` is missing"), "{refused}");
    body["variables"] = json!({"name": "Toon"});
    assert_eq!(acme.post(SEND, &body.to_string()).await.status, 200);
    assert_eq!(acme.script().bulk.added[0].content.text.as_str(), "Hi Toon");
    body["templateId"] = json!(6);
    assert_eq!(acme.post(SEND, &body.to_string()).await.status, 404);
}

#[tokio::test]
async fn a_group_is_written_to_with_or_without_other_numbers() {
    let acme = Acme::new().await;
    let group = vec![number(66_812_345_678), number(66_898_765_432)];
    acme.script().bulk.group = Some((GroupId(7), group));
    let alone = json!({"content": "Hello", "contactGroupId": 7}).to_string();
    assert_eq!(acme.post(PREVIEW, &alone).await.json()["total"], 2);
    let both =
        json!({"content": "Hello", "contactGroupId": 7, "msisdns": ["0812345678", "0811111111"]});
    assert_eq!(acme.post(PREVIEW, &both.to_string()).await.json()["total"], 3, "each once");
    let other = json!({"content": "Hello", "contactGroupId": 8, "msisdns": ["0811111111"]});
    assert_eq!(acme.post(PREVIEW, &other.to_string()).await.status, 404);
}

#[tokio::test]
async fn who_is_blocked_gets_nothing_and_costs_nothing() {
    let acme = Acme::new().await;
    acme.script().bulk.blocked = vec![number(66_812_345_678)];
    let answer = acme.post(SEND, &to(&["0812345678", "0898765432", "12"])).await.json();
    assert_eq!((&answer["total"], &answer["credits"]), (&json!(3), &json!(1)));
    let new = acme.script().bulk.added[0].clone();
    let excluded: Vec<_> = new.excluded.iter().map(|one| (one.address.as_str(), one.why)).collect();
    assert_eq!(excluded, [("12", Exclusion::Invalid), ("66812345678", Exclusion::Blocked)]);
    let refused = acme.post(SEND, &to(&["0812345678"])).await;
    assert_eq!((refused.status, &refused.json()["code"]), (400, &"INVALID_PARAMS".into()));
    assert!(refused.body.contains("all of the numbers are blocked"), "{refused}");
}

#[tokio::test]
async fn a_destination_has_its_price() {
    let acme = Acme::new().await;
    acme.script().bulk.prices = vec![("45".to_owned(), Msat::new(150_000))];
    let body = to(&["0812345678", "+4520123456", "0898765432"]);
    let price = acme.post(PREVIEW, &body).await.json();
    assert_eq!((&price["credits"], &price["creditsPerMessage"]), (&json!(3.5), &json!(1.5)));
    assert_eq!(acme.post(SEND, &body).await.json()["credits"], 3.5);
    let groups: Vec<_> = acme.script().bulk.added[0]
        .groups
        .iter()
        .map(|group| (group.price.get(), group.numbers.len()))
        .collect();
    assert_eq!(groups, [(100_000, 2), (150_000, 1)]);
}

#[tokio::test]
async fn what_was_agreed_with_the_account_holds() {
    let acme = Acme::new().await;
    acme.script().bulk.agreed.recipients_per_message = Some(2);
    acme.script().bulk.agreed.refunds = RefundPolicy::Unsent;
    let refused = acme.post(SEND, &to(&["0812345678", "0898765432", "12"])).await;
    assert!(refused.status == 400 && refused.body.contains("at most 2 numbers"), "{refused}");
    assert_eq!(acme.post(SEND, &to(&["0812345678", "0898765432"])).await.status, 200);
    assert_eq!(acme.script().bulk.added[0].refunds, RefundPolicy::Unsent);
}
