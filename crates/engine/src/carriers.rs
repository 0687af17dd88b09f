//! The carriers of this process, by name. A reload of the configuration replaces the set.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ports::Carrier;
use domain::routing::CarrierName;

use crate::live::Live;

/// A set of carriers, in the order of their names.
pub(crate) type CarrierSet = BTreeMap<CarrierName, Arc<dyn Carrier>>;

#[derive(Debug)]
pub(crate) struct Carriers(Live<CarrierSet>);

impl Carriers {
    pub(crate) fn new(carriers: Vec<Arc<dyn Carrier>>) -> Self {
        Self(Live::new(by_name(carriers)))
    }

    /// The present set.
    pub(crate) fn set(&self) -> Arc<CarrierSet> {
        self.0.get()
    }

    pub(crate) fn get(&self, name: &CarrierName) -> Option<Arc<dyn Carrier>> {
        self.0.get().get(name).cloned()
    }

    pub(crate) fn any_is_up(&self) -> bool {
        self.0.get().values().any(|carrier| carrier.status().up)
    }

    pub(crate) fn replace(&self, carriers: Vec<Arc<dyn Carrier>>) {
        self.0.set(by_name(carriers));
    }
}

fn by_name(carriers: Vec<Arc<dyn Carrier>>) -> CarrierSet {
    carriers.into_iter().map(|carrier| (carrier.name().clone(), carrier)).collect()
}
