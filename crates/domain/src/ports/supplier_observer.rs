//! Receives what suppliers cost and how they answer, for the operator's metrics.

use std::fmt;

use crate::activation::SupplierName;
use crate::money::Msat;

/// It must return at once.
pub trait SupplierObserver: fmt::Debug + Send + Sync {
    /// The credit left at a supplier that is paid in advance.
    fn balance(&self, supplier: &SupplierName, balance: Msat);
}
