//! Limits of numbers of ours that are lent.

/// Messages of one loan: a busy line for a month. More are kept as inbound messages alone.
pub const POOL_LOAN_MESSAGES_MAX: u32 = 1_000;

/// Messages of loans that are delivered to the engine in one round.
pub const POOL_MESSAGES_BATCH_MAX: u32 = 500;
