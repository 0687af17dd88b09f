//! Hold invoices: money that a Lightning node holds for us while we work, and that we keep only
//! when the work is done. Two nodes behind the port [`domain::ports::Lightning`]; which of them is
//! used, and what an order does with it, is decided elsewhere.

pub mod lnd;
pub mod sandbox;
