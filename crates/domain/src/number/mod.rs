//! Phone numbers in E.164, senders, and numbers of ours.
//!
//! ```text
//! "+45 20 12 34 56", "0812345678" ── parse ──> Msisdn     own scanner first, libphonenumber if unsure
//! "ACME", "4512345678", "1919"    ── parse ──> SenderId   with its SMPP type and plan
//! ```
//!
//! Deliberately absent: the network that serves a number (number portability makes that a lookup), and rules by number
//! type, except that premium-rate numbers are refused.

mod calling_code;
mod ends;
mod error;
mod home;
mod msisdn;
pub mod own;
mod parse;
mod plans;
mod plans_nanp;
mod scan;
mod sender;

pub use ends::NumberEnds;
pub use error::NumberError;
pub use home::Home;
pub use msisdn::Msisdn;
pub use parse::parse;
pub use sender::{SenderError, SenderId, SenderKind};

#[cfg(test)]
mod tests;
