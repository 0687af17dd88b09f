//! Records the results of deliveries: when the next attempt is due, or how the delivery ended. Attempts
//! that failed are logged. A result of an event that has ended meanwhile changes nothing.

use domain::event::Attempt;
use domain::id::EventId;
use domain::limits::FORGET_AFTER;
use domain::ports::{DeliveryOutcome, DeliveryResult};
use domain::time::Timestamp;

use super::attempts;
use crate::tx::{Result, Tx, Value, params};

/// A delivery that ends: the attempt that delivered the event, or the last that failed.
struct End {
    event: EventId,
    delivered: bool,
    attempt: Attempt,
}

impl End {
    fn row(&self, now: Timestamp) -> [Value<'static>; 7] {
        let attempt = self.delivered.then_some(&self.attempt);
        params![
            self.event,
            i64::from(self.delivered),
            now,
            now.after(FORGET_AFTER),
            attempt.map(|it| it.at),
            attempt.map(attempts::millis),
            attempt.and_then(|it| it.result.status()),
        ]
    }
}

pub(crate) async fn record(
    tx: &mut impl Tx,
    results: &[DeliveryResult],
    now: Timestamp,
) -> Result<()> {
    let (mut retried, mut put_off, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    let mut results: Vec<_> = results.iter().collect();
    results.sort_unstable_by_key(|result| result.event);
    for &DeliveryResult { event, outcome } in results {
        match outcome {
            DeliveryOutcome::RetryAt(at, attempt) => retried.push((event, at, attempt)),
            DeliveryOutcome::PutOff(at) => put_off.push(params![event, at]),
            DeliveryOutcome::Delivered(attempt) => {
                ended.push(End { event, delivered: true, attempt });
            }
            DeliveryOutcome::Failed(attempt) => {
                ended.push(End { event, delivered: false, attempt });
            }
        }
    }
    let mut failed = retry(tx, &retried).await?;
    // The claim counted an attempt that was not made.
    tx.execute_many(
        "UPDATE events SET due_at = ?2, lease_node = NULL, attempts = attempts - 1
         WHERE id = ?1 AND delivered IS NULL AND attempts > 0",
        &put_off,
    )
    .await?;
    failed.extend(end(tx, ended, now).await?);
    attempts::log(tx, &failed).await
}

/// Returns the attempts to log.
async fn retry(
    tx: &mut impl Tx,
    retried: &[(EventId, Timestamp, Attempt)],
) -> Result<Vec<(EventId, Attempt)>> {
    let rows: Vec<_> = retried.iter().map(|(event, at, _)| params![*event, *at]).collect();
    let changed = tx
        .execute_many(
            "UPDATE events SET due_at = ?2, lease_node = NULL WHERE id = ?1 AND delivered IS NULL",
            &rows,
        )
        .await?;
    let changed = retried.iter().zip(changed).filter(|(_, changed)| *changed > 0);
    Ok(changed.map(|((event, _, attempt), _)| (*event, *attempt)).collect())
}

/// Makes the events that waited for these due. Returns the attempts to log.
async fn end(tx: &mut impl Tx, ended: Vec<End>, now: Timestamp) -> Result<Vec<(EventId, Attempt)>> {
    let rows: Vec<_> = ended.iter().map(|end| end.row(now)).collect();
    // Most events have none that waits for them.
    let changed = tx
        .execute_many(
            "UPDATE events SET delivered = ?2, ended_at = ?3, due_at = ?4, attempt_at = ?5,
                 attempt_ms = ?6, attempt_status = ?7
             WHERE id = ?1 AND delivered IS NULL AND next IS NULL",
            &rows,
        )
        .await?;
    let (mut changed, others): (Vec<_>, Vec<_>) =
        ended.into_iter().zip(changed).partition(|(_, changed)| *changed > 0);
    let rows: Vec<_> = others.iter().map(|(end, _)| end.row(now)).collect();
    let nexts = tx
        .query_many(
            "UPDATE events SET delivered = ?2, ended_at = ?3, due_at = ?4, attempt_at = ?5,
                 attempt_ms = ?6, attempt_status = ?7
             WHERE id = ?1 AND delivered IS NULL RETURNING next",
            &rows,
        )
        .await?;
    let mut due = Vec::new();
    for (end, row) in others.into_iter().zip(nexts) {
        let Some(mut row) = row.into_iter().next() else { continue };
        changed.push(end);
        if let Some(next) = row.get::<Option<i64>>()? {
            due.push(params![next, now]);
        }
    }
    tx.execute_many("UPDATE events SET due_at = ?2 WHERE id = ?1 AND delivered IS NULL", &due)
        .await?;
    let failed = changed.into_iter().filter(|(end, _)| !end.delivered);
    Ok(failed.map(|(end, _)| (end.event, end.attempt)).collect())
}
