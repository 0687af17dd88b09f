//! Hold invoices: payments that a Lightning node holds until we settle or cancel them; and payments to others.
//! Implementations of the ports [`domain::ports::Lightning`] (LND, a sandbox node, and the absence of a node) and
//! [`domain::ports::Payees`] (Lightning addresses).

pub mod lnd;
pub mod lnurl;
pub mod none;
pub mod sandbox;

mod decode;
