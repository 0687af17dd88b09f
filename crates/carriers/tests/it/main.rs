//! The carriers through their port, with real servers behind them.

mod sandbox;
