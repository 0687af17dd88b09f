//! Telling customers what happened, by HTTP POST, signed, again and again until they have it or a
//! day has passed.

mod deliver;
mod desk;
mod hosts;
mod schedule;
mod sign;

use domain::order::OrderSnapshot;

pub(crate) use deliver::deliver;
pub(crate) use desk::Desk;
pub use sign::sign;

/// Turns an event into a door's wire body. The door that sold the order implements it.
pub trait RenderEvent: Send + Sync + std::fmt::Debug {
    /// A JSON body.
    fn render(&self, snapshot: &OrderSnapshot) -> Vec<u8>;
}
