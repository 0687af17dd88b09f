//! The SIM cards of ordinary phones as a supplier: numbers of ours, of which a phone's owner earns a share of what a buyer
//! pays. Only numbers that are proven, on phones that have pinged lately, are lent; what a phone reports is stored by its
//! door. The rest is as of numbers on carriers.

use std::sync::Arc;

use domain::activation::SupplierName;
use domain::number::pool::{PoolLine, PoolTerms};
use domain::ports::{Clock, PoolStore};

use crate::own::OwnNumbers;

/// `share_percent` of what a buyer pays is the owner's.
pub fn on_phones(
    terms: PoolTerms,
    share_percent: u8,
    store: Arc<dyn PoolStore>,
    clock: Arc<dyn Clock>,
) -> Arc<OwnNumbers> {
    let name = SupplierName::new("phones");
    let numbers = OwnNumbers::new(name, PoolLine::Phone, terms, store, clock);
    Arc::new(numbers.with_share(share_percent))
}
