//! Nodes that share a database: their leases, and the links that they share.

mod links;

pub(crate) use self::links::{lease, leave};
