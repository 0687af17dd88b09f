//! `GET /readyz`: 200 when orders can be accepted and sent, 503 when not; the body says what is
//! missing, and why the store is, whose error names no address. Other details (addresses, errors) go to
//! the log: this page is public.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ports::PortError;
use engine::Health;
use serde::Serialize;

use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct Readiness {
    ready: bool,
    store: &'static str,
    /// Why the store is unavailable.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    node: Node,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Node {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
}

#[derive(Serialize)]
struct Link {
    carrier: String,
    up: bool,
}

pub(crate) async fn show_readiness(State(door): State<DoorState>) -> (StatusCode, Json<Readiness>) {
    let health = door.engine.health().await;
    let ready = health.is_ready();
    if !ready {
        tracing::warn!(?health, "not ready");
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness(ready, &health)))
}

/// The text alone: what kind of error it is says `store`.
fn why(error: &PortError) -> String {
    match error {
        PortError::Refused(why)
        | PortError::Unavailable(why)
        | PortError::Unknown(why)
        | PortError::Conflict(why) => why.clone(),
    }
}

fn readiness(ready: bool, health: &Health) -> Readiness {
    let state = match &health.node {
        _ if !health.has_node => "none",
        Err(_) => "unavailable",
        Ok(_) if health.node_is_fresh => "ok",
        Ok(_) => "stale",
    };
    let link = |(name, status): &(domain::routing::CarrierName, domain::ports::LinkStatus)| Link {
        carrier: name.as_str().to_owned(),
        up: status.up,
    };
    Readiness {
        ready,
        store: if health.store.is_ok() { "ok" } else { "unavailable" },
        reason: health.store.as_ref().err().map(why),
        node: Node { state, height: health.node.as_ref().ok().map(|tip| tip.height) },
        links: health.carriers.iter().map(link).collect(),
    }
}
