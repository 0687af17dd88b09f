//! Boltgram from end to end with real money of a regtest chain: buyers come through its doors, and pay over real channels.
//!
//! Boltgram and its node run as programs: `BOLTGRAM` and `BOLTGRAM_NODE` name them (default: the debug builds of the two
//! workspaces). Each test has a chain, a node, a Boltgram and a payer, and goes through several scenarios with them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

/// The program `boltgram`.
mod boltgram;
/// A buyer at the orders door.
mod customer;
/// The program `boltgram-node`.
mod node;
/// A server of Lightning addresses.
mod payee_server;
/// Finds, starts and ends programs.
mod programs;
/// Chain, node, Boltgram and payer together.
mod shop;

mod chain_faults;
mod credit;
mod deadlines;
mod kills;
mod on_chain;
mod payments;
mod referrals;
mod restarts;
mod routes;
mod supervised;
