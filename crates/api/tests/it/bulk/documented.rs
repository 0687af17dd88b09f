//! Responses conform to the OpenAPI document.

use api::Events;
use domain::id::MessageId;
use domain::message::MessageState;
use domain::message::campaign::Counts;
use domain::message::changes::{ChangedRecipient, PackedChanges};
use domain::message::recipient::RecipientState;
use domain::ports::{CampaignSnapshot, Snapshot};
use engine::events::RenderEvent;
use testkit::clock::NOON;

use super::answers::message;
use super::{Acme, to};
use crate::openapi::{conforms, document};
use crate::schema::check;

#[tokio::test]
async fn answers_are_as_documented() {
    let acme = Acme::new().await;
    let sent = message(&acme, MessageState::Sent).await;
    let scheduled = message(&acme, MessageState::Scheduled).await;
    let pending = message(&acme, MessageState::Pending).await;
    let body = to(&["0812345678"]);
    let dry = body.replace('{', r#"{"dryRun": true, "#);
    for (method, verb, expected, body) in [
        ("GET", "", 200, ""),
        ("POST", "/send", 200, body.as_str()),
        ("POST", "/send", 200, &dry),
        ("POST", "/send", 400, "{}"),
        ("POST", "/preview", 200, &body),
        ("GET", "/{uuid}", 200, ""),
        ("GET", "/{uuid}/recipients?after=0", 200, ""),
        ("GET", "/{uuid}/recipients", 200, ""),
        ("GET", "/{uuid}/recipients?after=x", 400, ""),
        ("GET", "/{uuid}/recipients?status=", 400, ""),
        ("GET", "?status=", 400, ""),
        ("GET", "?page=", 400, ""),
        ("POST", "/{uuid}/cancel", 200, ""),
        ("POST", "/{uuid}/retry", 200, ""),
        ("POST", "/{uuid}/pause", 200, ""),
        ("POST", "/{uuid}/resume", 200, ""),
    ] {
        let documented = format!("/api/v2/sms{verb}");
        let message = match verb {
            "/{uuid}/cancel" => &scheduled,
            "/{uuid}/pause" | "/{uuid}/resume" => &pending,
            _ => &sent,
        };
        let asked = documented.replace("{uuid}", &message.id.to_string());
        let headers = [("X-API-Key", acme.key.as_str())];
        let answer = acme.open.call(method, &asked, &headers, body).await;
        assert_eq!(answer.status, expected, "{method} {asked}: {answer}");
        conforms(method, &documented, &answer);
    }
    for documented in ["credits", "credit", "credits/balance", "balance", "senders"] {
        let documented = format!("/api/v2/{documented}");
        conforms("GET", &documented, &acme.get(&documented).await);
        conforms("GET", &documented, &acme.open.get(&documented).await);
    }
}

#[test]
fn the_limits_are_told() {
    let document = document();
    let request = &document["components"]["schemas"]["SendRequest"]["properties"];
    let limit = |field: &str, word: &str| request[field][word].as_u64().unwrap();
    assert_eq!(limit("content", "maxLength"), domain::limits::BULK_TEXT_CHARS_MAX as u64);
    assert_eq!(limit("msisdns", "maxItems"), u64::from(domain::limits::MESSAGE_RECIPIENTS_MAX));
    assert_eq!(limit("variables", "maxProperties"), domain::limits::TEMPLATE_VARIABLES_MAX as u64);
}

#[test]
fn events_are_as_documented() {
    let counts = Counts { success: 2, failed: 1, ..Counts::default() };
    let message = MessageId(uuid::Uuid::from_bytes([7; 16]));
    let state = MessageState::Sent;
    let end = Snapshot::Campaign(CampaignSnapshot { message, state, counts, at: NOON });
    let mut changes = PackedChanges::default();
    for (index, state) in [(0, RecipientState::Success), (1_999_999, RecipientState::Timeout)] {
        changes.push(ChangedRecipient { index, number: 66_812_345_678, state });
    }
    let mut told = String::new();
    for (schema, snapshot) in
        [("FinishedEvent", end), ("RecipientsEvent", Snapshot::Recipients(message, changes))]
    {
        let body = String::from_utf8(Events.body(&snapshot)).unwrap();
        let value = serde_json::from_str(&body).unwrap();
        let schema = &document()["components"]["schemas"][schema];
        assert_eq!(check(&document(), schema, &value), Ok(()), "{body}");
        told += &(body + "\n");
    }
    insta::assert_snapshot!(told);
}
