//! Nodes that share a database: their leases, and the links that they share and report.

mod links;
mod reports;

pub(crate) use self::links::{lease, leave};
pub(crate) use self::reports::{reconnect_requests, report, reports, request_reconnect};
