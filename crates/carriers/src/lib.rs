//! Carriers: SMPP, SMTP, phones and the sandbox, behind the domain's Carrier port; and lookups of numbers.
//!
//! Every carrier is built from its section of the configuration, is idle until it is run, and stores nothing (the
//! one of phones stores the texts that they fetch): the engine repeats submissions without an outcome.

mod deserialize_secret;
mod error;
mod lifecycle;
pub mod lookup;
pub mod phones;
pub mod sandbox;
pub mod smpp;
pub mod smtp;

pub use error::ConfigError;
