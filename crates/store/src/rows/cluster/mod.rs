//! Nodes that share a database: their leases of each other's links.

mod links;

pub(crate) use self::links::{lease, leave};
