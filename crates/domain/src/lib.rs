//! What things are and which changes are legal. Pure: no I/O, no clock, no randomness, no async
//! beyond the signatures of the ports.

pub mod number;
pub mod text;
