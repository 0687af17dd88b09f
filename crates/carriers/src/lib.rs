//! The ways out: SMPP, SMTP and the sandbox, behind the domain's Carrier port.
//!
//! Every carrier is made from its section of the configuration, does nothing until it is run, and
//! keeps nothing on disk: what it has taken and not answered is repeated by the engine.

mod desk;
mod error;
pub mod sandbox;
mod section;
pub mod smpp;
pub mod smtp;

pub use error::ConfigError;
