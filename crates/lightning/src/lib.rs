//! Hold invoices: payments that a Lightning node holds until we settle or cancel them. Implementations of the port
//! [`domain::ports::Lightning`]: LND, a sandbox node, and the absence of a node.

pub mod lnd;
pub mod none;
pub mod sandbox;
