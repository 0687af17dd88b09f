//! Probes and counters for whoever runs the service.

mod routes;

mod show_liveness;
mod show_metrics;
mod show_readiness;

use show_liveness::show_liveness;
use show_metrics::show_metrics;
use show_readiness::show_readiness;

pub(crate) use routes::ops_door;
