//! One list of an account's texts, whichever door they came in by.

use domain::id::{AccountId, MessageId, OrderId};
use domain::message::campaign::BulkMessage;
use domain::message::door::Door;
use domain::message::recipient::RecipientState;
use domain::message::{Address, MessageState};
use domain::money::Msat;
use domain::ports::{
    BulkList, CancelBulk, CreditOutcome, ReceiptState, RecipientList, Retry, RetryOutcome,
};

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, times};
use super::world::{PRICE, accepted, at};

impl BulkWorld {
    /// An order from the account's credit, with its message.
    async fn ordered(&self, to: Address) -> (OrderId, MessageId) {
        let mut new = self.world.new_credit(self.account, PRICE);
        new.message.content.account = Some(self.account);
        new.message.recipients = vec![to];
        let (order, message) = (new.order.id, new.message.content.message);
        let outcome = self.world.add_credit_order(new.order, new.message).await;
        assert_eq!(outcome, Ok(CreditOutcome::Accepted));
        (order, message)
    }

    async fn listed(&self, state: Option<MessageState>) -> (Vec<MessageId>, u64) {
        let list = BulkList { state, offset: 0, limit: 100 };
        let (page, total) = self.store().bulk_list(self.account, list).await.unwrap();
        let keyed = self.store().bulk_page(self.account, state, None, 100).await.unwrap();
        let ids = |page: &[BulkMessage]| page.iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(ids(&page), ids(&keyed), "both lists agree");
        (ids(&page), total)
    }
}

fn number() -> Address {
    super::world::phone(1)
}

pub async fn lists_texts_of_orders_beside_campaigns(rig: &impl Rig) {
    let world = BulkWorld::new(rig, PRICE.checked_mul(3).unwrap().checked_add(EACH).unwrap()).await;
    let campaign = world.added(1).await;
    let (order, text) = world.ordered(number()).await;
    let mailbox = Address::Email("satoshi@example.com".parse().unwrap());
    world.ordered(mailbox).await;
    world.world.working().await;
    assert_eq!(
        world.listed(None).await,
        (vec![text, campaign], 2),
        "no e-mail, and no other account's"
    );
    assert_eq!(world.listed(Some(MessageState::Pending)).await, (vec![text, campaign], 2));

    let stored = world.message(text).await;
    assert_eq!((stored.door, stored.order, stored.price), (Door::Orders, Some(order), PRICE));
    assert_eq!((stored.counts.pending, stored.counts.total()), (1, 1));
    assert_eq!((stored.charged, stored.refunded, stored.ended_at), (Msat::ZERO, Msat::ZERO, None));
    let stored = world.message(campaign).await;
    assert_eq!((stored.door, stored.order, stored.price), (Door::Bulk, None, times(1)));

    let other = world.world.account(Msat::ZERO).await.id;
    assert!(world.store().bulk(other, text).await.unwrap().is_none());
    let list = RecipientList { states: vec![RecipientState::Pending], first: 0, limit: 9 };
    let page = world.store().bulk_recipients(text, list).await.unwrap();
    assert_eq!((page.recipients.len(), page.next), (1, None));
}

pub async fn lists_what_became_of_an_order_s_text(rig: &impl Rig) {
    let world = BulkWorld::new(rig, PRICE.checked_mul(3).unwrap()).await;
    let (_, sent) = world.ordered(number()).await;
    let (_, failed) = world.ordered(number()).await;
    let chunks = world.claim(at(1)).await;
    for (chunk, id) in chunks.iter().zip(["a", "b"]) {
        world.world.done(chunk, accepted(chunk, 0, &[(1, id)])).await;
    }
    let is_first = chunks[0].id.message == sent;
    let (delivered, lost) = if is_first { ("a", "b") } else { ("b", "a") };
    world.world.receive(delivered, ReceiptState::Delivered).await;
    world.world.receive(lost, ReceiptState::Failed).await;
    let (_, pending) = world.ordered(number()).await;
    for (state, id) in [
        (MessageState::Sent, sent),
        (MessageState::Failed, failed),
        (MessageState::Pending, pending),
    ] {
        assert_eq!(world.listed(Some(state)).await, (vec![id], 1), "{state:?}");
    }
    assert_eq!(world.listed(Some(MessageState::Scheduled)).await, (vec![], 0));
    let stored = world.message(sent).await;
    assert_eq!((stored.charged, stored.refunded, stored.counts.success), (PRICE, Msat::ZERO, 1));
    assert_eq!(stored.ended_at, Some(at(20)));
    let stored = world.message(failed).await;
    assert_eq!((stored.charged, stored.refunded, stored.counts.failed), (Msat::ZERO, PRICE, 1));
    world.must_be_sound().await;
}

pub async fn leaves_the_text_of_an_order_to_its_order(rig: &impl Rig) {
    let world = BulkWorld::new(rig, PRICE).await;
    let (_, text) = world.ordered(number()).await;
    let (store, account) = (world.store().clone(), world.account);
    let retry = |account: AccountId| {
        let (valid_until, receipts_until, idempotency) = (at(900), at(900), None);
        let retry = Retry { account, message: text, valid_until, receipts_until, idempotency };
        store.retry_bulk(retry, at(30))
    };
    let not = |state| CancelBulk::Not { state, was_scheduled: false };
    let cancelled = store.cancel_bulk(account, text, at(2)).await.unwrap();
    assert_eq!(cancelled, not(MessageState::Pending));
    assert!(!store.pause_bulk(account, text, true, at(2)).await.unwrap());
    assert_eq!(retry(account).await.unwrap(), RetryOutcome::NotEnded(MessageState::Pending));
    let chunk = world.claim_one(at(3)).await;
    world.world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    world.world.receive("a", ReceiptState::Failed).await;
    assert_eq!(retry(account).await.unwrap(), RetryOutcome::OfOrder);
    let other = world.world.account(Msat::ZERO).await.id;
    assert_eq!(retry(other).await.unwrap(), RetryOutcome::NoSuchMessage);
    let cancelled = store.cancel_bulk(account, text, at(31)).await.unwrap();
    assert_eq!(cancelled, not(MessageState::Failed));
    world.must_be_sound().await;
}
