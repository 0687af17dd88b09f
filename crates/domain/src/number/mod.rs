//! Phone numbers in E.164, senders, and numbers of ours.
//!
//! ```text
//! "+45 20 12 34 56", "0812345678" ── parse ──> Msisdn     own scanner first, libphonenumber if unsure
//! "20123456" from a carrier, TON 2 ─ subscriber ─> Msisdn  in the spelling of today
//! "ACME", "4512345678", "1919"    ── parse ──> SenderId   with its SMPP type and plan
//! ```
//!
//! Deliberately absent: the network that serves a number (number portability makes that a lookup), and rules by number
//! type, except that premium-rate numbers are refused.

mod calling_code;
mod country_of;
mod dial_out;
mod error;
mod home;
mod msisdn;
pub mod network;
mod notation;
pub mod own;
mod parse;
mod plans;
mod plans_nanp;
pub mod pool;
mod readings;
mod scan;
mod sender;
mod spelling;
mod tidy;

pub use error::NumberError;
pub use home::Home;
pub use msisdn::Msisdn;
pub use notation::{Accept, Notation};
pub use parse::parse;
pub use sender::{SenderError, SenderId, SenderKind};
pub use spelling::{AddressKind, subscriber};

#[cfg(test)]
mod tests;
