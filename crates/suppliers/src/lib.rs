//! Where numbers on loan come from, behind the domain's Supplier port.

pub mod handler;
pub mod own;
pub mod phones;
pub mod sandbox;
