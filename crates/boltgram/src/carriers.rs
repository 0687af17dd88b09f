//! Creates the carriers of `[[carriers]]`. Files named in a section are read at start, so that errors are reported then
//! and not with the first message.

use std::sync::Arc;

use ::carriers::{phones, sandbox, smpp, smtp};
use anyhow::Context;
use domain::limits;
use domain::ports::{Carrier, Clock, PhoneTextStore, Random, Store};
use domain::routing::CarrierName;

use crate::config::{CarrierConfig, CarrierKind, Config};

/// What carriers are made of.
pub(crate) struct CarrierParts<'a> {
    pub store: &'a Arc<dyn Store>,
    pub clock: &'a Arc<dyn Clock>,
    pub random: &'a Arc<dyn Random>,
    pub room: &'a Arc<smpp::InboundRoom>,
}

pub(crate) fn make_carriers(
    config: &Config,
    parts: &CarrierParts<'_>,
) -> anyhow::Result<Vec<Arc<dyn Carrier>>> {
    config.carriers.iter().map(|carrier| make_carrier(carrier, parts)).collect()
}

/// Room for what carriers bring and is not stored yet.
pub(crate) fn inbound_room() -> Arc<smpp::InboundRoom> {
    smpp::InboundRoom::new(limits::INBOUND_QUEUE_BYTES_MAX)
}

/// Creates a carrier, which connects only when it is run.
pub(crate) fn make_carrier(
    carrier: &CarrierConfig,
    parts: &CarrierParts<'_>,
) -> anyhow::Result<Arc<dyn Carrier>> {
    let made = match &carrier.kind {
        CarrierKind::Phones(section) => {
            let name = CarrierName::new(&carrier.name);
            let store: Arc<dyn PhoneTextStore> = parts.store.clone();
            let (clock, random) = (parts.clock.clone(), parts.random.clone());
            phones::Phones::new(name, section, store, clock, random)
                .map(|phones| phones as Arc<dyn Carrier>)
                .map_err(Into::into)
        }
        _ => connecting(carrier, parts.clock, parts.random, parts.room),
    };
    made.with_context(|| format!("cannot create carrier {:?}", carrier.name))
}

/// What is wrong with a section and its files.
pub(crate) fn check_carrier(
    carrier: &CarrierConfig,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> anyhow::Result<()> {
    match &carrier.kind {
        CarrierKind::Phones(section) => {
            section.terms(CarrierName::new(&carrier.name))?;
        }
        _ => {
            connecting(carrier, clock, random, &inbound_room())?;
        }
    }
    Ok(())
}

/// A carrier that needs no store.
fn connecting(
    carrier: &CarrierConfig,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
    room: &Arc<smpp::InboundRoom>,
) -> anyhow::Result<Arc<dyn Carrier>> {
    let CarrierConfig { name, kind, .. } = carrier.with_password()?;
    let (name, clock) = (CarrierName::new(&name), clock.clone());
    Ok(match kind {
        CarrierKind::Sandbox => sandbox::Sandbox::new(name, clock, &**random)?,
        CarrierKind::Smpp(section) => {
            smpp::SmppCarrier::new(name, *section, clock, random.clone(), room)?
        }
        CarrierKind::Smtp(section) => smtp::Smtp::new(name, *section, clock, random.clone())?,
        CarrierKind::Phones(_) => anyhow::bail!("phones are in the store"),
    })
}
