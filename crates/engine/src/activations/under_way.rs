//! Activations for which this process is calling a supplier. Their leases keep other nodes away; this keeps
//! away this node, whose clock may jump past the end of a lease.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::ActivationId;

#[derive(Debug, Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashSet<ActivationId>>>);

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Call {
    id: ActivationId,
    under_way: UnderWay,
}

impl UnderWay {
    /// `None`: one is under way.
    pub(super) fn begin(&self, id: ActivationId) -> Option<Call> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        is_new.then(|| Call { id, under_way: self.clone() })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_begins_once_until_it_ends() {
        let under_way = UnderWay::default();
        let call = under_way.begin(ActivationId(1)).unwrap();
        assert!(under_way.begin(ActivationId(1)).is_none());
        assert!(under_way.begin(ActivationId(2)).is_some(), "another activation");
        drop(call);
        assert!(under_way.begin(ActivationId(1)).is_some());
    }
}
