//! Which carriers serve a destination: the longest matching prefix wins; of its carriers the
//! cheapest go first, and those of one cost share by weight.

pub(crate) mod table;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::MessageId;
use crate::limits;
use crate::message::Address;
use table::PrefixTable;

/// The configured name of a carrier, unique in a house.
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

/// What a carrier takes.
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

/// A number that stands for one recipient of a message, the same at every attempt and on every
/// node: what depends on it does not change between attempts.
pub fn draw(message: MessageId, recipient: u32) -> u64 {
    let (high, low) = message.0.as_u64_pair();
    mix(mix(high ^ u64::from(recipient)) ^ low)
}

/// The finalizer of splitmix64: every bit of the input changes half of the output's.
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
    /// Its share among carriers of the same cost, at least 1.
    pub weight: u32,
    /// Decides who is tried first, and nothing else: no price or balance knows it.
    pub cost: u32,
}

/// Numbers beginning with `prefix` (digits without `+`; empty for all) go to `carriers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub prefix: String,
    pub carriers: Vec<RouteCarrier>,
    /// No receipt by then: the next carrier gets it too. It may arrive twice.
    pub receipt_timeout: Option<Duration>,
    /// Hand-overs of one message before it fails.
    pub attempts: u32,
}

impl Route {
    /// Each carrier only when none of those before it can be used.
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

    /// All carriers in the order in which one recipient tries them, by its [`draw`]. Who comes after
    /// a carrier does not change who comes before it, so a carrier that cannot be used moves nobody
    /// but those who would have used it.
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
    receipt_timeout_max: Option<Duration>,
}

impl Default for Routes {
    fn default() -> Self {
        Self::new(vec![], vec![])
    }
}

impl Routes {
    /// Those of numbers, by prefix.
    pub fn all(&self) -> impl Iterator<Item = &Route> {
        self.sms.values()
    }

    /// Of mail.
    pub const fn email(&self) -> &Route {
        &self.email
    }

    /// `email` are the carriers that take mail, in the order they are tried. A route whose prefix is
    /// anything but digits serves nobody.
    pub fn new(sms: Vec<Route>, email: Vec<CarrierName>) -> Self {
        Self {
            receipt_timeout_max: sms.iter().filter_map(|route| route.receipt_timeout).max(),
            sms: PrefixTable::new(sms.into_iter().map(|route| (route.prefix.clone(), route))),
            email: Route::in_order("", email),
            none: Route::in_order("", []),
        }
    }

    /// The longest that any route waits for a receipt; `None` when none does.
    pub const fn receipt_timeout_max(&self) -> Option<Duration> {
        self.receipt_timeout_max
    }

    /// The route of this destination; one without carriers when none serves it.
    pub fn find(&self, address: &Address) -> &Route {
        match address {
            Address::Email(_) => &self.email,
            Address::Phone(number) => self.sms.find(*number).unwrap_or(&self.none),
        }
    }
}

#[cfg(test)]
mod tests;
