//! Submissions whose texts wait for a phone.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ports::Submission;
use domain::time::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

#[derive(Debug, Default)]
pub(super) struct OpenTexts {
    held: Mutex<Held>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Held {
    texts: BTreeMap<Uuid, (Submission, Timestamp)>,
    /// Calls that may add some.
    placing: usize,
}

pub(super) struct Placing<'a>(&'a OpenTexts);

impl Drop for Placing<'_> {
    fn drop(&mut self) {
        self.0.held().placing -= 1;
        self.0.changed.notify_one();
    }
}

impl OpenTexts {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn placing(&self) -> Placing<'_> {
        self.held().placing += 1;
        Placing(self)
    }

    /// `until`: it is withdrawn then.
    pub(super) fn add(&self, id: Uuid, submission: Submission, until: Timestamp) {
        self.held().texts.insert(id, (submission, until));
    }

    /// With the end of their time.
    pub(super) fn all(&self) -> Vec<(Uuid, Timestamp)> {
        self.held().texts.iter().map(|(id, (_, until))| (*id, *until)).collect()
    }

    /// `None`: it was answered.
    pub(super) fn take(&self, id: Uuid) -> Option<Submission> {
        self.held().texts.remove(&id).map(|(submission, _)| submission)
    }

    /// Nothing is open, and nothing is about to be.
    pub(super) fn is_idle(&self) -> bool {
        let held = self.held();
        held.texts.is_empty() && held.placing == 0
    }

    /// Waits for the next change.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}
