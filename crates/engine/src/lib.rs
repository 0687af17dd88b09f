//! The use cases that the APIs call, and the workers that bring stored state up to date.
//!
//! The engine reaches the outside through the domain's ports only. Every worker is a reconciler: a
//! round reads what is due from the store, does it, and records it. Signals and timers start
//! rounds, so recovery after a crash is an ordinary round.
//!
//! In reading order: the engine and its parts; the use cases; the workers.

mod backlog;
mod engine;
mod health;
mod metrics;
mod node_restarts;
mod settings;
mod store_timings;
mod supplier_balances;
pub mod tasks;

mod bisect_refused;
mod carriers;
mod commit_progress;
mod hot_cache;
mod ids;
mod inbox;
mod list_search;
mod live;
mod other_nodes;
mod reload;
mod show_metrics;
mod tip;
mod wake;
mod webhook_url;

pub mod accept;
pub mod accounts;
pub mod activations;
pub mod campaigns;
pub mod directory;
pub mod keywords;
pub mod lightning_node;
pub mod logins;
pub mod lookups;
pub mod numbers;
pub mod orders;
pub mod payouts;
pub mod phones;
pub mod traces;

mod cluster;
mod dispatch;
pub mod events;
mod inbound;

pub use engine::{Engine, Ports};
pub use health::Health;
pub use inbound::InboxAsked;
pub use metrics::Metrics;
pub use node_restarts::NodeRestarts;
pub use settings::{InboundSettings, OrderSettings, ReferralSettings, Settings};
pub use store_timings::StoreTimings;
pub use supplier_balances::SupplierBalances;
