//! The suppliers of numbers: those of ours and the configured wholesalers; and the sandbox, unless there
//! are real carriers or wholesalers.

use std::sync::Arc;

use domain::ports::{Clock, Fetch, Random, Store, Supplier, SupplierObserver};
use suppliers::handler::HandlerSupplier;
use suppliers::own::OwnNumbers;
use suppliers::phones::on_phones;
use suppliers::sandbox::SandboxSupplier;

use crate::config::{Config, SupplierConfig};

/// What suppliers are made of.
pub(crate) struct Parts<'a> {
    pub store: &'a Arc<dyn Store>,
    pub clock: &'a Arc<dyn Clock>,
    pub random: &'a Arc<dyn Random>,
    pub observer: Arc<dyn SupplierObserver>,
}

/// In the order in which equally cheap ones are called: numbers of ours cost nothing.
pub(crate) fn make_suppliers(
    config: &Config,
    parts: &Parts<'_>,
) -> anyhow::Result<Vec<Arc<dyn Supplier>>> {
    let Parts { store, clock, random, observer } = parts;
    let (terms, share) = (config.pool.terms(), config.phones.owner_percent);
    let mut suppliers: Vec<Arc<dyn Supplier>> = vec![
        OwnNumbers::on_carriers(terms, (*store).clone(), (*clock).clone()),
        on_phones(terms, share, (*store).clone(), (*clock).clone()),
    ];
    if config.suppliers.is_empty() && !config.has_real_carrier() {
        suppliers.push(Arc::new(SandboxSupplier::new((*clock).clone(), (*random).clone())));
    }
    // The operator's own addresses, perhaps inside the operator's network.
    let reach = fetch::Options { allow_private: true, ..fetch::Options::default() };
    let fetch: Arc<dyn Fetch> = Arc::new(fetch::Guarded::new(reach)?);
    for supplier in &config.suppliers {
        suppliers.push(Arc::new(HandlerSupplier::new(
            supplier.options()?,
            fetch.clone(),
            (*store).clone(),
            (*clock).clone(),
            observer.clone(),
        )?));
    }
    Ok(suppliers)
}

/// What is wrong with a section.
pub(crate) fn check_supplier(supplier: &SupplierConfig) -> anyhow::Result<()> {
    supplier.options()?.check()?;
    Ok(())
}
