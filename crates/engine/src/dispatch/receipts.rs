//! Records receipts: what arrives during one change is batched into the next. Each caller gets the
//! result for its own receipts. Unmarked receipts that turn out to be messages are recorded as
//! inbound messages; after a crash in between, the carrier repeats them, because they were not
//! acknowledged.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::limits;
use domain::ports::{Inbox, PortError, Receipt};

use super::arrivals::Delivered;
use super::{Context, Dispatcher};
use crate::metrics::ByResult;

impl Dispatcher {
    /// The worker. Safe to drop: callers without a result do not acknowledge, and the carriers
    /// repeat the receipts.
    pub(crate) async fn record_receipts(self: Arc<Self>, inbox: Arc<dyn Inbox>) {
        let mut queue = self.queues.receipts.lock().await;
        let backpressure = &self.arrivals.backpressure;
        let over = || self.context.wake.dispatch.notify_one();
        while let Some(first) = backpressure.next(&mut queue, over).await {
            let mut size = first.receipts.len();
            let mut batch = vec![first];
            while size < limits::RECEIPT_FLUSH_MAX {
                let Ok(more) = queue.try_recv() else { break };
                size += more.receipts.len();
                batch.push(more);
            }
            record(batch, &Receipts { dispatcher: &self, inbox: &*inbox }).await;
            backpressure.stored(size);
            if self.waiting.load(Ordering::SeqCst) {
                // Bulk may have been waiting for this.
                self.context.wake.dispatch.notify_one();
            }
        }
    }
}

/// The store as this recorder uses it.
trait Keep: Sync {
    fn keep(&self, receipts: Vec<Receipt>) -> impl Future<Output = Result<(), PortError>> + Send;

    /// A receipt was refused permanently.
    fn given_up(&self, error: &PortError);
}

struct Receipts<'a> {
    dispatcher: &'a Dispatcher,
    /// Records messages that looked like receipts.
    inbox: &'a dyn Inbox,
}

impl Keep for Receipts<'_> {
    async fn keep(&self, receipts: Vec<Receipt>) -> Result<(), PortError> {
        let Context { store, clock, handoff, metrics, .. } = &self.dispatcher.context;
        let now = clock.now();
        let mut recorded = store.record_receipts(receipts, now, handoff.lease(now)).await?;
        let messages = std::mem::take(&mut recorded.messages);
        self.dispatcher.follow_up(recorded);
        if messages.is_empty() {
            return Ok(());
        }
        let result = ByResult { result: "not_believed" };
        let count = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        metrics.receipts.get_or_create(&result).inc_by(count);
        self.inbox.inbound(messages).await
    }

    fn given_up(&self, error: &PortError) {
        self.dispatcher.given_up("receipt", None, error);
    }
}

/// If the store refuses a batch, each caller's receipts are stored separately, so that one bad
/// receipt affects no other caller. A caller with several gets an error and retries them in smaller
/// batches; a single refused receipt is dropped, and its caller rejects it to the carrier
/// ([`Inbox::receipts`]).
///
/// [`Inbox::receipts`]: domain::ports::Inbox::receipts
async fn record(mut batch: Vec<Delivered>, store: &impl Keep) {
    // The caller no longer waits, and calls again.
    batch.retain(|delivered| !delivered.done.is_closed());
    if batch.is_empty() {
        return;
    }
    let all = batch.iter().flat_map(|delivered| delivered.receipts.iter().cloned()).collect();
    match store.keep(all).await {
        Err(PortError::Refused(_) | PortError::Conflict(_)) if batch.len() > 1 => {
            for Delivered { receipts, done } in batch {
                let alone = receipts.len() == 1;
                let _ = done.send(judge(alone, store.keep(receipts).await, store));
            }
        }
        result => {
            let alone = batch.iter().map(|delivered| delivered.receipts.len()).sum::<usize>() == 1;
            let result = judge(alone, result, store);
            for delivered in batch {
                let _ = delivered.done.send(result.clone());
            }
        }
    }
}

fn judge(alone: bool, kept: Result<(), PortError>, store: &impl Keep) -> Result<(), PortError> {
    if let Err(error @ (PortError::Refused(_) | PortError::Conflict(_))) = &kept
        && alone
    {
        store.given_up(error);
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use domain::ports::ReceiptState;
    use domain::routing::CarrierName;
    use domain::time::Timestamp;
    use tokio::sync::oneshot;

    use super::*;

    type Answer = oneshot::Receiver<Result<(), PortError>>;

    fn delivery(ids: &[&str]) -> (Delivered, Answer) {
        let receipt = |id: &&str| Receipt {
            carrier: CarrierName::new("main"),
            carrier_id: (*id).to_owned(),
            state: ReceiptState::Delivered,
            code: None,
            to: None,
            at: Timestamp::default(),
            unmarked: None,
        };
        let (done, answer) = oneshot::channel();
        (Delivered { receipts: ids.iter().map(receipt).collect(), done }, answer)
    }

    fn refused() -> PortError {
        PortError::Refused("bad".to_owned())
    }

    /// Counts its calls and returns results as the test sets them.
    struct Store {
        sizes: Mutex<Vec<usize>>,
        given_up: Mutex<usize>,
        answer: fn(&[Receipt]) -> Result<(), PortError>,
    }

    impl Store {
        fn answering(answer: fn(&[Receipt]) -> Result<(), PortError>) -> Self {
            Self { sizes: Mutex::default(), given_up: Mutex::default(), answer }
        }

        fn sizes(&self) -> Vec<usize> {
            self.sizes.lock().unwrap().clone()
        }
    }

    impl Keep for Store {
        async fn keep(&self, receipts: Vec<Receipt>) -> Result<(), PortError> {
            self.sizes.lock().unwrap().push(receipts.len());
            (self.answer)(&receipts)
        }

        fn given_up(&self, error: &PortError) {
            assert_eq!(*error, refused());
            *self.given_up.lock().unwrap() += 1;
        }
    }

    fn away() -> PortError {
        PortError::Unavailable("away".to_owned())
    }

    #[tokio::test]
    async fn a_batch_is_one_change_and_each_caller_hears_of_it() {
        let ((one, to_one), (two, to_two)) = (delivery(&["1"]), delivery(&["2", "3"]));
        let store = Store::answering(|_| Ok(()));
        record(vec![one, two], &store).await;
        assert_eq!(store.sizes(), [3]);
        assert_eq!((to_one.await.unwrap(), to_two.await.unwrap()), (Ok(()), Ok(())));
    }

    #[tokio::test]
    async fn one_bad_receipt_spoils_no_other_callers() {
        let ((good, to_good), (bad, to_bad)) = (delivery(&["1"]), delivery(&["bad", "2"]));
        let (late, to_late) = delivery(&["3"]);
        let store = Store::answering(|receipts| {
            let bad = receipts.iter().any(|receipt| receipt.carrier_id == "bad");
            if bad { Err(refused()) } else { Ok(()) }
        });
        record(vec![good, bad, late], &store).await;
        assert_eq!(store.sizes(), [4, 1, 2, 1]);
        assert_eq!(to_good.await.unwrap(), Ok(()));
        assert_eq!(to_bad.await.unwrap(), Err(refused()));
        assert_eq!(to_late.await.unwrap(), Ok(()));
        assert_eq!(
            *store.given_up.lock().unwrap(),
            0,
            "it is not known yet which of the two is bad"
        );
    }

    #[tokio::test]
    async fn a_receipt_that_is_refused_alone_is_given_up_once() {
        let ((good, _to_good), (bad, to_bad)) = (delivery(&["1"]), delivery(&["bad"]));
        let store = Store::answering(|receipts| {
            let bad = receipts.iter().any(|receipt| receipt.carrier_id == "bad");
            if bad { Err(refused()) } else { Ok(()) }
        });
        record(vec![good, bad], &store).await;
        assert_eq!((to_bad.await.unwrap(), *store.given_up.lock().unwrap()), (Err(refused()), 1));
        let (bad, _to_bad) = delivery(&["bad"]);
        record(vec![bad], &store).await;
        assert_eq!(*store.given_up.lock().unwrap(), 2);
        let (away_too, _answer) = delivery(&["1"]);
        record(vec![away_too], &Store::answering(|_| Err(away()))).await;
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_asked_once_and_nobody_is_told_otherwise() {
        let ((one, to_one), (two, to_two)) = (delivery(&["1"]), delivery(&["2"]));
        let store = Store::answering(|_| Err(away()));
        record(vec![one, two], &store).await;
        assert_eq!(store.sizes(), [2]);
        assert_eq!((to_one.await.unwrap(), to_two.await.unwrap()), (Err(away()), Err(away())));
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_stores_nothing() {
        let ((gone, to_gone), (two, to_two)) = (delivery(&["1"]), delivery(&["2"]));
        drop(to_gone);
        let store = Store::answering(|_| Ok(()));
        record(vec![gone, two], &store).await;
        assert_eq!(store.sizes(), [1]);
        assert_eq!(to_two.await.unwrap(), Ok(()));
    }
}
