//! The operator's probes and their routes.

use axum::routing::get;
use http::{Admission, Caching, Cors, Door, DoorRules, status_and_reason};

use super::*;
use crate::settings::DoorState;

/// `/healthz` is for load balancers too. Readiness and counters are for the operator alone, so that
/// they move to the admin listener where there is one.
pub(crate) fn ops_door(tells_operator: bool) -> Door<DoorState> {
    let door = Door::new(DoorRules {
        name: "ops",
        roots: &[],
        envelope: status_and_reason,
        admission: Admission::Probe { always: "/healthz" },
        cors: Cors::SameOrigin,
        caching: Caching::Unspecified,
    })
    .route("/healthz", get(show_liveness));
    if !tells_operator {
        return door;
    }
    door.route("/readyz", get(show_readiness)).route("/metrics", get(show_metrics))
}
