//! The HTTP doors, one folder each. A door translates: its wire form to a command of the engine,
//! and the answer back. It decides nothing.
//!
//! In reading order: every route on one page; the doors; what stands before all of them; the loop
//! that serves connections.

mod router;
mod settings;

mod bulk;
pub mod orders;

mod admin;

mod events;
mod inbound;

mod ops;
pub mod sandbox;

mod guard;
mod read;
mod refusal;

mod serve;

pub use admin::admin_router;
pub use events::Events;
pub use guard::{Front, Network, NetworkError, Rate};
pub use router::router;
pub use serve::{Server, serve};
pub use settings::HttpSettings;
