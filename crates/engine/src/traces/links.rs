//! Whether a destination's carriers are up, here or at another node.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::message::Address;
use domain::ports::Carrier;
use domain::routing::{CarrierName, Routes};

use crate::carriers::Carriers;
use crate::live::Live;
use crate::other_nodes::OtherNodes;
use crate::settings::Settings;

/// The carriers of each destination, and what running nodes reported of their links. Nothing is down
/// while no node reports.
#[derive(Debug)]
pub struct ReportedLinks {
    pub routes: Routes,
    /// Whether a node is connected to it, of each carrier that a running node reported.
    pub up: BTreeMap<CarrierName, bool>,
}

impl ReportedLinks {
    fn route_is_up(&self, address: &str) -> Option<bool> {
        let to = address.parse::<Address>().ok()?;
        let route = self.routes.find(&to);
        let of_route = route.carriers.iter().filter_map(|of| self.up.get(&of.name));
        of_route.copied().reduce(|one, other| one || other)
    }

    pub(super) fn are_down(&self, address: &str) -> bool {
        let any_is_up = || self.up.values().any(|up| *up);
        !self.up.is_empty() && !self.route_is_up(address).unwrap_or_else(any_is_up)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Links {
    pub(crate) carriers: Arc<Carriers>,
    pub(crate) other_nodes: Arc<OtherNodes>,
    pub(crate) settings: Arc<Live<Settings>>,
}

impl Links {
    /// No carrier of the route to this stored address is up. Without a route this is about all
    /// carriers: while none is up, nothing is claimed, and so nothing is refused either.
    pub(crate) fn are_down(&self, address: &str) -> bool {
        let (settings, carriers) = (self.settings.get(), self.carriers.set());
        let to = address.parse::<Address>().ok();
        let route = to.as_ref().map(|to| settings.routes.find(to));
        let of_route = route.into_iter().flat_map(|route| &route.carriers);
        let mut of_route = of_route.filter_map(|of| carriers.get_key_value(&of.name)).peekable();
        if of_route.peek().is_none() {
            self.all_are_down()
        } else {
            !of_route.any(|(name, carrier)| self.is_up(name, &**carrier))
        }
    }

    pub(crate) fn all_are_down(&self) -> bool {
        !self.carriers.set().iter().any(|(name, carrier)| self.is_up(name, &**carrier))
    }

    fn is_up(&self, name: &CarrierName, carrier: &dyn Carrier) -> bool {
        carrier.status().up || self.other_nodes.have_up(name)
    }
}
