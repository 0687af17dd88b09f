//! Single messages, on the whole way from accept to the delivered event.

use std::sync::Arc;
use std::time::Duration;

use domain::event::{Attempt, AttemptResult};
use domain::id::AccountId;
use domain::ports::{ChunkEnd, CreditOutcome, Delivery, DeliveryOutcome, DeliveryResult, Store};
use tokio::sync::mpsc;

use crate::made::{NOW, chunk, lease, order, outcome, receipt};

/// Two calls of accept at a time, as the engine has; each later step one.
pub(crate) async fn run(store: &Arc<dyn Store>, account: AccountId, messages: u64, batch: u64) {
    let (accepted, mut outcomes) = mpsc::channel(8);
    let (submitted, mut receipts) = mpsc::channel(8);
    let (ended, mut handed_over) = mpsc::channel(8);
    let mut steps = tokio::task::JoinSet::new();
    for caller in 0..2 {
        let (store, accepted) = (store.clone(), accepted.clone());
        steps.spawn(async move {
            for first in (caller * batch..messages).step_by(usize::try_from(2 * batch).unwrap()) {
                let numbers = first..(first + batch).min(messages);
                let orders: Vec<_> = numbers.clone().map(|number| order(account, number)).collect();
                let outcomes = store.add_credit_orders(orders, Some(lease(120))).await.unwrap();
                assert!(outcomes.iter().all(|outcome| *outcome == CreditOutcome::Accepted));
                accepted.send(numbers).await.unwrap();
            }
        });
    }
    drop(accepted);
    let at = store.clone();
    steps.spawn(async move {
        while let Some(numbers) = outcomes.recv().await {
            let all: Vec<u64> = numbers.collect();
            let taken = all.iter().map(|number| outcome(*number)).collect();
            let done = |number: &u64| (chunk(*number), 1, ChunkEnd::Done);
            let ends = all.iter().map(done).collect();
            at.record_outcomes(taken, ends, NOW, Some(lease(45))).await.unwrap();
            submitted.send(all).await.unwrap();
        }
    });
    let at = store.clone();
    steps.spawn(async move {
        while let Some(numbers) = receipts.recv().await {
            let said = numbers.into_iter().map(receipt).collect();
            let recorded = at.record_receipts(said, NOW, Some(lease(45))).await.unwrap();
            ended.send(recorded.deliveries).await.unwrap();
        }
    });
    let at = store.clone();
    steps.spawn(async move {
        let mut count = 0;
        while let Some(deliveries) = handed_over.recv().await {
            count += deliveries.len();
            let result = AttemptResult::Status(200);
            let attempt = Attempt { at: NOW, took: Duration::from_millis(7), result };
            let outcome = DeliveryOutcome::Delivered(attempt);
            let end = |delivery: Delivery| DeliveryResult { event: delivery.id, outcome };
            at.record_deliveries(deliveries.into_iter().map(end).collect(), NOW).await.unwrap();
        }
        assert_eq!(count as u64, messages);
    });
    steps.join_all().await;
}
