//! Chooses the carriers of a destination: the longest matching prefix wins; its carriers are ordered by cost, and those
//! of equal cost share by weight.

mod charging;
pub(crate) mod table;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::MessageId;
use crate::limits;
use crate::message::Address;
use table::PrefixTable;

pub use charging::{Charge, Charges, Charging};

/// The configured name of a carrier, unique in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CarrierName(pub std::sync::Arc<str>);

impl CarrierName {
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The kind of message that a carrier sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    Sms,
    Email,
}

impl Channel {
    pub const fn of(address: &Address) -> Self {
        match address {
            Address::Phone(_) => Self::Sms,
            Address::Email(_) => Self::Email,
        }
    }
}

/// A pseudo-random number for one recipient of a message, the same for every attempt and on every node.
pub fn draw(message: MessageId, recipient: u32) -> u64 {
    let (high, low) = message.0.as_u64_pair();
    mix(mix(high ^ u64::from(recipient)) ^ low)
}

/// The finalizer of splitmix64: every input bit changes about half of the output bits.
const fn mix(input: u64) -> u64 {
    let mut mixed = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A carrier of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteCarrier {
    pub name: CarrierName,
    /// Share among carriers of the same cost, at least 1.
    pub weight: u32,
    /// Determines only the order; it has no effect on prices.
    pub cost: u32,
}

/// Numbers that begin with `prefix` (digits without `+`; empty for all) are sent by `carriers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub prefix: String,
    pub carriers: Vec<RouteCarrier>,
    /// Without a receipt in this time the next carrier sends it, too; it may arrive twice.
    pub receipt_timeout: Option<Duration>,
    /// Submissions of one message before it fails.
    pub attempts: u32,
}

impl Route {
    /// Uses a carrier only if none of those before it is available.
    pub fn in_order(prefix: &str, carriers: impl IntoIterator<Item = CarrierName>) -> Self {
        let of_cost = |(cost, name)| RouteCarrier { name, weight: 1, cost };
        Self {
            prefix: prefix.to_owned(),
            carriers: (0..).zip(carriers).map(of_cost).collect(),
            receipt_timeout: None,
            attempts: limits::HAND_OVERS_MAX,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.carriers.is_empty()
    }

    /// All carriers in the order for one recipient, by its [`draw`]. Carriers later in the order do not affect earlier
    /// ones, so an unavailable carrier moves only the recipients that would have used it.
    pub fn order(&self, draw: u64) -> impl Iterator<Item = &CarrierName> {
        let count = self.carriers.len().min(limits::ROUTE_CARRIERS_MAX);
        let carriers = &self.carriers[..count];
        let (mut left, mut draw) = (u64::MAX, draw);
        std::iter::from_fn(move || {
            let is_left = |at: &usize| left & (1 << at) != 0;
            let cost = (0..count).filter(is_left).map(|at| carriers[at].cost).min()?;
            let peers = || (0..count).filter(is_left).filter(|&at| carriers[at].cost == cost);
            let weight = |at: usize| u64::from(carriers[at].weight.max(1));
            draw = mix(draw);
            let mut point = draw % peers().map(weight).sum::<u64>();
            let taken = peers().find(|&at| {
                let weight = weight(at);
                let found = point < weight;
                point = point.saturating_sub(weight);
                found
            })?;
            left &= !(1 << taken);
            Some(&carriers[taken].name)
        })
    }
}

/// All routes.
#[derive(Debug, Clone)]
pub struct Routes {
    sms: PrefixTable<Route>,
    email: Route,
    none: Route,
    charging: Charging,
    receipt_timeout_max: Option<Duration>,
}

impl Default for Routes {
    fn default() -> Self {
        Self::new(vec![], vec![])
    }
}

impl Routes {
    /// The routes of numbers, by prefix.
    pub fn all(&self) -> impl Iterator<Item = &Route> {
        self.sms.values()
    }

    /// The route of e-mail.
    pub const fn email(&self) -> &Route {
        &self.email
    }

    /// `email` are the carriers of e-mail, in order. A route whose prefix has other characters than digits is ignored.
    pub fn new(sms: Vec<Route>, email: Vec<CarrierName>) -> Self {
        Self {
            receipt_timeout_max: sms.iter().filter_map(|route| route.receipt_timeout).max(),
            sms: PrefixTable::new(sms.into_iter().map(|route| (route.prefix.clone(), route))),
            email: Route::in_order("", email),
            none: Route::in_order("", []),
            charging: Charging::default(),
        }
    }

    /// With the carriers that charge recipients.
    #[must_use]
    pub fn with_charging(self, charging: Charging) -> Self {
        Self { charging, ..self }
    }

    /// Whether this carrier can send a message that charges its recipients so much, if anything.
    pub fn can_charge(&self, carrier: &CarrierName, charge: Option<Charge>) -> bool {
        self.charging.can(carrier, charge)
    }

    /// The longest receipt timeout of all routes; `None` if no route has one.
    pub const fn receipt_timeout_max(&self) -> Option<Duration> {
        self.receipt_timeout_max
    }

    /// The route of a destination; an empty route if none matches. Global services (satellite phones, free phone,
    /// premium rate of no country) have only a route whose prefix names them: they cost many times a country's number.
    pub fn find(&self, address: &Address) -> &Route {
        let number = match address {
            Address::Email(_) => return &self.email,
            Address::Phone(number) => *number,
        };
        let named = |route: &&Route| {
            let service = number.global_service();
            service.is_none_or(|code| route.prefix.starts_with(code.to_string().as_str()))
        };
        self.sms.find(number).filter(named).unwrap_or(&self.none)
    }
}

#[cfg(test)]
mod tests;
