//! What the operator decided, as the engine needs it. Where it was read from is not known here.

use std::time::Duration;

use domain::inbound::Party;
use domain::inbound::keyword::Keywords;
use domain::message::quiet::QuietHours;
use domain::number::own::NumberTerms;
use domain::routing::Routes;
use domain::sale::tariff::Prices;
use domain::secret::Secret;

#[derive(Debug, Clone)]
pub struct InboundSettings {
    /// Keywords for opt-out, opt-in and help.
    pub keywords: Keywords,
    /// Where messages to numbers without a webhook of their own are reported.
    pub webhook_url: Option<String>,
    /// The operator's: signs where no account's does.
    pub webhook_secret: Secret,
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub prices: Prices,
    pub routes: Routes,
    /// When messages to many wait, by destination.
    pub quiet_hours: QuietHours,
    pub inbound: InboundSettings,
    /// Numbers that the configuration file names.
    pub numbers: Vec<(Party, NumberTerms)>,
    /// This process's name among those that share a store; leases are held under it.
    pub node: String,
    /// For how long what it has in work is its own without a word of it.
    pub lease: Duration,
    /// Others may share the store: the carriers' links are shared out.
    pub shares_store: bool,
}
