//! What things are and which changes are legal. Pure: no I/O, no clock, no randomness, no async
//! beyond the signatures of the ports.
//!
//! In reading order: plain values, the things sold and sent with their state machines, the rules
//! that need no world, and the ports through which the engine reaches one.

pub mod email;
pub mod money;
pub mod number;
pub mod secret;
pub mod state;
pub mod text;
pub mod time;

pub mod account;
pub mod blocklist;
pub mod bulk;
pub mod contacts;
pub mod inbound;
pub mod keyword;
pub mod ledger;
pub mod message;
pub mod operator;
pub mod order;
pub mod reason;
pub mod recipient;
pub mod sender;
pub mod template;

pub mod hold;
pub mod limits;
pub mod quiet;
pub mod routing;
pub mod tariff;

pub mod ports;
