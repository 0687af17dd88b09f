//! The query door of the real program: from a URL to a phone and back, and what is refused.

mod caller;

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use self::caller::{Caller, encoded};
use crate::centre::Centre;
use crate::running::{Home, SANDBOX_MONEY};
use crate::texts::Shown;

fn home(centre: &Centre) -> Home {
    Home::with_config(&format!(
        "{SANDBOX_MONEY}[[carriers]]\nname = \"main\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\n\
         port = {}\nsystem_id = \"u\"\npassword = \"p\"\nreconnect_ms = 100\n\
         [[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n",
        centre.port()
    ))
}

/// Texts, and their parts.
const TEXTS: [(&str, &str, usize); 4] = [
    ("4520000001", "Rødgrød med fløde på Ærø: 100 % & mere + til?", 1),
    ("4520000002", "Det koster 5 € [i dag]", 1),
    ("4520000003", "Tillykke 🎉🇩🇰 skål", 1),
    ("4520000004", "สวัสดีค่ะ", 1),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_go_from_a_url_or_a_form_to_the_phone_and_back() {
    let centre = Centre::keeping().await;
    let home = home(&centre);
    let server = home.serve();
    let shop = Caller::new(&home, &server, 1_000);
    let long = "Æblegrød! ".repeat(40);
    let mut expected = HashMap::new();
    let texts = TEXTS.into_iter().chain([("4520000005", long.as_str(), 3)]);
    for (place, (number, text, parts)) in texts.enumerate() {
        let parameters = format!("msisdn={number}&sender=Min+blog&text={}", encoded(text));
        let answer = match place % 2 {
            0 => shop.get("/api/4/sms/api.json", &parameters).await,
            _ => shop.post("/sms/api.json?", &parameters).await,
        };
        let sms = &answer["sms"];
        assert_eq!(
            (&answer["success"], &sms["msg-count"]),
            (&"SMS_SENT".into(), &parts.into()),
            "{answer}"
        );
        assert_eq!(sms["sender"], "Minblog", "{answer}");
        let from = "Minblog".to_owned();
        let text = text.trim_end().to_owned();
        expected.insert(number.to_owned(), Shown { from, text, parts });
    }
    let outbox = shop.await_outbox(|row| row["error"] == 150).await;
    let mut shown = centre.new_texts();
    shown.values_mut().for_each(|one| one.text = one.text.trim_end().to_owned());
    assert_eq!(shown, expected);
    for row in &outbox {
        assert_eq!((&row["failed"], &row["sender"]), (&false.into(), &"Minblog".into()), "{row}");
        assert!(row["latency"].is_u64() && row["received"].is_u64(), "{row}");
        assert_eq!(
            row["text"].as_str().unwrap().trim_end(),
            expected[&row["msisdn"].to_string()].text
        );
    }
    let ids: HashSet<_> = outbox.iter().map(|row| row["smsid"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), expected.len());
    assert_eq!(shop.balance().await, "66.2", "seven parts of 100 sats are spent");
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_are_not_given_twice_after_a_kill() {
    let centre = Centre::open().await;
    let home = home(&centre);
    let server = home.serve();
    let shop = Caller::new(&home, &server, 1_000);
    let send = "msisdn=4520000001&sender=You&text=a";
    let id = |answer: Value| answer["sms"]["smsid"].as_u64().unwrap();
    let before =
        [id(shop.get("/sms/api.json", send).await), id(shop.get("/sms/api.json", send).await)];
    // Dropping it kills it.
    drop(server);
    let server = home.serve();
    let shop = shop.at(&server);
    let after = id(shop.get("/sms/api.json", send).await);
    assert!(before[0] < before[1] && before[1] < after, "{before:?} {after}");
    for id in [before[0], before[1], after] {
        let found = shop.get("/view/outbox/api.json", &format!("search={id}")).await;
        assert_eq!(found["outbox"][0]["smsid"], id, "{found}");
    }
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_has_a_word_and_no_effect() {
    let centre = Centre::open().await;
    let home = home(&centre);
    let server = home.serve();
    let shop = Caller::new(&home, &server, 1_000);
    home.answer(&["account", "add", "other"]);
    let revoked = home.answer(&["key", "add", "shop"]);
    home.answer(&["key", "revoke", "2"]);
    let good = "msisdn=4520000001&sender=You&text=a";
    let forty = "4".repeat(40);
    for (parameters, word) in [
        ("sender=You&text=a".to_owned(), "EMPTY_RECIPIENT"),
        ("msisdn=4520000001&text=a".to_owned(), "SENDER_EMPTY"),
        ("msisdn=4520000001&sender=You".to_owned(), "TEXT_EMPTY"),
        ("msisdn=4520abcdef&sender=You&text=a".to_owned(), "MSISDN_ALPHA"),
        (format!("msisdn={forty}&sender=You&text=a"), "MSISDN_LONG"),
        ("msisdn=4520000001&sender=+++&text=a".to_owned(), "SENDER_EMPTY"),
        (format!("{good}&schedule=next+friday"), "SCHEDULED_INVALID"),
        (format!("{good}&callback=http%3A%2F%2F192.168.1.1%2F"), "CALLBACK_INVALID"),
        (format!("{good}&group=1"), "EMPTY_GROUP"),
        (format!("{good}&text=%ff"), "TEXT_ENCODING"),
        (format!("{good}&key={revoked}"), "USER_NOT_FOUND"),
        (format!("{good}&user=other"), "USER_NOT_FOUND"),
    ] {
        for answer in [
            shop.get("/sms/api.json", &parameters).await,
            shop.post("/api/4/sms/api.json", &parameters).await,
        ] {
            assert_eq!(answer["error"], word, "{parameters}: {answer}");
        }
    }
    assert_eq!(shop.balance().await, "66.6666");
    let outbox = shop.get("/view/outbox/api.json", "").await;
    assert_eq!(outbox["outbox"], serde_json::json!([]));
    assert_eq!(centre.taken_count(), 0);
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    for secret in [shop.key(), &revoked, "4520000001"] {
        assert!(!server.log().contains(secret), "a secret is in the log");
    }
    server.stop();
}
