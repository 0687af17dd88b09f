//! The time of day, by which invoices expire.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of the Unix epoch.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

pub fn system_clock() -> Clock {
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()))
}
