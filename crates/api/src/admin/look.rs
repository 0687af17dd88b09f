//! What operators only look at: who they are, how messages are routed and what they cost, and this door's document.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use domain::account::operator::Operator;
use domain::message::Address;
use domain::routing::{Route, RouteCarrier};
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::page::{account, msisdn};
use super::wrong::not_done;
use crate::bulk::{Moment, Refused, invalid};
use crate::read::QueryPairs;
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

fn route_view(route: &Route) -> Value {
    let carrier = |carrier: &RouteCarrier| json!({ "name": carrier.name.as_str(), "weight": carrier.weight, "cost": carrier.cost });
    json!({
        "prefix": route.prefix,
        "carriers": route.carriers.iter().map(carrier).collect::<Vec<_>>(),
        "attempts": route.attempts,
        "receiptTimeoutS": route.receipt_timeout.map(|wait| wait.as_secs()),
    })
}

/// As configured; mail has one of its own.
pub(crate) async fn list_routes(State(door): State<Door>) -> Json<Value> {
    let routes = &door.engine.settings().routes;
    let data: Vec<_> = routes.all().map(route_view).collect();
    Json(json!({ "data": data, "next": null, "email": route_view(routes.email()) }))
}

/// What a part to a number costs in a message to many, and which way it goes.
pub(crate) async fn show_quote(
    State(door): State<Door>,
    query: QueryPairs,
) -> Result<Json<Value>, Refused> {
    let number = msisdn(&query, "number")?.ok_or_else(|| invalid("`number` is required"))?;
    let account = account(&query)?.filter(|account| account.0 != 0);
    if let Some(account) = account {
        must_be_there(&door, account).await?;
    }
    let engine = &door.engine;
    let price = engine.price_of_part(account, number).await.map_err(not_done)?;
    let route = engine.settings().routes.find(&Address::Phone(number));
    Ok(Json(json!({
        "number": number.digits().to_string(),
        "account": account,
        "msat": price,
        "route": (!route.is_empty()).then(|| route_view(route)),
    })))
}
