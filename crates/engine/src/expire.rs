//! Ends what waited too long: messages past their validity, receipts that never came. Invoices that
//! nobody paid are ended by the order watch, because the node has a word in that.

use std::time::Duration;

use domain::limits;
use domain::time::Timestamp;

use crate::engine::Engine;

const ROUND: Duration = Duration::from_secs(1);

/// Messages ended in one change.
const BATCH_MAX: u32 = 500;

pub(crate) async fn run(engine: &Engine) {
    loop {
        round(engine).await;
        tokio::time::sleep(ROUND).await;
    }
}

/// One look; repeated at once while there is more than a batch.
pub(crate) async fn round(engine: &Engine) {
    loop {
        let now = engine.now();
        let age = i64::try_from(limits::PARKED_RECEIPT_AGE_MAX.as_millis()).unwrap_or(i64::MAX);
        let parked_before = Timestamp::from_millis(now.as_millis().saturating_sub(age));
        match engine.store.expire(now, parked_before, BATCH_MAX).await {
            Ok(recorded) => {
                engine.wake.after(&recorded);
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
