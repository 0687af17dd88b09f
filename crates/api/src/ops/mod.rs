//! For those who run the house: is it alive, is it ready, what did it count.

mod show_metrics;
mod tell_alive;
mod tell_readiness;

pub(crate) use show_metrics::show_metrics;
pub(crate) use tell_alive::tell_alive;
pub(crate) use tell_readiness::tell_readiness;
