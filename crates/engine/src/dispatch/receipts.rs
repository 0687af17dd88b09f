//! Records receipts: what arrives during one change is batched into the next. Each caller gets the
//! result for its own receipts. Unmarked receipts that turn out to be messages are recorded as
//! inbound messages; after a crash in between, the carrier repeats them, because they were not
//! acknowledged. While the store is unavailable a batch is retried until its callers give up.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::limits;
use domain::ports::{Inbox, PortError, Receipt};

use super::arrivals::{Delivered, Unmatched};
use super::{Context, Dispatcher};
use crate::commit_progress::RETRY_PAUSE;
use crate::metrics::ByResult;

impl Dispatcher {
    /// The worker. Safe to drop: callers without a result do not acknowledge, and the carriers
    /// repeat the receipts.
    pub(crate) async fn record_receipts(self: Arc<Self>, inbox: Arc<dyn Inbox>) {
        let mut queue = self.queues.receipts.lock().await;
        let backpressure = &self.arrivals.backpressure;
        let over = || self.context.wake.dispatch.notify_one();
        while let Some(first) = backpressure.next(&mut queue, over).await {
            let count = |delivered: &Delivered| delivered.receipts.len();
            let batch = queue.fill(first, limits::RECEIPT_FLUSH_MAX, count);
            let size = batch.iter().map(count).sum();
            let store = Receipts { dispatcher: &self, inbox: &*inbox };
            let (new, seen): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|call| call.unmatched == Unmatched::Return);
            for (batch, unmatched) in [(new, Unmatched::Return), (seen, Unmatched::Park)] {
                record(batch, unmatched, &store).await;
            }
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
    /// Returns the indices of the receipts that were not recorded.
    fn keep(
        &self,
        receipts: Vec<Receipt>,
        unmatched: Unmatched,
    ) -> impl Future<Output = Result<Vec<usize>, PortError>> + Send;

    /// The store is unavailable; the change is retried.
    fn postponed(&self, receipts: usize, error: &PortError);

    /// A receipt was refused permanently.
    fn given_up(&self, error: &PortError);
}

struct Receipts<'a> {
    dispatcher: &'a Dispatcher,
    /// Records messages that looked like receipts.
    inbox: &'a dyn Inbox,
}

impl Keep for Receipts<'_> {
    async fn keep(
        &self,
        receipts: Vec<Receipt>,
        unmatched: Unmatched,
    ) -> Result<Vec<usize>, PortError> {
        let Context { store, clock, handoff, metrics, .. } = &self.dispatcher.context;
        let now = clock.now();
        let lease = handoff.lease(now);
        let (mut recorded, left) = match unmatched {
            Unmatched::Return => store.record_matched_receipts(receipts, now, lease).await?,
            Unmatched::Park => (store.record_receipts(receipts, now, lease).await?, Vec::new()),
        };
        self.dispatcher.arrivals.progress.committed();
        let messages = std::mem::take(&mut recorded.messages);
        self.dispatcher.follow_up(recorded);
        if !messages.is_empty() {
            let result = ByResult { result: "not_believed" };
            let count = u64::try_from(messages.len()).unwrap_or(u64::MAX);
            metrics.receipts.get_or_create(&result).inc_by(count);
            self.inbox.inbound(messages).await?;
        }
        Ok(left)
    }

    fn postponed(&self, receipts: usize, error: &PortError) {
        self.dispatcher.context.metrics.store_retries.inc();
        tracing::warn!(%error, receipts, "could not record receipts; trying again");
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
async fn record(mut batch: Vec<Delivered>, unmatched: Unmatched, store: &impl Keep) {
    match keep(&mut batch, unmatched, store).await {
        Err(PortError::Refused(_) | PortError::Conflict(_)) if batch.len() > 1 => {
            for call in batch {
                let mut call = vec![call];
                let kept = keep(&mut call, unmatched, store).await;
                answer(call, &kept, store);
            }
        }
        kept => answer(batch, &kept, store),
    }
}

/// Retries until the store records or permanently refuses the batch, or no caller waits any more.
async fn keep(
    batch: &mut Vec<Delivered>,
    unmatched: Unmatched,
    store: &impl Keep,
) -> Result<Vec<usize>, PortError> {
    loop {
        // The caller no longer waits, and calls again.
        batch.retain(|call| !call.done.is_closed());
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let all: Vec<_> = batch.iter().flat_map(|call| call.receipts.iter().cloned()).collect();
        let receipts = all.len();
        match store.keep(all, unmatched).await {
            Err(error @ (PortError::Unavailable(_) | PortError::Unknown(_))) => {
                store.postponed(receipts, &error);
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            kept => return kept,
        }
    }
}

/// Gives each caller its own receipts of those that were not recorded.
fn answer(batch: Vec<Delivered>, kept: &Result<Vec<usize>, PortError>, store: &impl Keep) {
    let alone = batch.iter().map(|call| call.receipts.len()).sum::<usize>() == 1;
    if let Err(error @ (PortError::Refused(_) | PortError::Conflict(_))) = kept
        && alone
    {
        store.given_up(error);
    }
    let mut end = 0;
    let mut left = kept.as_ref().map(|left| left.iter().copied().peekable());
    for Delivered { receipts, done, .. } in batch {
        let begin = end;
        end += receipts.len();
        let result = match &mut left {
            Ok(left) => Ok(std::iter::from_fn(|| left.next_if(|at| *at < end))
                .filter_map(|at| receipts.get(at - begin).cloned())
                .collect()),
            Err(error) => Err(error.clone()),
        };
        let _ = done.send(result);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use domain::ports::{ReceiptScope, ReceiptState};
    use domain::routing::CarrierName;
    use domain::time::Timestamp;
    use tokio::sync::oneshot;

    use super::*;

    type Answer = oneshot::Receiver<Result<Vec<Receipt>, PortError>>;

    fn delivery(ids: &[&str]) -> (Delivered, Answer) {
        let receipt = |id: &&str| Receipt {
            carrier: CarrierName::new("main"),
            carrier_id: (*id).to_owned(),
            state: ReceiptState::Delivered,
            code: None,
            to: None,
            at: Timestamp::default(),
            unmarked: None,
            scope: ReceiptScope::Part,
        };
        let (done, answer) = oneshot::channel();
        let receipts = ids.iter().map(receipt).collect();
        (Delivered { receipts, unmatched: Unmatched::Return, done }, answer)
    }

    fn refused() -> PortError {
        PortError::Refused("bad".to_owned())
    }

    /// Counts its calls and returns results as the test sets them.
    struct Store {
        sizes: Mutex<Vec<usize>>,
        given_up: Mutex<usize>,
        answer: fn(&[Receipt]) -> Result<Vec<usize>, PortError>,
    }

    impl Store {
        fn answering(answer: fn(&[Receipt]) -> Result<Vec<usize>, PortError>) -> Self {
            Self { sizes: Mutex::default(), given_up: Mutex::default(), answer }
        }

        fn sizes(&self) -> Vec<usize> {
            self.sizes.lock().unwrap().clone()
        }
    }

    impl Keep for Store {
        async fn keep(
            &self,
            receipts: Vec<Receipt>,
            _unmatched: Unmatched,
        ) -> Result<Vec<usize>, PortError> {
            self.sizes.lock().unwrap().push(receipts.len());
            (self.answer)(&receipts)
        }

        fn postponed(&self, _receipts: usize, error: &PortError) {
            assert_eq!(*error, away());
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
        let store = Store::answering(|_| Ok(vec![]));
        record(vec![one, two], Unmatched::Return, &store).await;
        assert_eq!(store.sizes(), [3]);
        assert_eq!((to_one.await.unwrap(), to_two.await.unwrap()), (Ok(vec![]), Ok(vec![])));
    }

    #[tokio::test]
    async fn one_bad_receipt_spoils_no_other_callers() {
        let ((good, to_good), (bad, to_bad)) = (delivery(&["1"]), delivery(&["bad", "2"]));
        let (late, to_late) = delivery(&["3"]);
        let store = Store::answering(|receipts| {
            let bad = receipts.iter().any(|receipt| receipt.carrier_id == "bad");
            if bad { Err(refused()) } else { Ok(vec![]) }
        });
        record(vec![good, bad, late], Unmatched::Return, &store).await;
        assert_eq!(store.sizes(), [4, 1, 2, 1]);
        assert_eq!(to_good.await.unwrap(), Ok(vec![]));
        assert_eq!(to_bad.await.unwrap(), Err(refused()));
        assert_eq!(to_late.await.unwrap(), Ok(vec![]));
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
            if bad { Err(refused()) } else { Ok(vec![]) }
        });
        record(vec![good, bad], Unmatched::Return, &store).await;
        assert_eq!((to_bad.await.unwrap(), *store.given_up.lock().unwrap()), (Err(refused()), 1));
        let (bad, _to_bad) = delivery(&["bad"]);
        record(vec![bad], Unmatched::Return, &store).await;
        assert_eq!(*store.given_up.lock().unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_is_tried_until_every_caller_has_given_up() {
        let ((one, to_one), (two, to_two)) = (delivery(&["1"]), delivery(&["2"]));
        let store = Store::answering(|_| Err(away()));
        let leave = async {
            tokio::time::sleep(RETRY_PAUSE * 5 / 2).await;
            drop(to_one);
            tokio::time::sleep(RETRY_PAUSE).await;
            drop(to_two);
        };
        tokio::join!(record(vec![one, two], Unmatched::Return, &store), leave);
        assert_eq!(store.sizes(), [2, 2, 2, 1]);
    }

    #[tokio::test]
    async fn each_caller_gets_back_its_own_receipts_without_a_submission() {
        let calls =
            [delivery(&["1", "early"]), delivery(&["2"]), delivery(&["early", "3", "early"])];
        let store = Store::answering(|receipts| {
            let early = |(_, receipt): &(usize, &Receipt)| receipt.carrier_id == "early";
            Ok(receipts.iter().enumerate().filter(early).map(|(at, _)| at).collect())
        });
        let (batch, answers): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
        record(batch, Unmatched::Return, &store).await;
        let mut left = Vec::new();
        for answer in answers {
            left.push(answer.await.unwrap().unwrap().len());
        }
        assert_eq!(left, [1, 0, 2]);
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_stores_nothing() {
        let ((gone, to_gone), (two, to_two)) = (delivery(&["1"]), delivery(&["2"]));
        drop(to_gone);
        let store = Store::answering(|_| Ok(vec![]));
        record(vec![gone, two], Unmatched::Return, &store).await;
        assert_eq!(store.sizes(), [1]);
        assert_eq!(to_two.await.unwrap(), Ok(vec![]));
    }
}
