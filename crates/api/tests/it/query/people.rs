//! Contacts and groups.

use std::collections::BTreeMap;

use domain::account::contacts::{Contact, UploadMode};
use domain::limits::CONTACTS_PAGE_MAX;
use domain::number::Msisdn;
use testkit::clock::NOON;

use super::Shop;
use super::transcript::{Transcript, neighbour};
use crate::house::BY;

impl Shop {
    /// A group with these numbers, from a file.
    async fn upload(&self, numbers: impl Iterator<Item = u64>) {
        let house = &self.open.house;
        let (store, account) = (&house.store, house.account());
        let group = store.add_group(account, "from a file".parse().unwrap(), BY, NOON).await;
        let group = group.unwrap().id;
        let begun = store.begin_upload(account, group, UploadMode::Replace, NOON).await;
        let upload = begun.unwrap().unwrap();
        let contact = |number| Contact {
            number: Msisdn::from_digits(number).unwrap(),
            name: Some("Bo".to_owned()),
            fields: BTreeMap::from([("birthday".to_owned(), "1980-01-01".to_owned())]),
        };
        store.add_contacts(upload, numbers.map(contact).collect()).await.unwrap();
        store.finish_upload(upload, BY, NOON).await.unwrap();
    }
}

#[tokio::test]
async fn contacts() {
    let shop = Shop::new().await;
    let mut transcript = Transcript::of(&shop);
    transcript.call("contact/create", "fullname=Fullname&msisdn=4512345678").await;
    transcript.call(
        "contact/create",
        "fullname=Ida+%C3%98&street=Gade+1&zipcode=5550&email=ida@example.org&birthday=315529200&sex=2",
    )
    .await;
    transcript.call("contact/create", "fullname=Again&msisdn=%2B45%2012%2034%2056%2078").await;
    transcript.call("contact/create", "msisdn=4512345678").await;
    transcript.call("contact/create", "fullname=%20&msisdn=4512345678").await;
    transcript.call("contact/create", "fullname=X&msisdn=123").await;
    transcript.call("contact/create", "fullname=X&email=nobody").await;
    transcript.call("contact/create", "fullname=X&birthday=May").await;
    transcript.call("contact/create", "fullname=X&sex=3").await;
    transcript.call("contact/create", &format!("fullname={}", "x".repeat(101))).await;
    transcript.call("contact/create", &format!("fullname=X&street={}", "x".repeat(201))).await;
    transcript.call("view/contacts", "").await;
    transcript.call("view/contacts", "page=2").await;
    transcript.call("view/contacts", "page=0").await;
    transcript.call("view/contact", "contact=2").await;
    transcript.call("view/contact", "contact=4512345678").await;
    transcript.call("view/contact", "").await;
    transcript.call("view/contact", "contact=9").await;
    transcript.call("view/contact", "contact=x").await;
    transcript.call("contact/edit", "contact=2&msisdn=4520123456&sex=1").await;
    transcript.call("contact/edit", "contact=2&msisdn=4512345678").await;
    transcript.call("contact/edit", "contact=9&fullname=X").await;
    transcript.call("contact/delete", "contact=1").await;
    transcript.call("contact/delete", "contact=1").await;
    transcript.call("contact/delete", "").await;
    insta::assert_snapshot!(transcript.text);
}

#[tokio::test]
async fn groups() {
    let shop = Shop::new().await;
    let mut transcript = Transcript::of(&shop);
    transcript.call("group/create", "name=Name").await;
    transcript.call("group/create", "name=Name").await;
    transcript.call("group/create", "").await;
    transcript.call("group/create", "name=%20").await;
    transcript.call("group/create", "name=a%0ab").await;
    transcript.call("group/edit", "group=1&name=New+name").await;
    transcript.call("group/edit", "group=1").await;
    transcript.call("group/edit", "group=9&name=X").await;
    transcript.call("contact/create", "fullname=Ida&msisdn=4512345678").await;
    transcript.call("contact/create", "fullname=Bo").await;
    transcript.call("contact/addgroup", "contact=1&group=1").await;
    transcript.call("contact/addgroup", "contact=2&group=1").await;
    transcript.call("contact/addgroup", "contact=2&group=1").await;
    transcript.call("contact/addgroup", "contact=9&group=1").await;
    transcript.call("contact/addgroup", "contact=1&group=9").await;
    transcript.call("contact/addgroup", "contact=1").await;
    transcript.call("contact/addgroup", "group=1").await;
    shop.upload([4_512_345_678, 4_520_123_456].into_iter()).await;
    transcript.call("view/groups", "").await;
    transcript.call("view/group", "group=2").await;
    transcript.call("view/group", "group=9").await;
    transcript.call("contact/edit", "contact=4520123456&fullname=Bo+B").await;
    transcript.call("contact/removegroup", "contact=1&group=1").await;
    transcript.call("view/group", "group=1").await;
    transcript.call("group/delete", "group=1").await;
    transcript.call("group/delete", "group=1").await;
    insta::assert_snapshot!(transcript.text);
}

#[tokio::test]
async fn objects_of_other_accounts_are_as_if_missing() {
    let shop = Shop::new().await;
    let mut transcript = Transcript::of(&shop);
    transcript.call("group/create", "name=Name").await;
    transcript.call("contact/create", "fullname=Ida&msisdn=4512345678").await;
    transcript.call("contact/addgroup", "contact=1&group=1").await;
    let (user, key) = neighbour(&shop).await;
    transcript.text.clear();
    for (path, parameters) in [
        ("view/contact", "contact=1"),
        ("view/contact", "contact=4512345678"),
        ("contact/edit", "contact=1&fullname=X"),
        ("contact/delete", "contact=1"),
        ("contact/addgroup", "contact=1&group=1"),
        ("contact/removegroup", "contact=1&group=1"),
        ("view/group", "group=1"),
        ("group/edit", "group=1&name=X"),
        ("group/delete", "group=1"),
        ("view/contacts", ""),
        ("view/groups", ""),
    ] {
        transcript.call_as((&user, &key), path, parameters).await;
    }
    insta::assert_snapshot!(transcript.text);
}

#[tokio::test]
async fn a_key_that_may_not_send_changes_no_directory() {
    let shop = Shop::new().await;
    let house = &shop.open.house;
    let key = house.key_of(house.account(), "sms:read").await;
    let mut transcript = Transcript::of(&shop);
    let caller = (super::USER, key.as_str());
    for path in ["contact/create", "contact/edit", "contact/delete", "contact/addgroup"] {
        let refused = transcript.call_as(caller, path, "fullname=X&contact=1&group=1").await;
        assert_eq!(refused.json()["error"], "ACCESS_DENIED", "{path}");
    }
    for path in ["group/create", "group/edit", "group/delete", "contact/removegroup"] {
        let refused = transcript.call_as(caller, path, "name=X&contact=1&group=1").await;
        assert_eq!(refused.json()["error"], "ACCESS_DENIED", "{path}");
    }
    let shown = transcript.call_as(caller, "view/contacts", "").await.json();
    assert_eq!(shown["success"], "VIEW_CONTACTS");
}

#[tokio::test]
async fn large_groups_have_pages() {
    let shop = Shop::new().await;
    let count = u64::from(CONTACTS_PAGE_MAX) + 1;
    shop.upload((0..count).map(|number| 4_520_000_000 + number)).await;
    let get = async |path: &str, page| {
        let path = format!("/api/4/{path}/api.json");
        shop.get(&path, &format!("group=1&page={page}")).await.json()
    };
    let contacts = |group: &serde_json::Value| group["contacts"].as_array().unwrap().len();
    let first = get("view/group", 1).await;
    assert_eq!((contacts(&first["group"]), &first["page"]["next"]), (500, &2.into()));
    let second = get("view/group", 2).await;
    assert_eq!((contacts(&second["group"]), &second["page"]["next"]), (1, &().into()));
    assert_eq!(second["group"]["contacts"][0]["controlcontact"], 4_520_000_500_u64);
    assert_eq!(contacts(&get("view/group", 3).await["group"]), 0);
    let all = get("view/groups", 1).await;
    assert_eq!((contacts(&all["groups"][0]), &all["groups"][0]["more"]), (500, &true.into()));
    let xml = shop.get("/api/4/view/contacts/api.xml", "").await;
    assert!(xml.body.contains("<success>VIEW_CONTACTS</success><contacts></contacts>"), "{xml}");
}

#[tokio::test]
async fn texts_to_contacts_and_groups_are_filled_for_each() {
    let shop = Shop::new().await;
    let mut transcript = Transcript::of(&shop);
    transcript.call("group/create", "name=Name").await;
    transcript.call("contact/create", "fullname=Ida+Holm&msisdn=4512345678&zipcode=5000").await;
    let long = "x".repeat(99);
    transcript.call("contact/create", &format!("fullname={long}&msisdn=4520123456&zipcode=")).await;
    transcript.call("contact/create", "fullname=Bo").await;
    for contact in 1..=3 {
        transcript.call("contact/addgroup", &format!("contact={contact}&group=1")).await;
    }
    transcript.text.clear();
    let send = async |transcript: &mut Transcript<'_>, to: &str, text: &str| {
        shop.tick();
        transcript.call("sms", &format!("{to}&sender=You&text={text}")).await;
    };
    let text = "Hej+{{firstname|du}}+({{zipcode}}){{name}}+med+en+meget+lang+hilsen+fra+os";
    send(&mut transcript, "contact=1", "Hej+{{firstname}}+{{email}}.").await;
    send(&mut transcript, "contact=4512345678&group=9", "Hej+{{nmae|du}}").await;
    send(&mut transcript, "contact=1", "Hej+{{nmae}}").await;
    send(&mut transcript, "contact=3", "Hej").await;
    send(&mut transcript, "contact=9", "Hej").await;
    send(&mut transcript, "group=1", text).await;
    send(&mut transcript, "group=1", "Hej+{{nmae}}").await;
    send(&mut transcript, "group=1", "Hej").await;
    send(&mut transcript, "msisdn=4512345678", "Hej+{{name}}").await;
    // A contact that is changed changes no text that was accepted.
    transcript.call("contact/edit", "contact=1&fullname=Eva").await;
    insta::assert_snapshot!(transcript.text);
    let outbox = shop.get("/api/4/view/outbox/api.json", "").await.json();
    let rows = outbox["outbox"].as_array().unwrap().iter();
    let shown = |row: &serde_json::Value| {
        let field = |name: &str| row[name].to_string();
        [field("smsid"), field("msisdn"), field("text"), field("msg-count"), field("price")]
            .join(" ")
    };
    insta::assert_snapshot!(rows.map(shown).collect::<Vec<_>>().join("\n"));
}
