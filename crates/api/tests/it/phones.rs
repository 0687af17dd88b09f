//! The phones door, called by a fake phone.

use domain::inbound::{InboundContent, Party};
use domain::money::Msat;
use domain::number::pool::{LendNumber, LoanPurpose, PoolLine, PoolTerms};
use domain::ports::Clock;
use engine::phones::{PhoneList, SimNumber};
use serde_json::{Value, json};
use testkit::clock::SeededRandom;
use testkit::fake_phone::{FakePhone, PhoneCall, PhoneEvent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::client::{Answer, connect, request};
use crate::house::{BY, Open};

const NUMBER: &str = "+4520000001";

struct World {
    open: Open,
    phones: PhoneList,
    phone: FakePhone,
}

impl World {
    /// A phone that was given its token, and has not called yet.
    async fn new() -> Self {
        let open = Open::new().await;
        let house = &open.house;
        let random = SeededRandom::new(3);
        let phones = PhoneList::new(house.store.clone(), house.clock.clone(), random);
        let (_, token) = phones.add("desk", None, BY).await.unwrap();
        let phone = FakePhone::new(token.expose());
        Self { open, phones, phone }
    }

    /// A phone that is registered, with a proven number, and has pinged.
    async fn ready() -> Self {
        let mut world = Self::new().await;
        world.register().await;
        let new = SimNumber {
            sim: 1,
            number: Party::new(NUMBER),
            country: "DK".parse().unwrap(),
            rents: false,
            is_proven: true,
        };
        let id = world.phones.list().await.unwrap()[0].id;
        assert_eq!(world.phones.set_number(id, new, BY).await.unwrap(), None);
        let ping = world.phone.ping("pass");
        assert_eq!(world.report(&ping).await.status, 200);
        world
    }

    async fn send(&self, call: &PhoneCall) -> Answer {
        let headers: Vec<_> =
            call.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.open.call(call.method, &call.path, &headers, &call.body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(&self.phone.get(path)).await
    }

    async fn register(&mut self) {
        let answer = self.send(&self.phone.register()).await;
        assert_eq!(answer.status, 201, "{answer}");
        self.phone.registered(&answer.json());
        self.sync().await;
    }

    async fn sync(&mut self) {
        let (webhooks, settings) = (self.get("/webhooks").await, self.get("/settings").await);
        self.phone.synced(&webhooks.json(), &settings.json());
    }

    async fn report(&self, event: &PhoneEvent) -> Answer {
        let now = self.open.house.clock.now().as_secs();
        self.send(&self.phone.attempt(event, now)).await
    }

    async fn receives(&mut self, from: &str, text: &str) -> u16 {
        let event = self.phone.receives(Some(1), from, text, self.open.house.clock.now());
        self.report(&event).await.status
    }

    async fn texts(&self) -> Vec<String> {
        let inbound = self.open.house.store.inbound_list(None, 100).await.unwrap();
        let text = |content: &InboundContent| content.text().unwrap().as_str().to_owned();
        inbound.iter().rev().map(|message| text(&message.content)).collect()
    }

    async fn lend(&self, id: u128) -> bool {
        let now = self.open.house.clock.now();
        let terms = PoolTerms::default();
        let wanted = LendNumber {
            id: Uuid::from_u128(id),
            line: PoolLine::Phone,
            purpose: LoanPurpose::Code,
            service: "tg".parse().unwrap(),
            countries: vec![],
            until: now.after(terms.code_time),
            terms,
            share: Msat::ZERO,
        };
        self.open.house.store.lend(wanted, now).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn a_phone_registers_with_its_token_alone() {
    let mut world = World::new().await;
    let call = world.phone.register();
    for (value, status) in [
        ("Bearer wrong", 401),
        ("Basic bG9naW46cGFzc3dvcmQ=", 401),
        ("Code 123456", 401),
        ("Bearer ", 401),
    ] {
        let mut call = call.clone();
        call.headers[1].1 = value.to_owned();
        let answer = world.send(&call).await;
        assert_eq!(answer.status, status, "{value}");
        assert!(answer.json()["message"].is_string());
    }
    let mut bare = call.clone();
    bare.headers.truncate(1);
    assert_eq!(world.send(&bare).await.status, 401);
    let answer = world.send(&call).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!((&body["id"], &body["login"]), (&json!("phone-1"), &json!("desk")));
    assert_eq!(body["password"], Value::Null);
    world.phone.registered(&body);
    let first = world.phone.clone();
    world.register().await;
    assert_eq!(world.phone.id, first.id, "the same phone");
    assert_eq!(world.send(&first.get("/message")).await.status, 401, "its old token is dead");
    assert_eq!(world.get("/message").await.status, 200);
}

#[tokio::test]
async fn a_token_or_an_id_of_another_server_makes_the_phone_register() {
    let mut world = World::new().await;
    let foreign = FakePhone { token: "foreign".to_owned(), ..world.phone.clone() };
    assert_eq!(world.send(&foreign.update()).await.status, 401);
    world.register().await;
    assert_eq!(world.send(&world.phone.update()).await.status, 204);
    let other = FakePhone { id: "phone-2".to_owned(), ..world.phone.clone() };
    assert_eq!(world.send(&other.update()).await.status, 401);
    let slashes = PhoneCall { path: "/api/mobile/v1//devices".to_owned(), ..world.phone.update() };
    assert_eq!(world.send(&slashes).await.status, 204);
}

#[tokio::test]
async fn a_failure_of_ours_is_never_a_bad_token() {
    let mut world = World::ready().await;
    let event = world.phone.receives(Some(1), "Telegram", "1", world.open.house.clock.now());
    world.open.house.gate.set_down(true);
    let phone = &world.phone;
    for call in [phone.register(), phone.update(), phone.get("/message"), phone.get("/events")] {
        let answer = world.send(&call).await;
        assert_eq!(answer.status, 503, "{}", call.path);
    }
    assert_eq!(world.report(&event).await.status, 503);
    world.open.house.gate.set_down(false);
    assert_eq!(world.report(&event).await.status, 200);
    assert_eq!(world.report(&event).await.status, 200);
    assert_eq!(world.texts().await, ["1"], "stored once");
}

#[tokio::test]
async fn a_phone_has_nothing_to_send_and_may_report_what_it_likes() {
    let mut world = World::new().await;
    world.register().await;
    for path in ["/message?order=fifo", "/messages", "/message"] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "[]"));
    }
    let report = json!([{ "id": "unknown", "state": "Sent", "recipients": [], "states": {} }]);
    assert_eq!(world.send(&world.phone.report_messages(&report)).await.status, 204);
    assert_eq!(world.open.get("/api/mobile/v1/message").await.status, 401);
    assert_eq!(world.open.get("/api/mobile/v1/other").await.status, 404);
}

#[tokio::test]
async fn lists_the_events_that_the_app_knows_and_settings() {
    let mut world = World::new().await;
    world.register().await;
    let events = |webhooks: &Value| -> Vec<String> {
        let webhooks = webhooks.as_array().unwrap().iter();
        webhooks.map(|webhook| webhook["event"].as_str().unwrap().to_owned()).collect()
    };
    let of = async |version: &str| {
        let phone = FakePhone { version: version.to_owned(), ..world.phone.clone() };
        events(&world.send(&phone.get("/webhooks")).await.json())
    };
    let old = ["sms:received", "system:ping", "sms:sent", "sms:delivered", "sms:failed"];
    assert_eq!(of("1.54.0").await, old);
    assert_eq!(of("1.66.0").await, [&old[..], &["app:started"]].concat());
    let mut unknown = world.phone.get("/webhooks");
    unknown.headers.remove(0);
    assert_eq!(events(&world.send(&unknown).await.json()), old);
    let webhooks = world.get("/webhooks").await.json();
    let url = webhooks[0]["url"].as_str().unwrap();
    assert!(url.starts_with("https://boltgram/api/mobile/v1/hook/1-"), "{url}");
    assert_eq!(webhooks, world.get("/webhooks").await.json(), "ids and URLs are stable");
    let settings = world.get("/settings").await.json();
    assert_eq!(settings["ping"]["interval_seconds"], 60);
    assert_eq!(settings["gateway"]["notification_channel"], "SSE_ONLY");
    assert!(settings["webhooks"]["signing_key"].as_str().unwrap().len() >= 32);
}

#[tokio::test]
async fn the_stream_says_at_once_what_to_fetch_and_ends_with_the_token() {
    let mut world = World::new().await;
    world.register().await;
    let call = world.phone.get("/events");
    let headers: Vec<_> =
        call.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut stream = connect(world.open.address).await;
    stream.write_all(&request("GET", &call.path, &headers, "")).await.unwrap();
    let mut read = String::new();
    while !read.contains("event: SettingsUpdated\ndata: {}\n\n") {
        let mut bytes = [0; 1_024];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "{read}");
        read += &String::from_utf8_lossy(&bytes[..count]);
    }
    assert!(read.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream"), "{read}");
    let ok = read.find(":ok").or_else(|| read.find(": ok")).unwrap();
    assert!(ok < read.find("event: WebhooksUpdated\ndata: {}\n\n").unwrap(), "{read}");
    world.register().await;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(world.send(&call).await.status, 401);
}

#[tokio::test]
async fn the_stream_does_not_hold_up_the_end_of_the_server() {
    let mut world = World::new().await;
    world.register().await;
    let call = world.phone.get("/events");
    let headers: Vec<_> =
        call.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut stream = connect(world.open.address).await;
    stream.write_all(&request("GET", &call.path, &headers, "")).await.unwrap();
    let mut bytes = [0; 16];
    stream.read_exact(&mut bytes).await.unwrap();
    drop(world.open.stop.take());
    let ended =
        tokio::time::timeout(std::time::Duration::from_secs(5), world.open.server.join_next());
    ended.await.expect("the server ends soon");
}

#[tokio::test]
async fn takes_events_that_are_signed_by_the_phone_alone() {
    let mut world = World::ready().await;
    let now = world.open.house.clock.now();
    let event = world.phone.receives(Some(1), "+15551230001", "Your code is 123456", now);
    let good = world.phone.attempt(&event, now.as_secs());
    let with = |change: fn(&mut PhoneCall)| {
        let mut call = good.clone();
        change(&mut call);
        call
    };
    for bad in [
        with(|call| call.body = call.body.replace("123456", "654321")),
        with(|call| call.headers[2].1 = "1782907206".to_owned()),
        with(|call| call.headers[3].1 = "00".repeat(32)),
        with(|call| call.headers.truncate(2)),
        with(|call| call.path += "0"),
        with(|call| call.path = call.path.replace("/1-", "/2-")),
        with(|call| call.path = "/api/mobile/v1/hook/x".to_owned()),
    ] {
        let answer = world.send(&bad).await;
        assert_eq!(answer.status, 401, "{}", bad.path);
    }
    assert_eq!(world.texts().await, Vec::<String>::new());
    // The phone's clock may be anywhere.
    assert_eq!(world.send(&world.phone.attempt(&event, 7)).await.status, 200);
    assert_eq!(world.texts().await, ["Your code is 123456"]);
    let long = world.phone.receives(Some(1), "x", &"é".repeat(200_000), now);
    assert_eq!(world.report(&long).await.status, 413);
}

#[tokio::test]
async fn a_message_to_a_number_on_loan_is_stored_once_whatever_the_phone_repeats() {
    let mut world = World::ready().await;
    assert!(world.lend(1).await);
    assert!(!world.lend(2).await, "its only number is on loan");
    let now = world.open.house.clock.now();
    let text = "<#> Your code: 123-456 & more = 'é 😀'";
    let event = world.phone.receives(Some(1), "Telegram", text, now);
    let twin = world.phone.receives(Some(1), "Telegram", text, now);
    for event in [&event, &twin, &event] {
        assert_eq!(world.report(event).await.status, 200);
    }
    // Registered anew: the event keeps the URL and gets the present key.
    world.register().await;
    assert_eq!(world.report(&event).await.status, 200);
    assert_eq!(world.receives("Telegram", "second").await, 200);
    let loan = world
        .open
        .house
        .store
        .loan(PoolLine::Phone, Uuid::from_u128(1), now)
        .await
        .unwrap()
        .unwrap();
    let texts: Vec<_> = loan.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, [text, "second"]);
    assert_eq!(loan.number.e164(), NUMBER);
}

#[tokio::test]
async fn a_phone_that_vanishes_is_lent_no_more_and_its_late_message_is_taken() {
    let mut world = World::ready().await;
    assert!(world.lend(1).await);
    let late = world.phone.receives(Some(1), "Telegram", "123456", world.open.house.clock.now());
    let clock = &world.open.house.clock;
    clock.advance(std::time::Duration::from_secs(10 * 60));
    assert_eq!(world.report(&late).await.status, 200, "the loan is still open");
    let now = world.open.house.clock.now();
    let loan = world
        .open
        .house
        .store
        .loan(PoolLine::Phone, Uuid::from_u128(1), now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(loan.messages.len(), 1);
    world.open.house.clock.advance(std::time::Duration::from_secs(40 * 60));
    let service = LendNumber {
        service: "wa".parse().unwrap(),
        ..LendNumber {
            id: Uuid::from_u128(2),
            line: PoolLine::Phone,
            purpose: LoanPurpose::Code,
            service: "tg".parse().unwrap(),
            countries: vec![],
            until: world.open.house.clock.now().after(PoolTerms::default().code_time),
            terms: PoolTerms::default(),
            share: Msat::ZERO,
        }
    };
    let store = world.open.house.store.clone();
    let now = world.open.house.clock.now();
    assert_eq!(store.lend(service.clone(), now).await, Ok(None), "it has not pinged");
    let ping = world.phone.ping("warn");
    assert_eq!(world.report(&ping).await.status, 200);
    assert!(store.lend(service, now).await.unwrap().is_some(), "it is back");
}

#[tokio::test]
async fn other_events_are_answered_and_a_changed_card_must_be_proven() {
    let mut world = World::ready().await;
    for (event, payload) in [
        ("mms:received", json!({ "messageId": "1" })),
        ("sms:batch:received", json!({ "messages": [] })),
        (
            "app:started",
            json!({ "simCards": [{ "simNumber": 1, "iccid": "8945020000000000001" }] }),
        ),
    ] {
        let event = world.phone.event(event, &payload);
        assert_eq!(world.report(&event).await.status, 200);
    }
    let proven =
        async |world: &World| world.phones.list().await.unwrap()[0].sims[0].proven_at.is_some();
    assert!(proven(&world).await);
    world.phone.cards = vec!["0009".to_owned()];
    assert_eq!(world.send(&world.phone.update()).await.status, 204);
    assert!(!proven(&world).await);
    assert!(!world.lend(1).await);
    let broken = world.phone.event("sms:received", &json!({ "message": 7 }));
    assert_eq!(world.report(&broken).await.status, 400);
}

#[tokio::test]
async fn a_text_that_the_phone_could_not_report_in_time_is_not_the_next_borrower_s() {
    let mut world = World::ready().await;
    let before = world.open.house.clock.now();
    let late = world.phone.receives(Some(1), "Telegram", "123456", before);
    world.open.house.clock.advance(std::time::Duration::from_secs(11 * 60));
    let ping = world.phone.ping("pass");
    assert_eq!((world.report(&ping).await.status, world.lend(1).await), (200, true));
    let event = json!({ "message": "1", "messageId": "1", "simNumber": 1, "receivedAt": "?" });
    let event = world.phone.event("sms:received", &event);
    for event in [late, event] {
        assert_eq!(world.report(&event).await.status, 200, "it is stored");
    }
    let now = world.open.house.clock.now();
    let store = &world.open.house.store;
    let loan = store.loan(PoolLine::Phone, Uuid::from_u128(1), now).await.unwrap().unwrap();
    let texts: Vec<_> = loan.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!((texts, world.texts().await.len()), (vec!["1"], 2));
}
