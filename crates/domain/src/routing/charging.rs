//! Premium messages: the recipient pays for them on the telephone bill. Only some carriers do that, each at its prices.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::CarrierName;

/// What the recipient is charged, in hundredths of the currency of the carrier's country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Charge(u32);

impl Charge {
    /// `None` for nothing, and for more than any network allows.
    pub const fn new(hundredths: u32) -> Option<Self> {
        if hundredths == 0 || hundredths > Self::MAX { None } else { Some(Self(hundredths)) }
    }

    /// 1,000 of the currency.
    pub const MAX: u32 = 100_000;

    pub const fn get(self) -> u32 {
        self.0
    }
}

/// What a carrier can charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charges {
    Any,
    These(BTreeSet<u32>),
}

/// The carriers that charge recipients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Charging(BTreeMap<CarrierName, Charges>);

impl Charging {
    pub fn new(carriers: impl IntoIterator<Item = (CarrierName, Charges)>) -> Self {
        Self(carriers.into_iter().collect())
    }

    /// Whether a carrier can send this; all can where nobody is charged.
    pub fn can(&self, carrier: &CarrierName, charge: Option<Charge>) -> bool {
        let Some(charge) = charge else { return true };
        match self.0.get(carrier) {
            Some(Charges::Any) => true,
            Some(Charges::These(prices)) => prices.contains(&charge.get()),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carrier_charges_its_prices_and_everybody_sends_for_nothing() {
        let [any, some, none] = ["any", "some", "none"].map(CarrierName::new);
        let prices = Charges::These(BTreeSet::from([100, 500]));
        let charging = Charging::new([(any.clone(), Charges::Any), (some.clone(), prices)]);
        let can = |carrier, charge| charging.can(carrier, Charge::new(charge));
        assert_eq!([&any, &some, &none].map(|carrier| can(carrier, 100)), [true, true, false]);
        assert_eq!([&any, &some, &none].map(|carrier| can(carrier, 101)), [true, false, false]);
        assert_eq!([&any, &some, &none].map(|carrier| can(carrier, 0)), [true, true, true]);
    }

    #[test]
    fn a_charge_is_more_than_nothing_and_bounded() {
        assert_eq!(Charge::new(0), None);
        assert_eq!(Charge::new(Charge::MAX).map(Charge::get), Some(100_000));
        assert_eq!(Charge::new(Charge::MAX + 1), None);
    }
}
