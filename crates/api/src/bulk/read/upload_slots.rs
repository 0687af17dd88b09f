//! Slots for large bodies: they bound the memory that all of them take together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::id::AccountId;
use domain::limits::{BULK_BODIES_READ_MAX, BULK_BODIES_READ_PER_ACCOUNT_MAX};
use http::{Refusal, too_many_at_once, unavailable};

#[derive(Debug, Default)]
pub(crate) struct UploadSlots(Mutex<HashMap<AccountId, u32>>);

impl UploadSlots {
    fn taken(&self) -> MutexGuard<'_, HashMap<AccountId, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(self: &Arc<Self>, account: AccountId) -> Result<UploadSlot, Refusal> {
        let mut taken = self.taken();
        if taken.values().sum::<u32>() >= BULK_BODIES_READ_MAX {
            let error = "too many large requests are being read; try again shortly";
            return Err(unavailable(error).unread());
        }
        let own = taken.entry(account).or_default();
        if *own >= BULK_BODIES_READ_PER_ACCOUNT_MAX {
            let error = "too many of your large requests are being read; try again shortly";
            return Err(too_many_at_once(error).unread());
        }
        *own += 1;
        Ok(UploadSlot { slots: self.clone(), account })
    }
}

/// Held until what was read is stored.
#[derive(Debug)]
pub(crate) struct UploadSlot {
    slots: Arc<UploadSlots>,
    account: AccountId,
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        if let Some(own) = taken.get_mut(&self.account) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.account);
            }
        }
    }
}
