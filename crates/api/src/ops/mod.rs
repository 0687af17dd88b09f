//! For those who run the house: is it alive, is it ready, what did it count.

mod show_metrics;
mod tell_alive;
mod tell_readiness;

use std::sync::Arc;

use engine::Engine;

pub(crate) use show_metrics::show_metrics;
pub(crate) use tell_alive::tell_alive;
pub(crate) use tell_readiness::tell_readiness;

use crate::guard::Front;
use crate::router::ops_routes;
use crate::settings::{Door, HttpSettings};

/// `/healthz`, `/readyz` and `/metrics` alone, for an admin listener. Nobody is limited there.
pub fn ops_router(engine: Arc<Engine>) -> Front {
    let settings = HttpSettings { address_rate: None, ..HttpSettings::default() };
    ops_routes(&settings).open(Door::new(engine, settings))
}
