//! The sandbox's routes, which exist only with a sandbox node, and the second only with a sandbox
//! carrier too.

use axum::routing::post;
use http::{Admission, Caching, Cors, Door, DoorRules, status_and_reason};

use super::{pay, receive};
use crate::settings::{DoorState, HttpSettings};

pub(crate) fn sandbox_door(settings: &HttpSettings) -> Door<DoorState> {
    let door = Door::new(DoorRules {
        name: "sandbox",
        roots: &[],
        envelope: status_and_reason,
        admission: Admission::Open,
        cors: Cors::SameOrigin,
        caching: Caching::Unspecified,
    });
    if settings.sandbox.is_none() {
        return door;
    }
    let door = door.route("/sandbox/pay", post(pay));
    if settings.sandbox_carrier.is_none() {
        return door;
    }
    door.route("/sandbox/receive", post(receive))
}
