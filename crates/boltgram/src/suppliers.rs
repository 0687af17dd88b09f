//! The suppliers of numbers: the sandbox, or none beside real carriers.

use std::sync::Arc;

use domain::ports::{Clock, Random, Supplier};
use suppliers::sandbox::SandboxSupplier;

use crate::config::Config;

/// In the order in which equally cheap ones are called. A house with a real carrier and no supplier sells
/// no numbers.
pub(crate) fn make_suppliers(
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Vec<Arc<dyn Supplier>> {
    if config.has_real_carrier() {
        return Vec::new();
    }
    vec![Arc::new(SandboxSupplier::new(clock.clone(), random.clone()))]
}
