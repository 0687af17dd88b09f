//! What happens next: use cases that the doors call, and workers that bring the rows to where they
//! should be.
//!
//! It knows the world through the domain's ports alone. Every worker is a reconciler: a round looks
//! at the store, does what is due, and records it; rounds are woken by a signal and by a timer, so
//! recovery after a crash is the ordinary round.
//!
//! In reading order: the engine and what it is made of; the use cases; the workers.

mod engine;
mod halves;
mod links;
mod metrics;
mod recent;
mod settings;
pub mod tasks;
mod wake;

pub mod accounts;
pub mod admin;
pub mod bulk;
pub mod orders;

pub mod dispatch;
mod expire;
mod inbound;
pub mod webhooks;

pub use engine::{Engine, Health, Ports};
pub use metrics::Metrics;
pub use settings::{Prices, Settings};
