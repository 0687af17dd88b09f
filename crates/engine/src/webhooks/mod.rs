//! Telling customers what happened, by HTTP POST, signed, again and again until they have it or a
//! day has passed.

mod deliver;
mod desk;
mod hosts;
mod schedule;
mod sign;

use domain::ports::Snapshot;

pub(crate) use deliver::deliver;
pub(crate) use desk::Desk;
pub use sign::sign;

/// Turns an event into a door's wire body: the door that sold an order, and for what came in our own.
pub trait RenderEvent: Send + Sync + std::fmt::Debug {
    /// A JSON body.
    fn render(&self, snapshot: &Snapshot) -> Vec<u8>;
}
