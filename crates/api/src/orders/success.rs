//! How often numbers got a code lately, as lists show it. Ours, not in the contract.

use engine::activations::Success as Ended;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Success {
    /// Of those that had a number and ended, rounded down.
    percent: u64,
    /// How many there were.
    of: u64,
}

impl Success {
    /// `None` when nothing ended: then nothing is known.
    pub(crate) fn of(ended: Ended) -> Option<Self> {
        let percent = ended.with_code.saturating_mul(100).checked_div(ended.ended)?;
        Some(Self { percent, of: ended.ended })
    }
}
