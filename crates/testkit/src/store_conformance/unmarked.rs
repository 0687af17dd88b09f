//! Unmarked receipts, detected only by their text: from the carrier, or forged from a phone.

use domain::inbound::{InboundBody, InboundPart, Party, Spelling};
use domain::message::recipient::RecipientState;
use domain::number::Msisdn;
use domain::ports::{Receipt, ReceiptState, Recorded};
use domain::routing::CarrierName;

use super::Rig;
use super::world::{CARRIER, World, accepted, at, receipt};

/// Number of a message's first recipient, as in [`super::world::phone`].
const RECIPIENT: &str = "4520000000";

const STRANGER: &str = "4520999999";

const OURS: &str = "1919";

fn part(from: &str, to: &str) -> InboundPart {
    InboundPart {
        carrier: CarrierName::new(CARRIER),
        from: Party::new(from),
        to: Party::new(to),
        spelling: Spelling::default(),
        body: InboundBody::Text("id:a stat:UNDELIV err:001".to_owned()),
        join: None,
        at: at(15),
        interrupted_at: at(0),
    }
}

/// An unmarked receipt as from the adapter, with complete numbers.
fn unmarked(id: &str, state: ReceiptState, from: &str, to: &str) -> Receipt {
    let number = from.parse().ok().and_then(|digits| Msisdn::from_digits(digits).ok());
    let unmarked = Some(Box::new(part(from, to)));
    Receipt { to: number, unmarked, ..receipt(id, state) }
}

async fn record(world: &World, receipt: Receipt) -> Recorded {
    world.store.record_receipts(vec![receipt], at(20), None).await.unwrap()
}

pub async fn accepts_an_unmarked_receipt_from_the_recipients_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    for (id, from, to) in
        [("a", RECIPIENT, OURS), ("d", OURS, RECIPIENT), ("e", "Boltgram", RECIPIENT)]
    {
        let order = world.submitted(id).await;
        let recorded = record(&world, unmarked(id, ReceiptState::Delivered, from, to)).await;
        assert_eq!((recorded.recipients, recorded.parked), (1, 0), "{from} to {to}");
        assert_eq!(recorded.messages, []);
        assert_eq!(world.recipient(order).await, RecipientState::Success);
    }
}

pub async fn an_unmarked_receipt_from_another_number_is_a_message(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    use ReceiptState::{Delivered, Failed, Intermediate};
    for state in [Failed, Delivered, Intermediate] {
        let recorded = record(&world, unmarked("a", state, STRANGER, OURS)).await;
        assert_eq!((recorded.recipients, &recorded.messages), (0, &vec![part(STRANGER, OURS)]));
    }
    // Only the whole number matches: the last digits are shared by many.
    for from in ["20000000", "020000000", "000000", "0000000", "4620000000", "45520000000"] {
        for state in [Failed, Delivered] {
            let recorded = record(&world, unmarked("a", state, from, OURS)).await;
            assert_eq!((recorded.recipients, recorded.messages.len()), (0, 1), "{from}");
        }
    }
    let recorded = record(&world, unmarked("a", Failed, STRANGER, "0000")).await;
    assert_eq!((recorded.recipients, recorded.messages.len()), (0, 1));
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    // A marked receipt is accepted from any number.
    let marked = Receipt { unmarked: None, ..unmarked("a", Failed, STRANGER, OURS) };
    assert_eq!(record(&world, marked).await.recipients, 1);
    assert_eq!(world.recipient(order).await, RecipientState::Failed);
}

pub async fn applies_an_early_unmarked_receipt_only_if_it_matches(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    use ReceiptState::{Delivered, Failed};
    // Forged ones first, one with the same text; then the real one.
    for early in [
        unmarked("a", Failed, STRANGER, OURS),
        unmarked("a", Delivered, "4520999998", OURS),
        unmarked("a", Delivered, RECIPIENT, OURS),
    ] {
        let recorded = record(&world, early).await;
        assert_eq!(
            (recorded.parked, recorded.messages.len()),
            (1, 0),
            "its submission is not known yet"
        );
    }
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Success);

    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    record(&world, unmarked("b", Failed, STRANGER, OURS)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "b")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    world.receive("b", Delivered).await;
    assert_eq!(world.recipient(order).await, RecipientState::Success);
}

/// The carrier reuses an id, and its receipt comes before the response.
pub async fn keeps_an_early_unmarked_receipt_of_a_reused_id(rig: &impl Rig) {
    let world = World::new(rig).await;
    let old = world.submitted("a").await;
    let message = world.new_message(2);
    let order = world.working_with(message).await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "x")])).await;
    // For the second recipient, whose outcome is not recorded yet.
    let early = unmarked("a", ReceiptState::Failed, "4520000001", OURS);
    let recorded = record(&world, early).await;
    assert_eq!((recorded.parked, recorded.messages.len()), (1, 1));
    world.record(vec![accepted(&chunk, 1, &[(1, "a")])], vec![]).await;
    let message = chunk.id.message;
    let second = world.store.trace(message, 1, 1).await.unwrap().remove(0);
    assert_eq!(second.state, RecipientState::Failed);
    assert_eq!(world.recipient(old).await, RecipientState::Submitted);
    let _ = order;
}

pub async fn distinguishes_constant_ids_by_the_number_an_unmarked_receipt_comes_from(
    rig: &impl Rig,
) {
    let world = World::new(rig).await;
    world.working_with(world.new_message(2)).await;
    let chunk = world.claim_one(at(5)).await;
    let both = [0, 1].map(|index| accepted(&chunk, index, &[(1, "0")]));
    world.record(both.to_vec(), vec![]).await;
    let recorded = record(&world, unmarked("0", ReceiptState::Delivered, "4520000001", OURS)).await;
    assert_eq!((recorded.recipients, recorded.ambiguous), (1, 0));
    let states: Vec<_> = world.store.trace(chunk.id.message, 0, 2).await.unwrap();
    let states: Vec<_> = states.iter().map(|recipient| recipient.state).collect();
    assert_eq!(states, [RecipientState::Submitted, RecipientState::Success]);
}
