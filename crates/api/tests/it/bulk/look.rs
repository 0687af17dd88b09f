//! Lists and pages.

use std::fmt::Write as _;

use domain::message::MessageState;
use domain::message::campaign::{BulkRecipient, Counts};
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::RecipientPage;
use testkit::clock::NOON;

use super::Acme;
use super::answers::{message, path};

pub(super) fn recipient(index: u32, state: RecipientState) -> BulkRecipient {
    let address = if state == RecipientState::Invalid {
        "12".to_owned()
    } else {
        format!("6681234567{index}")
    };
    BulkRecipient { index, address, state, reason: None, price: Msat::ZERO, updated_at: NOON }
}

#[tokio::test]
async fn recipients_are_told_from_cursor_to_cursor_or_by_page() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Sent).await;
    let states =
        [RecipientState::Success, RecipientState::Submitted, RecipientState::Invalid].into_iter();
    let recipients = (0..).zip(states).map(|(index, state)| recipient(index, state)).collect();
    acme.script().bulk.page = RecipientPage { recipients, next: Some(3) };
    let mut told = String::new();
    for query in ["?after=0&limit=3", "?page=1&limit=3", "?after=0&status=pending"] {
        let answer = acme.get(&path(&message, &format!("/recipients{query}"))).await;
        writeln!(told, "{query}\n  {} {}", answer.status, answer.body).unwrap();
    }
    acme.script().bulk.page.next = None;
    let answer = acme.get(&path(&message, "/recipients?after=0")).await;
    writeln!(told, "the end\n  {} {}", answer.status, answer.body).unwrap();
    insta::assert_snapshot!(told);
}

/// What the store is asked for.
#[tokio::test]
async fn a_cursor_is_where_the_store_goes_on() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Pending).await;
    for (query, first, limit, states) in [
        ("after=0", 0, 100, 0),
        ("after=17&limit=5", 17, 5, 0),
        ("after=17&limit=5000", 17, 1_000, 0),
        ("after=4294967295", u32::MAX, 100, 0),
        ("after=2&page=7&status=failed", 2, 100, 1),
        ("after=2&status=pending", 2, 100, 2),
        ("page=2&limit=2", 2, 2, 0),
    ] {
        acme.script().bulk.recipient_lists.clear();
        let answer = acme.get(&path(&message, &format!("/recipients?{query}"))).await;
        assert_eq!(answer.status, 200, "{answer}");
        let list = acme.script().bulk.recipient_lists[0].clone();
        assert_eq!((list.first, list.limit, list.states.len()), (first, limit, states), "{query}");
    }
}

#[tokio::test]
async fn a_page_of_a_status_leaves_out_those_before_it() {
    let acme = Acme::new().await;
    let mut message = message(&acme, MessageState::Sent).await;
    message.counts = Counts { failed: 3, success: 9, ..Counts::default() };
    acme.script().bulk.message = Some(message.clone());
    let recipients = vec![recipient(6, RecipientState::Failed)];
    acme.script().bulk.page = RecipientPage { recipients, next: Some(7) };
    let answer = acme.get(&path(&message, "/recipients?status=failed&page=3&limit=1")).await.json();
    assert_eq!((&answer["total"], &answer["data"][0]["id"]), (&3.into(), &7.into()));
    let asked: Vec<_> = acme.script().bulk.recipient_lists.iter().map(|list| list.first).collect();
    assert_eq!(asked, [0, 7, 7], "two are left out, and one is shown");
    let answer = acme.get(&path(&message, "/recipients?status=failed&page=4&limit=1")).await;
    assert_eq!(answer.json()["data"], serde_json::json!([]));
    assert_eq!(acme.script().bulk.recipient_lists.len(), 3, "nothing is looked for in vain");
}

#[tokio::test]
async fn messages_are_told_by_page_and_status() {
    let acme = Acme::new().await;
    for (query, offset, limit, states) in [
        ("", 0, 20, vec![]),
        ("?page=3&limit=7", 14, 7, vec![]),
        ("?limit=5000", 0, 100, vec![]),
        ("?page=4294967295&limit=100", 429_496_729_400, 100, vec![]),
        ("?status=scheduled", 0, 20, vec![MessageState::Scheduled]),
    ] {
        acme.script().bulk.lists.clear();
        let answer = acme.get(&format!("/api/v2/sms{query}")).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.json()["limit"], limit);
        let list = acme.script().bulk.lists[0].clone();
        assert_eq!((list.offset, list.limit, list.states), (offset, limit, states), "{query}");
    }
}

#[tokio::test]
async fn queries_that_ask_for_nothing_are_refused() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Sent).await;
    let recipients = path(&message, "/recipients");
    let mut told = String::new();
    for (name, path) in [
        ("messages", "/api/v2/sms?status=success".to_owned()),
        ("messages", "/api/v2/sms?status=Sent".to_owned()),
        ("messages", "/api/v2/sms?page=0".to_owned()),
        ("messages", "/api/v2/sms?limit=0".to_owned()),
        ("messages", "/api/v2/sms?limit=-1".to_owned()),
        ("messages", "/api/v2/sms?page=4294967296".to_owned()),
        ("recipients", format!("{recipients}?after=-1")),
        ("recipients", format!("{recipients}?after=%2B1")),
        ("recipients", format!("{recipients}?after=x")),
        ("recipients", format!("{recipients}?after=99999999999")),
        ("recipients", format!("{recipients}?status=sent")),
        ("recipients", format!("{recipients}?limit=x")),
    ] {
        let answer = acme.get(&path).await;
        let query = path.split('?').nth(1).unwrap();
        writeln!(told, "{name}?{query}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}
