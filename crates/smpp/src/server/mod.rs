//! The server side (SMSC): connections become binds to decide on ([`accept`]), binds become [`Link`](crate::link::Link)s.
//! [`serve`] does it for a whole listener. Accounts, storage and routing are the handler's.

mod accept;
mod serve;

pub use accept::{AcceptError, BindAttempt, ServerConfig, accept, accept_over};
pub use serve::{Connection, Handler, serve};
