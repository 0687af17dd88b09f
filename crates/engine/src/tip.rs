//! The chain's tip as the Lightning node last reported it, for callers that cannot wait for the
//! node.

use std::sync::{Mutex, PoisonError};

use domain::sale::hold::Tip;

#[derive(Debug, Default)]
pub(crate) struct LastTip(Mutex<Option<Tip>>);

impl LastTip {
    pub(crate) fn set(&self, tip: Tip) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(tip);
    }

    pub(crate) fn get(&self) -> Option<Tip> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
