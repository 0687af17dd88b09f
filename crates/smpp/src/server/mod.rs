//! The server side (SMSC): [`accept`] turns a connection into a [`BindAttempt`], which becomes a
//! [`Link`](crate::link::Link) when accepted. [`serve`] does this for a listener. Accounts, storage and routing are up
//! to the handler.

mod accept;
mod serve;

pub use accept::{AcceptError, BindAttempt, ServerConfig, accept, accept_over};
pub use serve::{Connection, Handler, serve};
