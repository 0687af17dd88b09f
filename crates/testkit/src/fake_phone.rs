//! A fake phone: the calls that the open-source SMS Gateway app makes to its private server, without the network. It
//! registers, fetches webhooks and settings, pings, fetches texts to send, and reports messages as signed events, which it
//! repeats as they are: with the URL that they had when they were made, and a fresh signature.

use std::fmt::Write as _;

use domain::phone::message_hash;
use domain::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const ROOT: &str = "/api/mobile/v1";

/// A request of the phone.
#[derive(Debug, Clone)]
pub struct PhoneCall {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// An event that waits to be reported.
#[derive(Debug, Clone)]
pub struct PhoneEvent {
    path: String,
    pub body: String,
}

#[derive(Debug, Clone)]
pub struct FakePhone {
    pub enrolment: String,
    pub version: String,
    /// Of the server's answer to the registration.
    pub id: String,
    pub token: String,
    /// Path of the webhook's URL.
    pub hook: String,
    pub key: String,
    /// The last digits of its SIM cards.
    pub cards: Vec<String>,
    pub events: u32,
}

impl FakePhone {
    pub fn new(enrolment: &str) -> Self {
        Self {
            enrolment: enrolment.to_owned(),
            version: "1.68.0".to_owned(),
            id: String::new(),
            token: String::new(),
            hook: String::new(),
            key: String::new(),
            cards: vec!["0001".to_owned()],
            events: 0,
        }
    }

    fn call(&self, method: &'static str, path: &str, token: &str, body: String) -> PhoneCall {
        let agent = format!("me.capcom.smsgateway/{}", self.version);
        let headers = vec![("User-Agent", agent), ("Authorization", format!("Bearer {token}"))];
        PhoneCall { method, path: format!("{ROOT}{path}"), headers, body }
    }

    /// As the app redacts them.
    fn sim_cards(&self) -> Value {
        let card = |(slot, card): (usize, &String)| {
            json!({ "slotIndex": slot, "simNumber": slot + 1, "phoneNumber": "********0001",
                    "carrierName": "****Cell", "iccid": format!("***************{card}") })
        };
        self.cards.iter().enumerate().map(card).collect()
    }

    pub fn register(&self) -> PhoneCall {
        let body = json!({ "name": "Google/oriole", "simCards": self.sim_cards() });
        self.call("POST", "/device", &self.enrolment, body.to_string())
    }

    /// Takes the answer to [`FakePhone::register`].
    pub fn registered(&mut self, answer: &Value) {
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (self.id, self.token) = (text("id"), text("token"));
    }

    /// At each start of the app.
    pub fn update(&self) -> PhoneCall {
        let body = json!({ "id": self.id, "simCards": self.sim_cards() });
        self.call("PATCH", "/device", &self.token, body.to_string())
    }

    pub fn get(&self, path: &str) -> PhoneCall {
        self.call("GET", path, &self.token, String::new())
    }

    pub fn report_messages(&self, body: &Value) -> PhoneCall {
        self.call("PATCH", "/message", &self.token, body.to_string())
    }

    /// Reports what became of a text that it fetched, as one of the app's snapshots.
    pub fn reports_text(&self, text: &Value, state: &str, error: Option<&str>) -> PhoneCall {
        let mut recipient = json!({ "phoneNumber": text["phoneNumbers"][0], "state": state });
        if let Some(error) = error {
            recipient["error"] = error.into();
        }
        let states = json!({ "Pending": "2026-07-01T14:00:01.200+02:00", state: "2026-07-01T14:00:02.200+02:00" });
        self.report_messages(&json!([{ "id": text["id"], "state": state, "recipients": [recipient],
                                       "states": states }]))
    }

    /// The event that says the same: `sms:sent`, `sms:delivered`, `sms:failed`.
    pub fn text_event(&mut self, text: &Value, event: &str) -> PhoneEvent {
        let payload = json!({ "messageId": text["id"], "recipient": text["phoneNumbers"][0],
                              "simNumber": text["simNumber"], "reason": "Send result: RESULT_ERROR_NO_SERVICE" });
        self.event(event, &payload)
    }

    /// Takes the answers to `/webhooks` and `/settings`.
    pub fn synced(&mut self, webhooks: &Value, settings: &Value) {
        let url = webhooks[0]["url"].as_str().unwrap_or_default();
        let path = url.find(ROOT).and_then(|at| url.get(at..)).unwrap_or_default();
        path.clone_into(&mut self.hook);
        let key = &settings["webhooks"]["signing_key"];
        key.as_str().unwrap_or_default().clone_into(&mut self.key);
    }

    pub fn event(&mut self, event: &str, payload: &Value) -> PhoneEvent {
        self.events += 1;
        let id = format!("event-{:015}", self.events);
        let body = json!({ "id": id, "webhookId": event.replace(':', "-"), "event": event,
                           "deviceId": self.id, "payload": payload });
        PhoneEvent { path: self.hook.clone(), body: body.to_string() }
    }

    /// A message came to a SIM card; the network took it at `at`. The app escapes some characters.
    pub fn receives(
        &mut self,
        sim: Option<u8>,
        from: &str,
        text: &str,
        at: Timestamp,
    ) -> PhoneEvent {
        let hash = message_hash(from, at, sim.map(i32::from), text);
        let received_at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
        let mut payload = json!({ "message": text, "receivedAt": format!("{received_at:.3}"),
                                  "messageId": hash, "sender": from, "phoneNumber": from });
        if let Some(sim) = sim {
            payload["simNumber"] = sim.into();
        }
        let mut event = self.event("sms:received", &payload);
        event.body = escaped(&event.body);
        event
    }

    pub fn ping(&mut self, health: &str) -> PhoneEvent {
        let health = json!({ "status": health, "version": self.version, "checks": {} });
        self.event("system:ping", &json!({ "health": health }))
    }

    /// One attempt to report an event, signed at `timestamp_s` with the present key.
    pub fn attempt(&self, event: &PhoneEvent, timestamp_s: i64) -> PhoneCall {
        let timestamp = timestamp_s.to_string();
        let mut signature = String::new();
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()) {
            mac.update(event.body.as_bytes());
            mac.update(timestamp.as_bytes());
            for byte in mac.finalize().into_bytes() {
                let _ = write!(signature, "{byte:02x}");
            }
        }
        let headers = vec![
            ("User-Agent", format!("me.capcom.smsgateway/{}", self.version)),
            ("Content-Type", "application/json".to_owned()),
            ("X-Timestamp", timestamp),
            ("X-Signature", signature),
        ];
        PhoneCall { method: "POST", path: event.path.clone(), headers, body: event.body.clone() }
    }
}

fn escaped(json: &str) -> String {
    let escape =
        |text: String, char: char| text.replace(char, &format!("\\u{:04x}", u32::from(char)));
    ['<', '>', '&', '=', '\''].into_iter().fold(json.to_owned(), escape)
}
