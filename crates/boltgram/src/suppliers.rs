//! The suppliers of numbers: the configured wholesalers; without one the sandbox, or none beside real carriers.

use std::sync::Arc;

use domain::ports::{Clock, Fetch, Random, Store, Supplier, SupplierObserver};
use suppliers::handler::HandlerSupplier;
use suppliers::sandbox::SandboxSupplier;

use crate::config::{Config, SupplierConfig};

/// What suppliers are made of.
pub(crate) struct Parts<'a> {
    pub store: &'a Arc<dyn Store>,
    pub clock: &'a Arc<dyn Clock>,
    pub random: &'a Arc<dyn Random>,
    pub observer: Arc<dyn SupplierObserver>,
}

/// In the order in which equally cheap ones are called. A house with a real carrier and no supplier sells
/// no numbers.
pub(crate) fn make_suppliers(
    config: &Config,
    parts: &Parts<'_>,
) -> anyhow::Result<Vec<Arc<dyn Supplier>>> {
    if config.suppliers.is_empty() && !config.has_real_carrier() {
        return Ok(vec![Arc::new(SandboxSupplier::new(parts.clock.clone(), parts.random.clone()))]);
    }
    // The operator's own addresses, perhaps inside the operator's network.
    let reach = fetch::Options { allow_private: true, ..fetch::Options::default() };
    let fetch: Arc<dyn Fetch> = Arc::new(fetch::Guarded::new(reach)?);
    let make = |supplier: &SupplierConfig| {
        let made = HandlerSupplier::new(
            supplier.options()?,
            fetch.clone(),
            parts.store.clone(),
            parts.clock.clone(),
            parts.observer.clone(),
        )?;
        Ok(Arc::new(made) as Arc<dyn Supplier>)
    };
    config.suppliers.iter().map(make).collect()
}

/// What is wrong with a section.
pub(crate) fn check_supplier(supplier: &SupplierConfig) -> anyhow::Result<()> {
    supplier.options()?.check()?;
    Ok(())
}
