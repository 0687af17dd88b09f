//! Integration tests of the Lightning nodes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod lnd;
mod lnurl;
mod peer_bolt11;
mod rig;
mod sandbox;
