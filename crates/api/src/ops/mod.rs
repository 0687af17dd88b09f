//! For those who run the house: is it alive, is it ready, what did it count.

mod show_metrics;
mod tell_alive;
mod tell_readiness;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use engine::Engine;

pub(crate) use show_metrics::show_metrics;
pub(crate) use tell_alive::tell_alive;
pub(crate) use tell_readiness::tell_readiness;

use crate::guard::log_access;
use crate::refusal::refuse_path;
use crate::router::ops_routes;
use crate::settings::{Door, HttpSettings};

/// `/healthz`, `/readyz` and `/metrics` alone, for an admin listener. Nobody is limited there.
pub fn ops_router(engine: Arc<Engine>) -> Router {
    let settings = HttpSettings { address_rate: None, ..HttpSettings::default() };
    let door = Door::new(engine, settings);
    ops_routes(&door).fallback(refuse_path).layer(from_fn(log_access)).with_state(door)
}
