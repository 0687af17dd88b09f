//! What the operator decided, as the engine needs it. Where it was read from is not known here.

use std::sync::Arc;
use std::time::Duration;

use domain::inbound::Receivers;
use domain::message::quiet::QuietHours;
use domain::routing::Routes;
use domain::sale::tariff::Prices;

#[derive(Debug, Clone)]
pub struct Settings {
    pub prices: Prices,
    pub routes: Routes,
    /// When messages to many wait, by destination.
    pub quiet_hours: QuietHours,
    /// Who is told what comes in.
    pub receivers: Arc<Receivers>,
    /// This process's name among those that share a store; leases are held under it.
    pub node: String,
    /// For how long what it has in work is its own without a word of it.
    pub lease: Duration,
    /// Others may share the store: the carriers' links are shared out.
    pub shares_store: bool,
}
