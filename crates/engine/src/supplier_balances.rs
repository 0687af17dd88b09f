//! What is left at suppliers that are paid in advance: they are built before the engine, which shows this with its
//! metrics.

use domain::activation::SupplierName;
use domain::money::Msat;
use domain::ports::SupplierObserver;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct BySupplier {
    pub supplier: String,
}

#[derive(Debug, Default)]
pub struct SupplierBalances {
    pub(crate) msat: Family<BySupplier, Gauge>,
}

impl SupplierObserver for SupplierBalances {
    fn balance(&self, supplier: &SupplierName, balance: Msat) {
        let supplier = BySupplier { supplier: supplier.as_str().to_owned() };
        self.msat.get_or_create(&supplier).set(balance.get());
    }
}
