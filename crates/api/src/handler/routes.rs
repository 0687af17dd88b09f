//! The handler door and its route.

use axum::routing::get;
use http::{Admission, Caching, Cors, Door, DoorRules, refuse_method};

use super::act::act;
use super::envelope::handler_envelope;
use super::show_openapi::show_openapi;
use crate::settings::DoorState;

pub(crate) fn handler_door() -> Door<DoorState> {
    let door = Door::new(DoorRules {
        name: "handler",
        roots: &["/stubs"],
        envelope: handler_envelope,
        admission: Admission::ByHandler,
        cors: Cors::SameOrigin,
        caching: Caching::NoStore,
    });
    // A HEAD request must not do what a GET does.
    door.route("/stubs/handler_api.php", get(act).post(act).head(refuse_method))
        .route("/stubs/openapi.json", get(show_openapi))
}
