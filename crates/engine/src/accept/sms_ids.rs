//! Ids of the query door, taken from the store in blocks. What is left of a block when the process ends
//! is never used: ids have gaps, and none is given twice.

use std::ops::Range;

use domain::limits::SMS_IDS_BLOCK;
use domain::ports::{PortError, Store};
use tokio::sync::Mutex;

/// The block of this node. Ids of other nodes may be lower or higher; those of one node grow.
#[derive(Debug, Default)]
pub(crate) struct SmsIds(Mutex<Range<u64>>);

impl SmsIds {
    /// The first of `count` ids in a row. Callers wait while a block is taken.
    pub(super) async fn take(&self, store: &dyn Store, count: u32) -> Result<u64, PortError> {
        let mut block = self.0.lock().await;
        if block.end - block.start < u64::from(count) {
            let taken = count.max(SMS_IDS_BLOCK);
            let first = store.take_sms_ids(taken).await?;
            *block = first..first + u64::from(taken);
        }
        let first = block.start;
        block.start += u64::from(count);
        Ok(first)
    }
}
