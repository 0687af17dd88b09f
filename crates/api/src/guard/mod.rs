//! What stands before the handlers: who calls, how often, what is logged, and what a panic
//! becomes.

mod admit;
mod caller;
mod log_access;
mod panic;
mod rate;

pub(crate) use admit::admit;
pub(crate) use caller::{Known, MaybeKnown, key_text};
pub(crate) use log_access::log_access;
pub(crate) use panic::show_panic;
pub use rate::Rate;
pub(crate) use rate::RateLimiter;
