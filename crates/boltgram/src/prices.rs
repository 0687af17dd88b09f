//! Configured prices in msat.

use anyhow::Context;
use domain::money::Msat;
use domain::sale::tariff::Prices;

use crate::config::PricesConfig;

pub(crate) fn prices(sats: &PricesConfig) -> anyhow::Result<Prices> {
    let msat = |sats| Msat::from_sats(sats).context("a price is too large");
    Ok(Prices {
        send: msat(sats.send)?,
        receive: msat(sats.receive)?,
        rent: msat(sats.rent)?,
        real_phone: msat(sats.real_phone)?,
        email: msat(sats.email)?,
        credit: msat(sats.credit)?,
        krone: msat(sats.krone)?,
    })
}
