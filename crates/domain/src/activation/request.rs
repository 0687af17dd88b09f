//! What a buyer wants: a number of a country for a service, for one code or for a time.

use std::time::Duration;

use crate::id::ActivationId;
use crate::state::stored_as;

use super::{CountryCode, ServiceCode};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NumberRequest {
    pub service: ServiceCode,
    /// `None`: any country.
    pub country: Option<CountryCode>,
    pub network: Network,
    /// `None`: for one code.
    pub rental: Option<RentalTerm>,
}

impl NumberRequest {
    /// A number for one code, of any network.
    pub const fn for_code(service: ServiceCode, country: Option<CountryCode>) -> Self {
        Self { service, country, network: Network::Any, rental: None }
    }

    pub const fn is_rental(&self) -> bool {
        self.rental.is_some()
    }

    /// The rental that it makes longer, if it is no number of its own.
    pub const fn extends(&self) -> Option<ActivationId> {
        match self.rental {
            Some(RentalTerm { extends, .. }) => extends,
            None => None,
        }
    }

    pub const fn duration(&self) -> Option<Duration> {
        match self.rental {
            Some(RentalTerm { duration, .. }) => Some(duration),
            None => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RentalTerm {
    pub duration: Duration,
    /// A rental that is to end later by this duration; `None`: a new one.
    pub extends: Option<ActivationId>,
}

/// Where a number is to come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Network {
    #[default]
    Any,
    /// Ordinary phones ([`crate::sale::tariff::Product::RealPhone`]).
    RealPhones,
}

stored_as!(Network { Any = "any", RealPhones = "real_phones" });
