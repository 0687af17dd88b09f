//! What stands before the handlers: who calls, from where, how often, what is logged, and what a panic
//! becomes.

mod admit;
mod caller;
mod log_access;
mod network;
mod origin;
mod panic;
mod rate;

pub(crate) use admit::{admit, admit_stranger};
pub(crate) use caller::{Buyer, Known, client_of, key_text};
pub(crate) use log_access::log_access;
pub use network::{Network, NetworkError};
pub(crate) use panic::show_panic;
pub use rate::Rate;
pub(crate) use rate::RateLimiter;
