//! What the sandbox node is like, and how it misbehaves when a test asks it to. The faults are
//! facts seen at real nodes; none of them is on by default.

use std::time::Duration;

/// How the chain under the node grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocks {
    /// One block for every ten minutes of the clock, and always a fresh tip.
    Flow,
    /// Only when [`Sandbox::mine`](super::Sandbox::mine) is called; without it the tip gets stale.
    Mined,
}

#[derive(Debug, Clone)]
pub struct Options {
    /// Payments held at one time: 483 is what an LND channel carries, 50 an LDK one.
    pub held_max: u64,
    /// Blocks before a payment expires at which the node gives it back (LND `holdexpirydelta`).
    pub margin_blocks: u32,
    /// Blocks that the payer adds to the invoice's delta. Zero is the worst case and allowed.
    pub payer_padding_blocks: u32,
    pub blocks: Blocks,
    /// Hints kept for a reader that is slow; with more of them it is told to look at everything.
    pub hints_max: usize,
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            held_max: 483,
            margin_blocks: 18,
            payer_padding_blocks: 0,
            blocks: Blocks::Flow,
            hints_max: 1_024,
            faults: Faults::default(),
        }
    }
}

impl Options {
    /// For tests that move the chain themselves.
    pub fn mined() -> Self {
        Self { blocks: Blocks::Mined, ..Self::default() }
    }
}

/// Misbehaviour, changed at any time by [`Sandbox::set_faults`](super::Sandbox::set_faults). The
/// counters of coming calls count down by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// So many coming calls do nothing and answer `Unavailable`.
    pub unavailable_next: u32,
    /// So many coming changes happen and answer `Unknown`: the connection broke in between.
    pub lost_answers_next: u32,
    /// So many coming calls of settle and cancel answer `Ok` and do nothing.
    pub swallowed_next: u32,
    /// Settle and cancel answer `Ok` whatever the payment's state is, as ldk-node 0.7 does.
    pub ok_regardless: bool,
    pub lose_hints: bool,
    pub duplicate_hints: bool,
    /// How long after its expiry an invoice still takes a payment (LDK: two hours).
    pub late_payment: Duration,
    /// A cancelled invoice takes a payment again, until its expiry (LDK).
    pub repay_cancelled: bool,
    /// Less than the invoice's amount is held too.
    pub take_underpaid: bool,
}
