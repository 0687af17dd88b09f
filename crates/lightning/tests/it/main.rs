//! The crate from outside.

mod rig;
mod sandbox;
