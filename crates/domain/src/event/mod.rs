//! Events: facts that are reported to a customer. Where an event goes, what an attempt to deliver it
//! can result in, and when the next attempt is made.
//!
//! What an event reports is a [`Snapshot`](crate::ports::Snapshot); who creates events is decided
//! elsewhere.

mod attempt;
mod plan;
mod target;

use crate::state::stored_as;

pub use attempt::{Attempt, AttemptError, AttemptResult};
pub use plan::{Next, Plan, Tried, next_attempt};
pub use target::{Target, TargetKind};

/// How far the delivery of an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventState {
    /// Waits for an attempt, or for an earlier event of its subject.
    Pending,
    Delivered,
    /// The last attempt of its plan failed, or the receiver wants no more.
    Failed,
}

stored_as!(EventState { Pending = "pending", Delivered = "delivered", Failed = "failed" });
