//! Configured prices in msat.

use std::sync::Arc;

use anyhow::Context;
use domain::money::Msat;
use domain::sale::tariff::Prices;

use crate::config::{PricesConfig, RECEIVE_SATS, RENT_SATS, number_prices};

pub(crate) fn prices(sats: &PricesConfig) -> anyhow::Result<Prices> {
    let msat = |sats| Msat::from_sats(sats).context("a price is too large");
    Ok(Prices {
        send: msat(sats.send)?,
        receive: msat(sats.receive.flat(RECEIVE_SATS))?,
        rent: msat(sats.rent.flat(RENT_SATS))?,
        real_phone: msat(sats.real_phone)?,
        email: msat(sats.email)?,
        credit: msat(sats.credit)?,
        krone: msat(sats.krone)?,
        keyword: msat(sats.keyword)?,
        lookup: msat(sats.lookup)?,
        numbers: Arc::new(number_prices(&sats.receive, &sats.rent)),
    })
}
