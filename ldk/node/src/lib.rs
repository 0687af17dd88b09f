//! A Lightning node that holds payments, with the part of LND's REST interface that Boltgram speaks.
//!
//! ldk-node does the work of a node. What it lacks for payments that are held for hours is here:
//!
//! - an invoice whose payment can be held that long (`signer`),
//! - a record of what became of each payment hash (`book`), because the calls of ldk-node say *ok* also when they had no
//!   effect, and a payment that LDK returns at its deadline is not reported,
//! - LND's interface (`rest`), so that its clients need nothing new.

pub mod chain;
pub mod cli;
pub mod data_dir;
pub mod node;
pub mod rest;

mod book;
mod clock;
pub mod commands;
mod database;
mod ldk_log;
mod run;
mod signer;

pub use clock::{Clock, system_clock};

/// A payment hash, or a preimage.
pub type Hash = [u8; 32];
