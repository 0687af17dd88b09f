//! Batches orders paid from credit into shared changes of the store.
//!
//! ```text
//! caller ─┐
//! caller ─┼─> queue ─> call under way (at most two, each of many orders) ──> an outcome for each
//! caller ─┘                                                              └─> chunks to the dispatcher
//! ```
//!
//! An order is stored at once if fewer than two calls are in progress; meanwhile later orders
//! collect for the next call. A call belongs to no caller, so one that goes away does not affect
//! the others. If the dispatcher has room, the chunks are stored with its lease and handed over
//! directly after the commit.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard, PoisonError};

use domain::limits;
use domain::ports::{
    ChunkId, ClaimedChunk, ClaimedRecipient, CreditOrder, CreditOutcome, Lease, OrderStore,
    PortError,
};
use tokio::sync::oneshot;

use super::Accept;
use crate::bisect_refused::{self, Keep};
use crate::dispatch::Reserved;

/// Calls in progress at a time: one is written while the next is prepared.
const CALLS_MAX: usize = 2;

type Reply = oneshot::Sender<Result<CreditOutcome, PortError>>;

#[derive(Default)]
pub(crate) struct Waiting {
    orders: VecDeque<(CreditOrder, Reply)>,
    calls: usize,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Waiting(<{} orders>)", self.orders.len())
    }
}

impl Accept {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The queued orders for one call; `None` when there are none, and the call has released its
    /// place.
    fn next(&self) -> Option<Vec<(CreditOrder, Reply)>> {
        let mut waiting = self.waiting();
        let many = waiting.orders.len().min(limits::ACCEPT_BATCH_MAX);
        if many == 0 {
            waiting.calls -= 1;
            return None;
        }
        Some(waiting.orders.drain(..many).collect())
    }
}

/// Guard: on drop it releases its place and starts another call for queued orders. At shutdown it
/// starts none, because that one would be dropped too.
struct Call {
    accept: Arc<Accept>,
    over: bool,
}

impl Call {
    /// Ends without queued orders; its place is released already.
    fn end(mut self) {
        self.over = true;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let left = {
            let mut waiting = self.accept.waiting();
            waiting.calls -= 1;
            !waiting.orders.is_empty()
        };
        if left && std::thread::panicking() {
            begin(&self.accept);
        }
    }
}

/// Starts a call unless enough are in progress.
fn begin(accept: &Arc<Accept>) {
    {
        let mut waiting = accept.waiting();
        if waiting.calls >= CALLS_MAX {
            return;
        }
        waiting.calls += 1;
    }
    let call = Call { accept: accept.clone(), over: false };
    accept.tasks.spawn(async move {
        while let Some(orders) = call.accept.next() {
            store(&call.accept, orders).await;
        }
        call.end();
    });
}

impl Accept {
    /// Stores an order paid from credit, batched with concurrent ones.
    pub(super) async fn store_batched(
        self: &Arc<Self>,
        order: CreditOrder,
    ) -> Result<CreditOutcome, PortError> {
        let (reply, outcome) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            if waiting.orders.len() >= limits::ACCEPT_QUEUE_MAX {
                return Err(PortError::Unavailable("too many orders wait".to_owned()));
            }
            waiting.orders.push_back((order, reply));
        }
        begin(self);
        outcome.await.map_err(|_| PortError::Unknown("the store call broke off".to_owned()))?
    }
}

async fn store(accept: &Accept, orders: Vec<(CreditOrder, Reply)>) {
    let (orders, replies): (Vec<_>, Vec<_>) = orders.into_iter().unzip();
    let room = accept.dispatch.lease(orders.len());
    let lease = room.as_ref().map(Reserved::lease);
    let mut chunks: Vec<_> =
        if lease.is_some() { orders.iter().map(chunk).collect() } else { Vec::new() };
    let outcomes = add(orders, &Orders { store: &*accept.store, lease }).await;
    let mut accepted = outcomes.iter().map(|outcome| *outcome == Ok(CreditOutcome::Accepted));
    chunks.retain(|_| accepted.next() == Some(true));
    for (reply, outcome) in replies.into_iter().zip(outcomes) {
        // An order is stored even if its caller has gone away.
        let _ = reply.send(outcome);
    }
    match room {
        Some(room) => accept.dispatch.take(room, chunks),
        None => accept.wake.dispatch.notify_one(),
    }
}

type Outcome = Result<CreditOutcome, PortError>;

/// The store as a call uses it.
trait AddOrders: Keep<CreditOrder, Kept = Vec<CreditOutcome>> {
    /// What became of this order, if anything: an order of the same id may be older.
    fn find(
        &self,
        order: &CreditOrder,
    ) -> impl Future<Output = Result<Option<CreditOutcome>, PortError>> + Send;
}

struct Orders<'a> {
    store: &'a dyn OrderStore,
    lease: Option<Lease>,
}

impl Keep<CreditOrder> for Orders<'_> {
    type Kept = Vec<CreditOutcome>;

    async fn keep(&self, orders: Vec<CreditOrder>) -> Result<Vec<CreditOutcome>, PortError> {
        self.store.add_credit_orders(orders, self.lease.clone()).await
    }
}

impl AddOrders for Orders<'_> {
    async fn find(&self, order: &CreditOrder) -> Result<Option<CreditOutcome>, PortError> {
        let message = Some(order.message.content.message);
        let stored = self.store.order(order.order.id).await?;
        Ok(stored.map(|stored| match stored.fulfilment.message_id() == message {
            true => CreditOutcome::Accepted,
            false => CreditOutcome::Exists,
        }))
    }
}

/// Returns an outcome per order, in order. If the store refuses the batch, only the order at fault
/// is refused.
async fn add(orders: Vec<CreditOrder>, store: &impl AddOrders) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(orders.len());
    for (run, stored) in bisect_refused::keep(orders, store).await {
        match stored {
            Ok(stored) => outcomes.extend(stored.into_iter().map(Ok)),
            Err(error @ PortError::Unknown(_)) => outcomes.extend(look(store, &run, &error).await),
            Err(error) => outcomes.extend(run.iter().map(|_| Err(error.clone()))),
        }
    }
    outcomes
}

/// The commit's answer was lost: an order that is there with its message was accepted. Of the others
/// nothing is known.
async fn look(store: &impl AddOrders, orders: &[CreditOrder], unknown: &PortError) -> Vec<Outcome> {
    let mut outcomes = vec![Err(unknown.clone()); orders.len()];
    for (outcome, order) in outcomes.iter_mut().zip(orders) {
        match store.find(order).await {
            Ok(Some(found)) => *outcome = Ok(found),
            Ok(None) => {}
            Err(_) => break,
        }
    }
    outcomes
}

/// The chunk of an order's message as stored under a lease: as after its first claim.
fn chunk(order: &CreditOrder) -> ClaimedChunk {
    let content = Arc::new(order.message.content.clone());
    let recipients = (0..).zip(&order.message.recipients).map(|(index, to)| ClaimedRecipient {
        content: None,
        index,
        to: to.clone(),
        accepted: Vec::new(),
        accepted_by: None,
        tried: Vec::new(),
        attempts: 0,
    });
    ClaimedChunk {
        id: ChunkId { message: content.message, first: 0 },
        attempt: 1,
        deadline_height: None,
        held_in_quiet_hours: false,
        recipients: recipients.collect(),
        content,
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{MessageId, OrderId};
    use domain::message::door::Door;
    use domain::message::form::Form;
    use domain::message::{Content, Lane, NewMessage};
    use domain::money::Msat;
    use domain::sale::fulfilment::Fulfilment;
    use domain::sale::order::{NewOrder, Payment};
    use domain::text::Text;
    use domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn order(number: u8) -> CreditOrder {
        let at = Timestamp::from_millis(0);
        let id = OrderId::new([number; 32]);
        let order = NewOrder {
            door: Door::Orders,
            id,
            account: None,
            price: Msat::new(1),
            payment: Payment::Credit,
            fulfilment: Fulfilment::Credit,
            webhook: None,
            referral: None,
            client: String::new(),
            idempotency: None,
            created_at: at,
        };
        let content = Content {
            message: MessageId(Uuid::from_u128(number.into())),
            account: None,
            sender: None,
            text: Text::new("Hej"),
            form: Form::Text,
            charge: None,
            parts: 1,
            lane: Lane::Single,
            valid_until: at,
        };
        let message =
            NewMessage { content, order: Some(id), recipients: vec![], receipts_until: at };
        CreditOrder { order, message }
    }

    /// Decides each outcome by the order's number.
    struct Books(fn(u128) -> Outcome);

    impl Keep<CreditOrder> for Books {
        type Kept = Vec<CreditOutcome>;

        async fn keep(&self, orders: Vec<CreditOrder>) -> Result<Vec<CreditOutcome>, PortError> {
            orders.iter().map(|order| self.0(order.message.content.message.0.as_u128())).collect()
        }
    }

    impl AddOrders for Books {
        async fn find(&self, asked: &CreditOrder) -> Result<Option<CreditOutcome>, PortError> {
            Ok(match asked.order.id {
                id if id == order(2).order.id => Some(CreditOutcome::Accepted),
                id if id == order(3).order.id => Some(CreditOutcome::Exists),
                _ => None,
            })
        }
    }

    #[tokio::test]
    async fn an_order_that_is_refused_spoils_no_other() {
        let store = Books(|number| match number {
            3 => Err(PortError::Refused("bad".to_owned())),
            4 => Ok(CreditOutcome::Exists),
            _ => Ok(CreditOutcome::Accepted),
        });
        let outcomes = add((1..=6).map(order).collect(), &store).await;
        let accepted = || Ok(CreditOutcome::Accepted);
        let refused = Err(PortError::Refused("bad".to_owned()));
        let expected =
            [accepted(), accepted(), refused, Ok(CreditOutcome::Exists), accepted(), accepted()];
        assert_eq!(outcomes, expected);
    }

    #[tokio::test]
    async fn of_a_lost_answer_what_is_there_was_accepted() {
        let unknown = || PortError::Unknown("lost".to_owned());
        let store = Books(|_| Err(PortError::Unknown("lost".to_owned())));
        let outcomes = add((1..=4).map(order).collect(), &store).await;
        let found = [Ok(CreditOutcome::Accepted), Ok(CreditOutcome::Exists)];
        assert_eq!(outcomes, [&[Err(unknown())], &found[..], &[Err(unknown())]].concat());
    }
}
