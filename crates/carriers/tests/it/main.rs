//! The carriers through their port, with real servers behind them.

mod peer;
mod pki;
mod sandbox;
mod smtp;
