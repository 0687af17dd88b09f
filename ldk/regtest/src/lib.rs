//! A regtest chain in memory with its servers, and Lightning nodes on it: real payments in tests, without bitcoind.
//!
//! Everything here panics when something is wrong: it serves tests alone. All waits have a limit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_debug_implementations,
    reason = "it serves tests alone"
)]

/// The chain as bitcoind's RPC interface.
pub mod bitcoind;
/// Blocks, scripts, mempool and faucet.
pub mod chain;
/// The chain as an Electrum server.
pub mod electrum;
/// The chain as an Esplora HTTP server.
pub mod esplora;
/// How the servers misbehave.
mod fault;
/// A Lightning node that pays, receives, holds and forwards.
pub mod peer;
/// The store of a [`peer::Peer`]: in memory, kept over a restart.
mod store;
/// One place that makes the chain, its servers and the nodes.
pub mod world;

pub use bitcoind::Bitcoind;
pub use chain::{Chain, SharedChain};
pub use electrum::Electrum;
pub use esplora::Esplora;
pub use fault::Fault;
pub use peer::{Held, Options, Outcome, Peer, Source};
pub use world::World;
