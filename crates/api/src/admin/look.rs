//! What operators only look at: who they are, how messages are routed, and this door's document.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use domain::operator::Operator;
use domain::routing::{Route, RouteCarrier};
use serde_json::{Value, json};

use super::wrong::not_done;
use crate::bulk::{Moment, Refused};
use crate::settings::Door;

/// Kept by hand; tests hold it against the router.
pub(crate) async fn show_admin_openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], include_str!("../../openapi/admin.json"))
}

/// They are made and revoked on the command line alone.
pub(crate) async fn list_operators(State(door): State<Door>) -> Result<Json<Value>, Refused> {
    let operators = door.engine.house().operators().await.map_err(not_done)?;
    let view = |operator: &Operator| {
        json!({
            "id": operator.id.0,
            "name": operator.name,
            "createdAt": Moment(operator.created_at),
            "revokedAt": operator.revoked_at.map(Moment),
        })
    };
    let data: Vec<_> = operators.iter().map(view).collect();
    Ok(Json(json!({ "data": data, "next": null })))
}

/// As configured.
pub(crate) async fn list_routes(State(door): State<Door>) -> Json<Value> {
    let carrier = |carrier: &RouteCarrier| json!({ "name": carrier.name.as_str(), "weight": carrier.weight, "cost": carrier.cost });
    let view = |route: &Route| {
        json!({
            "prefix": route.prefix,
            "carriers": route.carriers.iter().map(carrier).collect::<Vec<_>>(),
            "attempts": route.attempts,
            "receiptTimeoutS": route.receipt_timeout.map(|wait| wait.as_secs()),
        })
    };
    let data: Vec<_> = door.engine.settings().routes.all().map(view).collect();
    Json(json!({ "data": data, "next": null }))
}
