//! Inbound messages.

use std::sync::Arc;
use std::time::Duration;

use domain::event::Target;
use domain::id::{AccountId, InboundId};
use domain::inbound::{
    InboundBody, InboundContent, InboundMessage, InboundPart, Join, JoinScheme, Octets, Party,
    Receiver, Receivers, Spelling,
};
use domain::limits::{INBOUND_JOIN_MAX, INBOUND_REPEAT_MAX};
use domain::money::Msat;
use domain::ports::{InboundRecorded, Snapshot};
use domain::routing::CarrierName;
use domain::secret::Secret;
use domain::time::Timestamp;
use uuid::Uuid;

use super::Rig;
use super::world::{CARRIER, DELIVERED, NODE, World, at, result, retry_at};

const FROM: &str = "4520123456";
const TO: &str = "1919";

pub(super) fn whole(text: &str, at: Timestamp) -> InboundPart {
    InboundPart {
        carrier: CarrierName::new(CARRIER),
        from: Party::new(FROM),
        to: Party::new(TO),
        spelling: Spelling::default(),
        body: InboundBody::Text(text.to_owned()),
        join: None,
        at,
        interrupted_at: super::world::at(0),
    }
}

fn nth(number: u8, total: u8, text: &str, at: Timestamp) -> InboundPart {
    let join = Join::new(JoinScheme::Udh8, 200, total, number);
    InboundPart { join, ..whole(text, at) }
}

fn callback() -> Target {
    Target::Callback { url: "https://rest.example/?a=b".to_owned() }
}

fn webhook(url: &str, secret: &str) -> Option<Target> {
    Some(Target::Webhook { url: url.to_owned(), secret: Secret::new(secret) })
}

impl World {
    pub(super) async fn take_as(
        &self,
        receivers: &Arc<Receivers>,
        parts: &[InboundPart],
        now: Timestamp,
    ) -> InboundRecorded {
        let id = || {
            let millis = u64::try_from(now.as_millis()).unwrap();
            let number = self.number().to_be_bytes();
            let bits = [&[0, 0][..], &number].concat().try_into().unwrap();
            InboundId(uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid())
        };
        let parts = parts.iter().map(|part| (id(), part.clone())).collect();
        self.store.record_inbound(parts, receivers.clone(), now).await.unwrap()
    }

    pub(super) async fn take(&self, parts: &[InboundPart]) -> InboundRecorded {
        let now = parts.iter().map(|part| part.at).max().unwrap();
        self.take_as(&Arc::default(), parts, now).await
    }

    async fn give_up(&self, waiting_since: Timestamp, now: Timestamp) -> InboundRecorded {
        self.store.join_incomplete(waiting_since, Arc::default(), now, 100).await.unwrap()
    }

    pub(super) async fn came_in(&self) -> Vec<InboundMessage> {
        self.store.inbound_list(None, 1_000).await.unwrap()
    }

    async fn texts(&self) -> Vec<String> {
        let came_in = self.came_in().await.into_iter().rev();
        came_in.map(|message| message.content.text().unwrap().as_str().to_owned()).collect()
    }
}

pub(super) fn made(complete: u32, incomplete: u32, repeats: u32) -> InboundRecorded {
    InboundRecorded { complete, incomplete, repeats, ..InboundRecorded::default() }
}

pub async fn stores_a_whole_message_at_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    assert_eq!(world.take(&[whole("Hej æøå 😀", at(5))]).await, made(1, 0, 0));
    let [message] = world.came_in().await.try_into().unwrap();
    let expected = InboundMessage {
        id: message.id,
        carrier: CarrierName::new(CARRIER),
        from: Party::new(FROM),
        to: Party::new(TO),
        content: InboundContent::Text("Hej æøå 😀".into()),
        parts: 1,
        missing: vec![],
        account: None,
        received_at: at(5),
    };
    assert_eq!(message, expected);
    assert_eq!(world.store.inbound(message.id).await.unwrap(), Some(expected));
    assert_eq!(world.store.inbound(InboundId(Uuid::nil())).await.unwrap(), None);
}

pub async fn joins_parts_in_every_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let text = ["a", "b", "c", "d", "e"];
    let mut orders: Vec<Vec<usize>> = vec![vec![]];
    for next in 0..text.len() {
        let insert = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| [&order[..at], &[next], &order[at..]].concat())
        };
        orders = orders.into_iter().flat_map(insert).collect();
    }
    assert_eq!(orders.len(), 120);
    for (reference, order) in orders.iter().enumerate() {
        let reference = u16::try_from(reference).unwrap();
        // Alternately as one batch, and part by part with a repeat of each.
        let alone = reference.is_multiple_of(2);
        let parts: Vec<_> = order
            .iter()
            .flat_map(|index| {
                let number = u8::try_from(index + 1).unwrap();
                let join = Join::new(JoinScheme::Udh16, reference, 5, number);
                let part = InboundPart { join, ..whole(text[*index], at(u64::from(reference))) };
                [part.clone(), part]
            })
            .collect();
        let mut made = InboundRecorded::default();
        for batch in parts.chunks(if alone { 1 } else { parts.len() }) {
            let some = world.take(batch).await;
            made.complete += some.complete;
            made.repeats += some.repeats;
        }
        assert_eq!((made.complete, made.repeats), (1, 5), "{order:?}");
    }
    let texts = world.texts().await;
    assert_eq!(texts.len(), 120);
    assert!(texts.iter().all(|text| text == "abcde"));
}

pub async fn joins_split_pairs_and_keeps_octets(rig: &impl Rig) {
    let world = World::new(rig).await;
    let units: Vec<u16> = "a😀b".encode_utf16().collect();
    let (first, second) = units.split_at(2);
    let part = |number, body| {
        let join = Join::new(JoinScheme::Sar, 7, 2, number);
        InboundPart { body, join, ..whole("", at(5)) }
    };
    world.take(&[part(2, InboundBody::Units(second.to_vec()))]).await;
    world.take(&[part(1, InboundBody::Units(first.to_vec()))]).await;
    assert_eq!(world.texts().await, ["a😀b"]);
    let join = |number| Join::new(JoinScheme::Sar, 8, 2, number);
    let octets = |number, octet| InboundPart {
        body: InboundBody::Octets(vec![octet, 0]),
        join: join(number),
        ..whole("", at(6))
    };
    world.take(&[octets(2, 0xFF)]).await;
    world.take(&[octets(1, 0x01)]).await;
    let expected = InboundContent::Octets(Octets::new(vec![0x01, 0, 0xFF, 0]));
    assert_eq!(world.came_in().await[0].content, expected);
}

pub async fn distinguishes_parts_of_different_messages(rig: &impl Rig) {
    let world = World::new(rig).await;
    let base = |number| nth(number, 2, "x", at(5));
    let join = |scheme, reference| Join::new(scheme, reference, 2, 2);
    let other_total = nth(2, 3, "x", at(5));
    let others = [
        InboundPart { carrier: CarrierName::new("other"), ..base(2) },
        InboundPart { from: Party::new("4511111111"), ..base(2) },
        InboundPart { to: Party::new("1920"), ..base(2) },
        InboundPart { join: join(JoinScheme::Udh8, 201), ..base(2) },
        InboundPart { join: join(JoinScheme::Udh16, 200), ..base(2) },
        InboundPart { join: join(JoinScheme::Sar, 200), ..base(2) },
        other_total,
    ];
    world.take(&[base(1)]).await;
    assert_eq!(world.take(&others).await, made(0, 0, 0));
    assert_eq!(world.take(&[base(2)]).await, made(1, 0, 0));
    assert_eq!(world.texts().await, ["xx"]);
}

pub async fn keeps_other_content_with_the_same_part_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.take(&[nth(1, 2, "a1", at(5))]).await;
    assert_eq!(world.take(&[nth(1, 2, "b1", at(6))]).await, made(0, 0, 0));
    world.take(&[nth(2, 2, "a2", at(7)), nth(2, 2, "b2", at(8))]).await;
    assert_eq!(world.texts().await, ["a1a2", "b1b2"]);
}

pub async fn a_joined_part_is_a_repeat_for_a_limited_time(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.take(&[nth(1, 2, "a", at(5)), nth(2, 2, "b", at(6))]).await;
    assert_eq!(world.take(&[nth(2, 2, "b", at(7))]).await, made(0, 0, 1));
    // The reference is reused.
    assert_eq!(world.take(&[nth(2, 2, "c", at(8)), nth(1, 2, "d", at(8))]).await, made(1, 0, 0));
    let later = at(9).after(INBOUND_REPEAT_MAX);
    assert_eq!(world.give_up(at(0), later).await.forgotten, 2);
    world.take(&[nth(1, 2, "a", later), nth(2, 2, "b", later)]).await;
    assert_eq!(world.texts().await, ["ab", "dc", "ab"]);
}

pub async fn an_equal_message_is_a_repeat_only_after_an_interruption(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.take(&[whole("JA", at(5))]).await;
    assert_eq!(world.take(&[whole("JA", at(6))]).await, made(1, 0, 0));
    let again = |text: &str, interrupted| InboundPart {
        interrupted_at: interrupted,
        ..whole(text, at(30))
    };
    assert_eq!(world.take(&[again("JA", at(20))]).await, made(0, 0, 1));
    assert_eq!(world.take(&[again("NEJ", at(20))]).await, made(1, 0, 0));
    let units = InboundBody::Units("JA".encode_utf16().collect());
    let other = InboundPart { body: units, ..again("JA", at(20)) };
    assert_eq!(world.take(&[other]).await, made(1, 0, 0));
    // The response to a later one was not lost.
    assert_eq!(world.take(&[again("JA", at(4))]).await, made(1, 0, 0));
    assert_eq!(world.came_in().await.len(), 5);
}

pub async fn an_equal_message_is_a_repeat_after_a_restart(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.take(&[whole("JA", at(5)), nth(1, 2, "a", at(5))]).await;
    let next = World::from(rig, 1_000).await;
    let again = InboundPart { interrupted_at: at(20), ..whole("JA", at(30)) };
    assert_eq!(next.take(&[again]).await, made(0, 0, 1));
    assert_eq!(next.take(&[nth(2, 2, "b", at(30))]).await, made(1, 0, 0));
    assert_eq!(next.texts().await, ["JA", "ab"]);
}

pub async fn joins_parts_stored_out_of_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    for (first, second) in [(6, 5), (90, 20)] {
        world.take(&[nth(2, 2, "b", at(first))]).await;
        assert_eq!(world.take(&[nth(1, 2, "a", at(second))]).await, made(1, 0, 0));
        assert_eq!(world.take(&[nth(2, 2, "b", at(second))]).await, made(0, 0, 1));
        world.give_up(at(0), at(100).after(INBOUND_REPEAT_MAX)).await;
    }
    assert_eq!(world.texts().await, ["ab", "ab"]);
}

pub async fn joins_incomplete_messages_after_the_timeout(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.take(&[nth(1, 3, "a", at(5)), nth(3, 3, "c", at(60))]).await;
    let now = at(6).after(INBOUND_JOIN_MAX);
    assert_eq!(world.give_up(at(5), now).await, made(0, 0, 0));
    assert_eq!(world.give_up(at(6), now).await, made(0, 1, 0));
    assert_eq!(world.give_up(at(6), now).await, made(0, 0, 0));
    let [message] = world.came_in().await.try_into().unwrap();
    assert_eq!((message.parts, message.missing.clone()), (3, vec![2]));
    assert_eq!(message.content, InboundContent::Text("ac".into()));
    assert!(!message.is_complete());
    // Too late: it is reported alone after the timeout.
    assert_eq!(world.take(&[nth(2, 3, "b", now)]).await, made(0, 0, 0));
    assert_eq!(world.take(&[nth(3, 3, "c", now)]).await, made(0, 0, 1));
    let later = now.after(Duration::from_secs(1));
    assert_eq!(world.give_up(later, later).await, made(0, 1, 0));
    assert_eq!(world.came_in().await[0].missing, [1, 3]);
}

pub async fn reports_the_owner_of_the_destination_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let receiver =
        |account: Option<AccountId>, target| Receiver { account, target, ..Receiver::default() };
    let receivers = Arc::new(Receivers {
        numbers: [
            (Party::new("+4560"), receiver(Some(account), webhook("https://a.example", "whsec_a"))),
            (Party::new("4561"), receiver(Some(account), None)),
        ]
        .into(),
        others: receiver(None, Some(callback())),
        ..Receivers::default()
    });
    let to = |number: &str, text| InboundPart { to: Party::new(number), ..whole(text, at(5)) };
    let parts = [to("4560", "one"), to("4561", "two"), to("1919", "three")];
    let made = world.take_as(&receivers, &parts, at(6)).await;
    assert_eq!((made.complete, made.events), (3, 2));
    let accounts: Vec<_> = world.came_in().await.iter().map(|m| m.account).collect();
    assert_eq!(accounts.iter().filter(|of| **of == Some(account)).count(), 2);

    let mut due = world.store.claim_deliveries(NODE, at(6), at(66), 10).await.unwrap();
    due.sort_by(|a, b| a.target.url().cmp(b.target.url()));
    let reported: Vec<_> = due
        .iter()
        .map(|event| {
            let Snapshot::Inbound(message) = &event.snapshot else { panic!("an order") };
            let text = message.content.text().unwrap().as_str().to_owned();
            (event.target.clone(), text, event.at)
        })
        .collect();
    let expected = [
        (webhook("https://a.example", "whsec_a").unwrap(), "one".to_owned(), at(6)),
        (callback(), "three".to_owned(), at(6)),
    ];
    assert_eq!(reported, expected);
    assert_ne!(due[0].event, due[1].event);

    // Retried until it is delivered, under the same id.
    let results = vec![result(due[0].id, DELIVERED), result(due[1].id, retry_at(at(70)))];
    world.store.record_deliveries(results, at(10)).await.unwrap();
    let again = world.store.claim_deliveries(NODE, at(80), at(140), 10).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].event, again[0].attempts), (due[1].event, 1));
}

pub async fn reports_an_incomplete_message_to_the_owner_of_its_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    let others =
        Receiver { target: webhook("https://a.example", "whsec_a"), ..Receiver::default() };
    let receivers = Arc::new(Receivers { others, ..Receivers::default() });
    let made = world.take_as(&receivers, &[nth(2, 2, "b", at(5))], at(5)).await;
    assert_eq!(made.events, 0);
    let store = &world.store;
    let made = store.join_incomplete(at(6), receivers, at(700), 10).await.unwrap();
    assert_eq!((made.incomplete, made.events), (1, 1));
    let [event] =
        store.claim_deliveries(NODE, at(700), at(760), 10).await.unwrap().try_into().unwrap();
    let Snapshot::Inbound(message) = event.snapshot else { panic!("an order") };
    assert_eq!((message.missing, message.received_at), (vec![1], at(5)));
}

pub async fn lists_inbound_messages_newest_first(rig: &impl Rig) {
    let world = World::new(rig).await;
    for second in 1..=5 {
        world.take(&[whole(&second.to_string(), at(second))]).await;
    }
    let first = world.store.inbound_list(None, 2).await.unwrap();
    let rest = world.store.inbound_list(Some(first[1].id), 10).await.unwrap();
    let texts = |list: &[InboundMessage]| {
        list.iter().map(|m| m.content.text().unwrap().as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&first), ["5", "4"]);
    assert_eq!(texts(&rest), ["3", "2", "1"]);
}

pub async fn two_processes_join_one_message_once(rig: &impl Rig) {
    let (one, two) = (World::new(rig).await, World::from(rig, 1_000_000).await);
    for reference in 0..50 {
        let part = |number| {
            let join = Join::new(JoinScheme::Udh8, reference, 2, number);
            vec![InboundPart { join, ..whole(&number.to_string(), at(5)) }]
        };
        let (first, second) = (part(1), part(2));
        let (a, b) = tokio::join!(one.take(&first), two.take(&second));
        assert_eq!(a.complete + b.complete, 1, "reference {reference}");
    }
    assert!(one.texts().await.iter().all(|text| text == "12"));
}
