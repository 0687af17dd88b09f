//! What stands before the handlers: who calls, from where, how often, what is logged, and what a panic
//! becomes.

mod admit;
mod caller;
mod cors;
mod front;
mod log_access;
mod network;
mod origin;
mod panic;
mod places;
mod rate;

pub(crate) use caller::{Buyer, Identity, Known, client_of, key_text};
pub use front::Front;
pub(crate) use front::{Guard, Routes};
pub use network::{Network, NetworkError};
pub use rate::Rate;
pub(crate) use rate::RateLimiter;
