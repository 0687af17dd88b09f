//! Which carriers serve a destination: the longest matching prefix wins.

use crate::message::Address;

/// The configured name of a carrier, unique in a house.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Numbers beginning with `prefix` (digits without `+`; empty for all) go to `carriers`, the first
/// of them that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub prefix: String,
    pub carriers: Vec<CarrierName>,
}

/// All routes, longest prefix first.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    sms: Vec<Route>,
    email: Vec<CarrierName>,
}

impl Routes {
    /// `email` are the carriers that take mail, in the order they are tried.
    pub fn new(mut sms: Vec<Route>, email: Vec<CarrierName>) -> Self {
        sms.sort_by_key(|route| std::cmp::Reverse(route.prefix.len()));
        Self { sms, email }
    }

    /// The carriers for this destination in order of preference; empty when none serves it.
    pub fn find(&self, address: &Address) -> &[CarrierName] {
        match address {
            Address::Email(_) => &self.email,
            Address::Phone(number) => {
                let digits = number.digits().to_string();
                let route = self.sms.iter().find(|route| digits.starts_with(&route.prefix));
                route.map_or(&[], |route| &route.carriers)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Msisdn;

    #[test]
    fn the_longest_prefix_wins() {
        let route = |prefix: &str, carrier: &str| Route {
            prefix: prefix.to_owned(),
            carriers: vec![CarrierName::new(carrier)],
        };
        let routes =
            Routes::new(vec![route("", "all"), route("4520", "mobile"), route("45", "dk")], vec![]);
        let to = |digits| Address::Phone(Msisdn::from_digits(digits).unwrap());
        assert_eq!(routes.find(&to(4_520_123_456))[0].as_str(), "mobile");
        assert_eq!(routes.find(&to(4_531_123_456))[0].as_str(), "dk");
        assert_eq!(routes.find(&to(46_701_234_567))[0].as_str(), "all");
    }

    #[test]
    fn a_destination_without_a_route_has_no_carrier() {
        let to = Address::Phone(Msisdn::from_digits(4_520_123_456).unwrap());
        assert!(Routes::default().find(&to).is_empty());
    }
}
