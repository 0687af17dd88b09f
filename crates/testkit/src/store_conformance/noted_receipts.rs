//! Receipts that name a number, decide nothing, or come too late; and how they are shown.

use domain::id::MessageId;
use domain::message::Address;
use domain::message::parts::PartState;
use domain::message::recipient::RecipientState;
use domain::number::Msisdn;
use domain::ports::{ChunkEnd, Lease, Receipt, ReceiptState, RecipientTrace, Recorded};
use domain::sale::order::OrderState;

use super::Rig;
use super::world::{LEASE, NODE, REFUND, World, accepted, at, outcome, phone, receipt};

fn number(index: u32) -> Option<Msisdn> {
    match phone(index) {
        Address::Phone(number) => Some(number),
        Address::Email(_) => None,
    }
}

fn to(index: u32, id: &str, state: ReceiptState) -> Receipt {
    Receipt { to: number(index), ..receipt(id, state) }
}

async fn receive(world: &World, receipts: Vec<Receipt>) -> Recorded {
    world.store.record_receipts(receipts, at(20), None).await.unwrap()
}

async fn trace(world: &World, message: MessageId) -> Vec<RecipientTrace> {
    world.store.trace(message, 0, 100).await.unwrap()
}

/// A message whose recipients a carrier all accepted as `id`.
async fn constant(world: &World, recipients: u32, id: &str) -> MessageId {
    world.working_with(world.new_message(recipients)).await;
    let chunk = world.claim_one(at(5)).await;
    let taken = (0..recipients).map(|index| accepted(&chunk, index, &[(1, id)])).collect();
    world.record(taken, vec![(chunk.id, chunk.attempt, ChunkEnd::Done)]).await;
    chunk.id.message
}

fn states(trace: &[RecipientTrace]) -> Vec<RecipientState> {
    trace.iter().map(|recipient| recipient.state).collect()
}

pub async fn distinguishes_constant_ids_by_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    let message = constant(&world, 3, "0").await;
    let said = vec![to(1, "0", ReceiptState::Delivered), to(2, "0", ReceiptState::Failed)];
    let recorded = receive(&world, said).await;
    assert_eq!((recorded.recipients, recorded.ambiguous, recorded.parked), (2, 0, 0));
    use RecipientState::{Failed, Submitted, Success};
    assert_eq!(states(&trace(&world, message).await), [Submitted, Success, Failed]);
    // A number of none of them, or no number, decides nothing.
    let said = vec![to(7, "0", ReceiptState::Delivered), receipt("0", ReceiptState::Delivered)];
    let recorded = receive(&world, said).await;
    assert_eq!(recorded, Recorded { ambiguous: 2, ..Recorded::default() });
    assert_eq!(states(&trace(&world, message).await), [Submitted, Success, Failed]);
}

pub async fn does_not_guess_between_two_texts_to_one_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.submitted("0").await, world.submitted("0").await);
    let recorded = receive(&world, vec![to(0, "0", ReceiptState::Delivered)]).await;
    assert_eq!(recorded, Recorded { ambiguous: 1, ..Recorded::default() });
    for order in [one, two] {
        assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    }
}

pub async fn needs_no_recipient_for_a_unique_id(rig: &impl Rig) {
    let world = World::new(rig).await;
    // Carriers write numbers in different notations.
    let order = world.submitted("a").await;
    let recorded = receive(&world, vec![to(7, "a", ReceiptState::Delivered)]).await;
    assert_eq!(recorded.recipients, 1);
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn applies_a_parked_receipt_by_recipient(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working_with(world.new_message(3)).await;
    let chunk = world.claim_one(at(5)).await;
    let early = vec![to(1, "0", ReceiptState::Delivered), to(2, "0", ReceiptState::Delivered)];
    assert_eq!(receive(&world, early).await.parked, 2);
    let taken = (0..3).map(|index| accepted(&chunk, index, &[(1, "0")])).collect();
    world.record(taken, vec![]).await;
    use RecipientState::{Submitted, Success};
    assert_eq!(states(&trace(&world, chunk.id.message).await), [Submitted, Success, Success]);
}

pub async fn notes_an_intermediate_receipt(rig: &impl Rig) {
    let world = World::new(rig).await;
    let message = constant(&world, 1, "a").await;
    let word = Receipt { code: Some("001".to_owned()), ..receipt("a", ReceiptState::Intermediate) };
    assert_eq!(receive(&world, vec![word.clone()]).await, Recorded::default());
    let shown = trace(&world, message).await.remove(0);
    assert_eq!(shown.state, RecipientState::Submitted);
    let part = &shown.parts[0];
    let kept = part.noted.as_ref().unwrap();
    assert_eq!((part.state, part.decided_at), (PartState::Accepted, None));
    assert_eq!((kept.state, kept.code.as_deref(), kept.at), (word.state, Some("001"), word.at));
    // A repeat after the final state changes nothing.
    receive(&world, vec![receipt("a", ReceiptState::Delivered)]).await;
    let late = Receipt { at: at(99), ..word };
    assert_eq!(receive(&world, vec![late]).await, Recorded::default());
    let shown = trace(&world, message).await.remove(0);
    assert_eq!(shown.parts[0].noted.as_ref().unwrap().at, at(15));
    assert_eq!(shown.parts[0].decided_at, Some(at(15)));
}

pub async fn notes_a_receipt_after_a_time_out(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(super::world::PRICE).await;
    let (order, _) = world.spend(account.id, super::world::PRICE).await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    world.store.expire(at(7_200), at(0), 9, REFUND).await.unwrap();
    assert_eq!(world.state(order).await, OrderState::Cancelled);
    let balance = world.balance(account.id).await;
    let recorded = receive(&world, vec![receipt("a", ReceiptState::Delivered)]).await;
    assert_eq!(recorded, Recorded { contradictory: 1, ..Recorded::default() });
    assert_eq!(world.state(order).await, OrderState::Cancelled);
    assert_eq!(world.balance(account.id).await, balance, "the refund stays");
    let shown = trace(&world, chunk.id.message).await.remove(0);
    assert_eq!(shown.state, RecipientState::Timeout);
    let part = &shown.parts[0];
    assert_eq!((part.state, part.decided_at), (PartState::Accepted, None));
    assert_eq!(part.noted.as_ref().unwrap().state, ReceiptState::Delivered);
    world.must_be_sound().await;
    // We set the failure ourselves.
    let order = world.submitted("b").await;
    world.store.expire(at(7_200), at(0), 9, REFUND).await.unwrap();
    assert_eq!(world.recipient(order).await, RecipientState::Timeout);
    let recorded = receive(&world, vec![receipt("b", ReceiptState::Failed)]).await;
    assert_eq!(recorded, Recorded::default());
}

pub async fn notes_a_contradicting_receipt(rig: &impl Rig) {
    let world = World::new(rig).await;
    let message = constant(&world, 1, "a").await;
    receive(&world, vec![receipt("a", ReceiptState::Delivered)]).await;
    let no = Receipt { code: Some("011".to_owned()), ..receipt("a", ReceiptState::Failed) };
    let later = world.store.record_receipts(vec![no], at(30), None).await.unwrap();
    assert_eq!(later.contradictory, 1);
    let shown = trace(&world, message).await.remove(0);
    assert_eq!(
        (shown.state, shown.parts[0].state),
        (RecipientState::Success, PartState::Delivered)
    );
    assert_eq!(shown.updated_at, at(20), "the end does not move");
    let word = shown.parts[0].noted.as_ref().unwrap();
    assert_eq!((word.state, word.code.as_deref()), (ReceiptState::Failed, Some("011")));
}

pub async fn counts_a_contradiction_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    constant(&world, 1, "a").await;
    let (yes, no) = (ReceiptState::Delivered, ReceiptState::Failed);
    let said = vec![receipt("a", yes), receipt("a", no), receipt("a", no), receipt("a", yes)];
    let recorded = receive(&world, said).await;
    assert_eq!((recorded.recipients, recorded.contradictory), (1, 1));
    assert_eq!(receive(&world, vec![receipt("a", no)]).await, Recorded::default());
}

pub async fn counts_a_late_delivery_of_all_parts(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a"), (2, "b")])).await;
    world.receive("a", ReceiptState::Delivered).await;
    world.store.expire(at(7_200), at(0), 9, REFUND).await.unwrap();
    assert_eq!(world.recipient(order).await, RecipientState::Timeout);
    assert_eq!(world.receive("b", ReceiptState::Delivered).await.contradictory, 1);

    // One part alone does not make it delivered.
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "c"), (2, "d")])).await;
    world.receive("c", ReceiptState::Failed).await;
    assert_eq!(world.receive("d", ReceiptState::Delivered).await, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Failed);
}

pub async fn traces_a_page_of_recipients(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working_with(world.new_message(5)).await;
    let chunk = world.claim_one(at(5)).await;
    let two = outcome(&chunk, 3, 2, &[(2, "b"), (1, "a")], domain::ports::End::Accepted);
    world.record(vec![two], vec![]).await;
    let page = world.store.trace(chunk.id.message, 3, 2).await.unwrap();
    let indices: Vec<_> = page.iter().map(|recipient| recipient.index).collect();
    assert_eq!(indices, [3, 4]);
    assert_eq!((&page[0].to, page[0].updated_at), (&phone(3), at(10)));
    let parts: Vec<_> = page[0]
        .parts
        .iter()
        .map(|part| (part.part, part.parts, part.carrier_id.as_str(), part.attempt, part.taken_at))
        .collect();
    assert_eq!(parts, [(1, 2, "a", 1, at(10)), (2, 2, "b", 1, at(10))]);
    assert!(page[1].parts.is_empty());
    let nobody = MessageId(uuid::Uuid::from_u128(999));
    assert!(world.store.trace(nobody, 0, 9).await.unwrap().is_empty());
}

pub async fn hands_over_the_events_of_receipts(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    assert_eq!(world.deliver_all(at(15)).await.len(), 2, "paid, sent");
    let event_lease = Some(Lease { node: NODE.to_owned(), until: at(20).after(LEASE) });
    let said = vec![receipt("a", ReceiptState::Delivered)];
    let recorded = world.store.record_receipts(said, at(20), event_lease).await.unwrap();
    assert_eq!((recorded.events, recorded.deliveries.len()), (1, 1));
    let reported = recorded.deliveries[0].snapshot.order().unwrap();
    assert_eq!(reported.order, order.to_string());
    assert!(world.due_events(at(30)).await.is_empty(), "the caller has leased them");
    assert_eq!(world.due_events(at(20).after(LEASE)).await.len(), 1);
}
