//! Corrupt rows: they are deferred for a day, and block no other work.

use std::sync::Arc;
use std::time::Duration;

use domain::id::{AccountId, OrderId};
use domain::money::Msat;
use domain::ports::{
    AcceptedPart, ChunkEnd, ClaimedChunk, End, HoldOrder, OrderAdmission, Outcome, Store,
    SubmissionKey,
};
use domain::routing::CarrierName;
use domain::sale::order::{NewOrder, Payment};
use domain::secret::Preimage;
use domain::time::Timestamp;
use testkit::clock::NOON;

use crate::fixture::{CAPS, Database, account, credit_order, lightning_order, spend};

const PRICE: Msat = Msat::new(1_000);
const LEASE: Duration = Duration::from_secs(120);

fn tomorrow() -> Timestamp {
    NOON.after(Duration::from_secs(24 * 60 * 60))
}

async fn stored(database: &Database) -> (Arc<dyn Store>, AccountId) {
    let store = database.open().await;
    let payer = account(&*store, Msat::new(10_000)).await;
    (store, payer)
}

/// Two messages are due, and `damage` is applied to the first.
async fn damaged(database: &Database, damage: &str) -> Arc<dyn Store> {
    let (store, payer) = stored(database).await;
    for number in [1, 2] {
        let (order, message) = credit_order(payer, number);
        spend(&*store, order, message).await.unwrap();
    }
    assert_eq!(database.connect().execute(damage, []).unwrap(), 1);
    store
}

async fn claim(store: &dyn Store, now: Timestamp) -> Vec<ClaimedChunk> {
    store.claim_chunks("one", 9.into(), now, now.after(LEASE)).await.unwrap().chunks
}

#[tokio::test]
async fn an_unreadable_message_does_not_stop_the_others() {
    for damage in [
        "UPDATE messages SET sender = '' WHERE id = (SELECT min(id) FROM messages)",
        "UPDATE messages SET address = 'x' WHERE id = (SELECT min(id) FROM messages)",
        "UPDATE messages SET parts = -1 WHERE id = (SELECT min(id) FROM messages)",
    ] {
        let database = Database::new();
        let store = damaged(&database, damage).await;
        let claimed = claim(&*store, NOON).await;
        assert_eq!(claimed.len(), 1, "{damage}");
        let end = (claimed[0].id, claimed[0].attempt, ChunkEnd::Done);
        store.record_outcomes(vec![], vec![end], tomorrow().after(LEASE), None).await.unwrap();
        let almost = tomorrow().before(Duration::from_secs(1));
        assert!(claim(&*store, almost).await.is_empty(), "{damage}");
        database.connect().execute("UPDATE messages SET sender = NULL, parts = 1", []).unwrap();
        database.connect().execute("UPDATE messages SET address = '4520123456'", []).unwrap();
        assert_eq!(claim(&*store, tomorrow()).await.len(), 1, "repaired: {damage}");
    }
}

#[tokio::test]
async fn an_unreadable_recipient_does_not_stop_the_others_of_its_chunk() {
    let database = Database::new();
    let (store, payer) = stored(&database).await;
    let (_, mut message) = credit_order(payer, 1);
    message.recipients = vec![message.recipients[0].clone(); 3];
    let new = lightning_order(1);
    let order = new.id;
    store.add_order(new, CAPS, NOON).await.unwrap();
    let held = HoldOrder { order, held: PRICE, deadline_height: 1_000, message: Some(message) };
    store.hold_order(held, NOON).await.unwrap();
    let damage = "UPDATE recipients SET address = 'x' WHERE idx = 1";
    assert_eq!(database.connect().execute(damage, []).unwrap(), 1);
    let claimed = claim(&*store, NOON).await;
    let indices: Vec<_> = claimed[0].recipients.iter().map(|recipient| recipient.index).collect();
    assert_eq!(indices, [0, 2]);
    // The others are done; an unreadable row is not claimed repeatedly.
    let others = "UPDATE recipients SET state = 'submitted' WHERE idx <> 1";
    assert_eq!(database.connect().execute(others, []).unwrap(), 2);
    let end = (claimed[0].id, claimed[0].attempt, ChunkEnd::Done);
    store.record_outcomes(vec![], vec![end], NOON, None).await.unwrap();
    assert!(claim(&*store, NOON).await.is_empty());
    let due: i64 =
        database.connect().query_row("SELECT due_at FROM chunks", [], |row| row.get(0)).unwrap();
    assert_eq!(due, tomorrow().as_millis());
}

#[tokio::test]
async fn an_unreadable_order_does_not_stop_the_checks_of_others() {
    let database = Database::new();
    let (store, payer) = stored(&database).await;
    let mut ids: Vec<OrderId> = Vec::new();
    for number in [1_u8, 2] {
        let preimage = Preimage::new([number; 32]);
        let (order, _) = credit_order(payer, 1);
        let new = NewOrder {
            id: OrderId::new([number; 32]),
            payment: Payment::Lightning { preimage, invoice: None, pay_by: NOON },
            ..order
        };
        ids.push(new.id);
        let added = store.add_order(new, CAPS, NOON).await.unwrap();
        assert_eq!(added, OrderAdmission::Stored);
    }
    let outside = database.connect();
    let damage = "UPDATE orders SET state = 'opem' WHERE id = ?1";
    outside.execute(damage, [&ids[0].as_bytes()[..]]).unwrap();
    let check = |now: Timestamp| store.claim_order_checks(now, now.after(LEASE), 9);
    let claimed: Vec<_> = check(NOON).await.unwrap().iter().map(|order| order.id).collect();
    assert_eq!(claimed, ids[1..]);
    assert_eq!(check(NOON.after(LEASE)).await.unwrap().len(), 1);
    outside.execute("UPDATE orders SET state = 'open'", []).unwrap();
    let early: Vec<_> = check(tomorrow().before(LEASE)).await.unwrap();
    assert_eq!(early.len(), 1);
    assert!(check(tomorrow()).await.unwrap().iter().any(|order| order.id == ids[0]));
}

#[tokio::test]
async fn an_unreadable_event_does_not_stop_the_delivery_of_others() {
    let database = Database::new();
    let (store, payer) = stored(&database).await;
    for number in [1, 2] {
        let (order, message) = credit_order(payer, number);
        spend(&*store, order, message).await.unwrap();
    }
    let taken = claim(&*store, NOON).await.into_iter().zip(["a", "b"]).map(|(chunk, id)| Outcome {
        key: SubmissionKey { chunk: chunk.id, attempt: chunk.attempt, recipient: 0 },
        carrier: CarrierName::new("main"),
        link: None,
        parts: 1,
        accepted: vec![AcceptedPart { part: 1, carrier_id: id.to_owned() }],
        end: End::Accepted,
    });
    let recorded = store.record_outcomes(taken.collect(), vec![], NOON, None).await.unwrap();
    assert_eq!(recorded.events, 2);
    let damage = "UPDATE events SET snapshot = '{' WHERE id = (SELECT min(id) FROM events)";
    assert_eq!(database.connect().execute(damage, []).unwrap(), 1);
    let due = |now: Timestamp| store.claim_deliveries("one", now, tomorrow().after(LEASE), 9);
    assert_eq!(due(NOON).await.unwrap().len(), 1);
    assert!(due(tomorrow().before(LEASE)).await.unwrap().is_empty());
    let mended = "UPDATE events SET snapshot = (SELECT max(snapshot) FROM events)";
    database.connect().execute(mended, []).unwrap();
    assert_eq!(due(tomorrow()).await.unwrap().len(), 1);
}
