//! Quiet hours at the bulk door: they hold every message but one-time passwords.

use reqwest::Client;
use serde_json::{Value, json};

use super::campaigner::{Campaigner, SEND};
use crate::running::{Home, Running};

/// Everywhere from an hour ago until in two hours, in UTC.
fn config() -> (String, String) {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let time = |hours| now.saturating_add(jiff::SignedDuration::from_hours(hours));
    let (from, to) = (time(-1).strftime("%H:%M"), time(2).strftime("%H:%M").to_string());
    let end = time(2).strftime("%Y-%m-%dT%H:%M:00.000Z").to_string();
    let carrier = "[[carriers]]\nname = \"sandbox\"\nkind = \"sandbox\"\n\
                   [[routes]]\nprefix = \"\"\ncarriers = [\"sandbox\"]\n";
    let quiet = format!(
        "{carrier}[[quiet_hours]]\nprefix = \"66\"\nzone = \"UTC\"\nfrom = \"{from}\"\nto = \"{to}\"\n"
    );
    (quiet, end)
}

async fn allow_otp(home: &Home, server: &Running) {
    let key = home.answer(&["operator", "add", "Ida"]);
    let set = Client::new().put(server.url("/admin/v1/accounts/1/settings")).bearer_auth(key);
    let set = set.json(&json!({"otp": true})).send().await.unwrap();
    assert_eq!(set.status().as_u16(), 200);
    assert_eq!(set.json::<Value>().await.unwrap()["otp"], true);
}

#[tokio::test]
async fn ten_are_held_as_eleven_are_and_a_one_time_password_is_not() {
    let (config, end) = config();
    let home = Home::with_config(&config);
    let server = home.serve();
    let acme = Campaigner::new(&home, &server, 100);
    let to = |count: u32| {
        let numbers: Vec<_> = (0..count).map(|n| format!("08123456{n:02}")).collect();
        json!({"sender": "ACME", "content": "Hello", "msisdns": numbers})
    };
    let mut held = Vec::new();
    for count in [1, 10, 11] {
        let preview = acme.done("/api/v2/sms/preview", &to(count)).await;
        assert_eq!(preview["heldUntil"], end.as_str(), "{preview}");
        let sent = acme.send(&to(count)).await;
        assert_eq!((&sent["heldUntil"], &sent["status"]), (&json!(end), &json!("pending")));
        held.push(sent["uuid"].clone());
    }
    let elsewhere = json!({"sender": "ACME", "content": "Hej", "msisdns": ["+4520123456"]});
    let sent = acme.send(&elsewhere).await;
    assert_eq!(sent.get("heldUntil"), None, "{sent}");
    acme.await_end(&sent["uuid"]).await;

    let otp = |count| {
        let mut otp = to(count);
        otp["priority"] = json!("otp");
        otp
    };
    acme.refused(SEND, &otp(1), (403, "OTP_NOT_ALLOWED")).await;
    acme.refused("/api/v2/sms/preview", &otp(1), (403, "OTP_NOT_ALLOWED")).await;
    allow_otp(&home, &server).await;
    let why = acme.refused(SEND, &otp(11), (400, "INVALID_PARAMS")).await;
    assert!(why.contains("at most 10"), "{why}");
    let mut wrong = otp(1);
    wrong["priority"] = json!("urgent");
    acme.refused(SEND, &wrong, (400, "INVALID_PARAMS")).await;
    let sent = acme.send(&otp(2)).await;
    assert_eq!(sent.get("heldUntil"), None, "{sent}");
    let message = acme.await_end(&sent["uuid"]).await;
    assert_eq!(message["drSummary"]["success"], 2, "{message}");
    for uuid in held {
        // By now it is known from the queue, which counts from the moment of the claim.
        let message = acme.one(&uuid).await;
        let held_until = message["heldUntil"].as_str().unwrap();
        assert_eq!((&message["status"], &held_until[..19]), (&json!("pending"), &end[..19]));
    }
    server.stop();
}
