//! Options of the sandbox node, and the faults that a test can switch on. All faults occur at real nodes; none is on by
//! default.

use std::time::Duration;

use domain::money::Msat;

use super::payment::Route;

/// How the chain under the node grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocks {
    /// One block per ten minutes of the clock; the tip is always fresh.
    Flow,
    /// Only by [`Sandbox::mine`](super::Sandbox::mine); without it the tip becomes stale.
    Mined,
}

#[derive(Debug, Clone)]
pub struct Options {
    /// Limit of held payments: 483 for a channel of LND, 50 for LDK.
    pub held_max: u64,
    /// Blocks before a payment's expiry at which the node returns it (LND `holdexpirydelta`).
    pub margin_blocks: u32,
    /// Blocks that the payer adds to the invoice's delta; 0 is the worst case.
    pub payer_padding_blocks: u32,
    pub blocks: Blocks,
    /// Hints buffered for a slow receiver; beyond them it gets *look at all*.
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
    /// For tests that mine blocks themselves.
    pub fn mined() -> Self {
        Self { blocks: Blocks::Mined, ..Self::default() }
    }
}

/// Faults, changed at any time by [`Sandbox::set_faults`](super::Sandbox::set_faults). Counters of calls count down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Number of calls that do nothing and return `Unavailable`.
    pub unavailable_next: u32,
    /// Number of changes that take effect and return `Unknown`, as after a lost connection.
    pub lost_answers_next: u32,
    /// Number of settles and cancels that return `Ok` without effect.
    pub swallowed_next: u32,
    /// Settle and cancel return `Ok` in every state, as in ldk-node 0.7.
    pub ok_regardless: bool,
    pub lose_hints: bool,
    pub duplicate_hints: bool,
    /// How long after its expiry an invoice accepts a payment (LDK: two hours).
    pub late_payment: Duration,
    /// A cancelled invoice accepts a payment until its expiry (LDK).
    pub repay_cancelled: bool,
    /// Payments below the invoice's amount are held.
    pub take_underpaid: bool,
    /// Number of the node's own payments whose call is held up on its way, until
    /// [`Sandbox::deliver_delayed`](super::Sandbox::deliver_delayed). The caller gets `Unknown`.
    pub delayed_payments_next: u32,
    /// What becomes of the node's own payments, and what their route costs.
    pub route: Route,
    pub route_fee: Msat,
}
