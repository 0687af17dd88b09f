//! Creates the carriers of `[[carriers]]`. Files named in a section are read at start, so that errors are reported then
//! and not with the first message.

use std::sync::Arc;

use ::carriers::{sandbox, smpp, smtp};
use anyhow::Context;
use domain::limits;
use domain::ports::{Carrier, Clock, Random};
use domain::routing::CarrierName;

use crate::config::{CarrierConfig, CarrierKind, Config};

pub(crate) fn make_carriers(
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
    room: &Arc<smpp::InboundRoom>,
) -> anyhow::Result<Vec<Arc<dyn Carrier>>> {
    let make = |carrier: &CarrierConfig| {
        make_carrier(carrier, clock, random, room)
            .with_context(|| format!("cannot create carrier {:?}", carrier.name))
    };
    config.carriers.iter().map(make).collect()
}

/// Room for what carriers bring and is not stored yet.
pub(crate) fn inbound_room() -> Arc<smpp::InboundRoom> {
    smpp::InboundRoom::new(limits::INBOUND_QUEUE_BYTES_MAX)
}

/// Creates a carrier, which connects only when it is run.
pub(crate) fn make_carrier(
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
    })
}
