//! The carriers of this process, by name.

use std::collections::HashMap;
use std::sync::Arc;

use domain::ports::Carrier;
use domain::routing::CarrierName;

#[derive(Debug)]
pub(crate) struct Carriers(HashMap<CarrierName, Arc<dyn Carrier>>);

impl Carriers {
    pub(crate) fn new(carriers: Vec<Arc<dyn Carrier>>) -> Self {
        Self(carriers.into_iter().map(|carrier| (carrier.name().clone(), carrier)).collect())
    }

    pub(crate) fn get(&self, name: &CarrierName) -> Option<&Arc<dyn Carrier>> {
        self.0.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&CarrierName, &Arc<dyn Carrier>)> {
        self.0.iter()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn Carrier>> {
        self.0.values()
    }

    pub(crate) fn any_is_up(&self) -> bool {
        self.all().any(|carrier| carrier.status().up)
    }
}
