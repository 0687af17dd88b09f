//! The recorder of receipts: while one change is under way it gathers what arrives, so that a storm
//! of receipts is stored in few changes. Each caller hears what became of the change that had its
//! own receipts. What was no receipt after all is recorded as messages that came in: a crash between
//! the two brings it again, for the carrier was not answered.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::limits;
use domain::ports::{Inbox, PortError, Receipt};

use super::arrivals::Delivered;
use super::{Context, Dispatcher};
use crate::metrics::ByResult;

impl Dispatcher {
    /// The worker. Safe to drop: callers that were not answered tell their carriers nothing, and
    /// get the receipts again.
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
                // Bulk may have waited for this.
                self.context.wake.dispatch.notify_one();
            }
        }
    }
}

/// Where a batch is stored.
trait Keep: Sync {
    fn keep(&self, receipts: Vec<Receipt>) -> impl Future<Output = Result<(), PortError>> + Send;

    /// A receipt was refused for good.
    fn given_up(&self, error: &PortError);
}

struct Receipts<'a> {
    dispatcher: &'a Dispatcher,
    /// Takes messages that seemed to be receipts.
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

/// What the store refuses together it is asked to take one caller at a time, so that one bad receipt
/// spoils no other's. A caller that had several brings them again in fewer, until one stands alone: that
/// one is given up, and its caller says so to the carrier ([`Inbox::receipts`]).
///
/// [`Inbox::receipts`]: domain::ports::Inbox::receipts
async fn record(mut batch: Vec<Delivered>, store: &impl Keep) {
    // A call that was given up is made again.
    batch.retain(|told| !told.done.is_closed());
    if batch.is_empty() {
        return;
    }
    let all = batch.iter().flat_map(|told| told.receipts.iter().cloned()).collect();
    match store.keep(all).await {
        Err(PortError::Refused(_) | PortError::Conflict(_)) if batch.len() > 1 => {
            for Delivered { receipts, done } in batch {
                let alone = receipts.len() == 1;
                let _ = done.send(judge(alone, store.keep(receipts).await, store));
            }
        }
        result => {
            let alone = batch.iter().map(|told| told.receipts.len()).sum::<usize>() == 1;
            let result = judge(alone, result, store);
            for told in batch {
                let _ = told.done.send(result.clone());
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

    fn told(ids: &[&str]) -> (Delivered, Answer) {
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

    /// Counts what it is asked, and answers as the test says.
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
        let ((one, to_one), (two, to_two)) = (told(&["1"]), told(&["2", "3"]));
        let store = Store::answering(|_| Ok(()));
        record(vec![one, two], &store).await;
        assert_eq!(store.sizes(), [3]);
        assert_eq!((to_one.await.unwrap(), to_two.await.unwrap()), (Ok(()), Ok(())));
    }

    #[tokio::test]
    async fn one_bad_receipt_spoils_no_other_callers() {
        let ((good, to_good), (bad, to_bad)) = (told(&["1"]), told(&["bad", "2"]));
        let (late, to_late) = told(&["3"]);
        let store = Store::answering(|receipts| {
            let bad = receipts.iter().any(|receipt| receipt.carrier_id == "bad");
            if bad { Err(refused()) } else { Ok(()) }
        });
        record(vec![good, bad, late], &store).await;
        assert_eq!(store.sizes(), [4, 1, 2, 1]);
        assert_eq!(to_good.await.unwrap(), Ok(()));
        assert_eq!(to_bad.await.unwrap(), Err(refused()));
        assert_eq!(to_late.await.unwrap(), Ok(()));
        assert_eq!(*store.given_up.lock().unwrap(), 0, "nobody knows yet which of two it is");
    }

    #[tokio::test]
    async fn a_receipt_that_is_refused_alone_is_given_up_once() {
        let ((good, _to_good), (bad, to_bad)) = (told(&["1"]), told(&["bad"]));
        let store = Store::answering(|receipts| {
            let bad = receipts.iter().any(|receipt| receipt.carrier_id == "bad");
            if bad { Err(refused()) } else { Ok(()) }
        });
        record(vec![good, bad], &store).await;
        assert_eq!((to_bad.await.unwrap(), *store.given_up.lock().unwrap()), (Err(refused()), 1));
        let (bad, _to_bad) = told(&["bad"]);
        record(vec![bad], &store).await;
        assert_eq!(*store.given_up.lock().unwrap(), 2);
        let (away_too, _answer) = told(&["1"]);
        record(vec![away_too], &Store::answering(|_| Err(away()))).await;
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_asked_once_and_nobody_is_told_otherwise() {
        let ((one, to_one), (two, to_two)) = (told(&["1"]), told(&["2"]));
        let store = Store::answering(|_| Err(away()));
        record(vec![one, two], &store).await;
        assert_eq!(store.sizes(), [2]);
        assert_eq!((to_one.await.unwrap(), to_two.await.unwrap()), (Err(away()), Err(away())));
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_stores_nothing() {
        let ((gone, to_gone), (two, to_two)) = (told(&["1"]), told(&["2"]));
        drop(to_gone);
        let store = Store::answering(|_| Ok(()));
        record(vec![gone, two], &store).await;
        assert_eq!(store.sizes(), [1]);
        assert_eq!(to_two.await.unwrap(), Ok(()));
    }
}
