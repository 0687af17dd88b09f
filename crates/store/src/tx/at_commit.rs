//! The gate around one change.

use std::sync::{Arc, OnceLock};

use domain::ports::Gate;

use super::{AnyTx, Result};

/// Asks the gate when the change is committed, if there is a gate. A change may run more than once;
/// its gate decides once.
#[derive(Default, Clone)]
pub(crate) struct AtCommit(Option<Arc<Gated>>);

struct Gated {
    gate: Arc<dyn Gate>,
    decided: OnceLock<Result<()>>,
}

impl AtCommit {
    pub(crate) fn new(gate: Option<&Arc<dyn Gate>>) -> Self {
        let gated = |gate: &Arc<_>| Gated { gate: Arc::clone(gate), decided: OnceLock::new() };
        Self(gate.map(gated).map(Arc::new))
    }

    /// Whether what `tx` wrote may be committed.
    pub(crate) fn pass(&self, tx: &AnyTx<'_>) -> Result<()> {
        match self.0.as_deref() {
            Some(Gated { gate, decided }) if tx.has_written() => {
                decided.get_or_init(|| gate.commit()).clone()
            }
            _ => Ok(()),
        }
    }

    /// Whether the gate let something be committed.
    pub(crate) fn has_passed(&self) -> bool {
        self.0.as_ref().is_some_and(|gated| matches!(gated.decided.get(), Some(Ok(()))))
    }
}
