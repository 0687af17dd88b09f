//! Hold invoices: payments that a Lightning node holds until we settle or cancel them. Two implementations of the port
//! [`domain::ports::Lightning`]: LND and a sandbox node.

pub mod lnd;
pub mod sandbox;
