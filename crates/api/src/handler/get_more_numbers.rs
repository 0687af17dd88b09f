//! `getMultiServiceNumber`, `getAdditionalService`: one number for several services. A number is lent for
//! one service here, so there is none for more.

use super::answer::{Answered, Failure};
use super::call::Call;
use super::fields::{read_country, read_service};
use crate::settings::DoorState;

/// Services of one request.
const SERVICES_MAX: usize = 10;

/// Each must be a service; a number for all of them there is not.
pub(super) async fn get_multi_service_number(_: &DoorState, call: &Call) -> Answered {
    read_country(call)?;
    let listed = call.get("multiService").ok_or_else(|| Failure::word("BAD_SERVICE"))?;
    let services: Vec<_> = listed.split(',').collect();
    if services.len() > SERVICES_MAX {
        return Err(Failure::word("WRONG_SERVICE"));
    }
    for service in services {
        read_service(Some(service.trim()))?;
    }
    Err(Failure::word("NO_NUMBERS"))
}

pub(super) async fn get_additional_service(door: &DoorState, call: &Call) -> Answered {
    read_service(call.get("service")).map_err(|_| Failure::word("WRONG_ADDITIONAL_SERVICE"))?;
    let first = door.engine.activations.get(call.id()?, Some(call.account)).await?;
    let open = first.filter(|first| !first.wanted.is_rental() && first.state.is_lent());
    open.ok_or_else(|| Failure::word("WRONG_ACTIVATION_ID"))?;
    Err(Failure::word("NO_NUMBERS"))
}
