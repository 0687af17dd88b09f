//! `/admin/v1/routes` and `/admin/v1/quote`: how messages are routed, and what they cost.

use axum::Json;
use axum::extract::State;
use domain::message::Address;
use domain::routing::{Route, RouteCarrier};
use http::{QueryPairs, Refusal};
use serde_json::{Value, json};

use super::error_response::{field, none, store_failed};
use super::page::{account, msisdn};
use super::prices::read_product;
use crate::settings::DoorState;

fn route_view(route: &Route) -> Value {
    let carrier = |carrier: &RouteCarrier| json!({ "name": carrier.name.as_str(), "weight": carrier.weight, "cost": carrier.cost });
    json!({
        "prefix": route.prefix,
        "carriers": route.carriers.iter().map(carrier).collect::<Vec<_>>(),
        "attempts": route.attempts,
        "receiptTimeoutS": route.receipt_timeout.map(|wait| wait.as_secs()),
    })
}

/// As configured; e-mail has its own route.
pub(crate) async fn list_routes(State(door): State<DoorState>) -> Json<Value> {
    let settings = door.engine.settings();
    let routes = &settings.routes;
    let data: Vec<_> = routes.all().map(route_view).collect();
    Json(json!({ "data": data, "next": null, "email": route_view(routes.email()) }))
}

/// The price of a product, and the route of the number.
pub(crate) async fn show_quote(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let number = msisdn(&query, "number")?;
    let product = read_product(query.written("product"))?;
    if number.is_none() && product.has_prefixes() {
        return Err(field("number", "is required"));
    }
    let account = account(&query)?.filter(|account| account.0 != 0);
    let engine = &door.engine;
    let tariff = engine.accounts.known_tariff(account).await;
    let tariff = tariff.map_err(store_failed)?.ok_or_else(none)?;
    let settings = engine.settings();
    let routes = &settings.routes;
    let route = number.map(|number| routes.find(&Address::Phone(number)));
    Ok(Json(json!({
        "number": number.map(|number| number.digits().to_string()),
        "account": account,
        "product": product.as_str(),
        "msat": tariff.price(product, number),
        "route": route.filter(|route| !route.is_empty()).map(route_view),
    })))
}
