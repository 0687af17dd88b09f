//! This node among the others that share a store: leases, and shares of the carriers' links.

mod links;

pub(crate) use links::{Links, follow, keep, lacks_links, leave, wait_for_share};
