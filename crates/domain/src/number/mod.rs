//! Telephone numbers to E.164, and the names messages are sent from.
//!
//! ```text
//! "+45 20 12 34 56", "0812345678" ── parse ──> Msisdn     own scan first, libphonenumber when unsure
//! "ACME", "4512345678", "1919"    ── parse ──> SenderId   with its SMPP type and plan
//! ```
//!
//! What is deliberately absent: who serves a number (ported numbers make that a lookup's question),
//! and any judgement by number type beyond refusing those that charge whoever reaches them.

mod calling_code;
mod ends;
mod home;
mod msisdn;
mod parse;
mod plans;
mod plans_nanp;
mod scan;
mod sender;

pub use ends::NumberEnds;
pub use home::Home;
pub use msisdn::Msisdn;
pub use parse::{NumberError, parse};
pub use sender::{SenderError, SenderId, SenderKind};

#[cfg(test)]
mod tests;
