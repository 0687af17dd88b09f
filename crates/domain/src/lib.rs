//! What things are and which changes are legal. Pure: no I/O, no clock, no randomness, no async
//! beyond the signatures of the ports.
//!
//! In reading order: plain values; the rooms, each with its values, state machines and rules; the
//! limits; and the ports through which the engine reaches the world.

pub mod id;
pub mod money;
pub mod reason;
pub mod secret;
pub mod state;
pub mod time;

pub mod number;
pub mod text;

pub mod account;
pub mod activation;
pub mod event;
pub mod inbound;
pub mod message;
pub mod payout;
pub mod phone;
pub mod routing;
pub mod sale;

pub mod limits;
pub mod ports;
