//! Counts a request after its handler has read who sends it, for doors whose key is a parameter.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use engine::accounts::Caller;

use super::{CallerAddress, Gate, Origin};
use crate::envelope::{Refusal, failed};

/// Of one request. Only requests of a door with [`super::Admission::ByHandler`] have it.
#[derive(Debug, Clone)]
pub struct Counter {
    gate: Arc<Gate>,
    address: CallerAddress,
}

impl Counter {
    pub(super) const fn new(gate: Arc<Gate>, address: CallerAddress) -> Self {
        Self { gate, address }
    }

    /// Where the request comes from.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.address.origin
    }

    /// Counts the request by its caller's key, or by its address without a good one. Call it once, before
    /// anything is done for the request.
    pub fn count(&self, caller: Option<&Caller>) -> Result<(), Refusal> {
        match caller {
            Some(caller) => self.gate.count_key(caller),
            None => self.gate.count_address(self.address),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Counter {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // The door was built without its admission.
        parts.extensions.get().cloned().ok_or_else(|| failed("something went wrong here"))
    }
}
