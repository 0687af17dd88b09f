//! Numbers that are to be cancelled at the wholesaler because nobody here has them: too dear, not
//! readable. A number cannot be cancelled in its first minutes everywhere, so this is tried until it is
//! done.

use std::collections::HashMap;
use std::sync::Mutex;

use domain::ports::PortError;

use super::HandlerSupplier;

/// More than this is a wholesaler that gives nothing usable; the rest end by themselves.
const KEPT_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Unwanted {
    /// Whether each is a rental.
    references: Mutex<HashMap<String, bool>>,
}

impl Unwanted {
    pub(super) fn add(&self, reference: &str, is_rental: bool) {
        let Ok(mut references) = self.references.lock() else { return };
        if references.len() < KEPT_MAX {
            references.insert(reference.to_owned(), is_rental);
        }
    }

    pub(super) fn contains(&self, reference: &str) -> bool {
        self.references.lock().is_ok_and(|references| references.contains_key(reference))
    }

    fn all(&self) -> Vec<(String, bool)> {
        let Ok(references) = self.references.lock() else { return Vec::new() };
        references.iter().map(|(reference, is_rental)| (reference.clone(), *is_rental)).collect()
    }

    fn remove(&self, reference: &str) {
        if let Ok(mut references) = self.references.lock() {
            references.remove(reference);
        }
    }
}

impl HandlerSupplier {
    /// Tries once to cancel each. What the wholesaler does not know any more is done.
    pub(super) async fn return_unwanted(&self) {
        for (reference, is_rental) in self.unwanted.all() {
            match self.cancel(&reference, is_rental).await {
                Ok(()) | Err(PortError::Conflict(_) | PortError::Refused(_)) => {
                    self.unwanted.remove(&reference);
                }
                Err(PortError::Unavailable(_) | PortError::Unknown(_)) => {}
            }
        }
    }
}
