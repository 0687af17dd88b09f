//! Ends what waited too long: messages past their validity, receipts that never came. Invoices that
//! nobody paid are ended by the order watch, because the node has a word in that.

use std::time::Duration;

use domain::limits;

use crate::engine::Engine;

const ROUND: Duration = Duration::from_secs(1);

/// Messages ended in one change.
const BATCH_MAX: u32 = 500;

/// Rounds between two clearings of what nobody asks for any more.
const ROUNDS_PER_CLEARING: u32 = 600;

pub(crate) async fn run(engine: &Engine) {
    loop {
        for _ in 0..ROUNDS_PER_CLEARING {
            round(engine).await;
            tokio::time::sleep(ROUND).await;
        }
        clear(engine).await;
    }
}

async fn clear(engine: &Engine) {
    let before = engine.now().before(limits::FORGET_AFTER);
    loop {
        match engine.store.forget(before, BATCH_MAX).await {
            Ok(0) => return,
            Ok(rows) => tracing::debug!(rows, "forgotten"),
            Err(error) => {
                tracing::warn!(%error, "could not forget; trying again later");
                return;
            }
        }
    }
}

/// One look; repeated at once while there is more than a batch.
pub(crate) async fn round(engine: &Engine) {
    loop {
        let now = engine.now();
        let parked_before = now.before(limits::PARKED_RECEIPT_AGE_MAX);
        match engine.store.expire(now, parked_before, BATCH_MAX).await {
            Ok(recorded) => {
                engine.wake.after(&recorded, engine.metrics());
                if recorded.recipients < BATCH_MAX {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "could not expire; trying again");
                return;
            }
        }
    }
}
