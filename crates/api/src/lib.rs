//! The doors for programs, one folder each. A door translates: its wire form to a command of the
//! engine, and the answer back. It decides nothing.
//!
//! In reading order: the doors of each listener on one page; the doors; events as their receivers see
//! them. What all doors share is the crate `http`.

mod router;
mod settings;

mod bulk;
mod handler;
pub mod orders;
mod query;

mod phones;

mod admin;

mod events;
mod inbound;

mod ops;
pub mod sandbox;

mod carrier_code;
mod lightning_view;
mod moment;
mod trace_view;

pub use carrier_code::code_meaning;
pub use events::Events;
pub use lightning_view::{lightning_view, orphan_view};
pub use moment::moment;
pub use router::{admin_router, router};
pub use settings::HttpSettings;
pub use trace_view::trace_view;
