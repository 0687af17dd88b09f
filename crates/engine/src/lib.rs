//! What happens next: use cases that the doors call, and workers that bring the rows to where they
//! should be.
//!
//! It knows the world through the domain's ports alone. Every worker is a reconciler: a round reads
//! from the store what is due, does it, and records it; rounds are woken by a signal and by a timer,
//! so recovery after a crash is the ordinary round.
//!
//! In reading order: the engine and its parts; what the doors call; the workers.

mod engine;
mod health;
mod metrics;
mod settings;
pub mod tasks;

mod bisect_refused;
mod carriers;
mod hot_cache;
mod ids;
mod inbox;
mod other_nodes;
mod tip;
mod wake;

pub mod accept;
pub mod accounts;
pub mod campaigns;
pub mod directory;
pub mod numbers;
pub mod orders;

mod cluster;
mod dispatch;
pub mod events;
mod inbound;

pub use engine::{Engine, Ports};
pub use health::Health;
pub use metrics::Metrics;
pub use settings::{InboundSettings, Settings};
