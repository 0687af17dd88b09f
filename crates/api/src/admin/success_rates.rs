//! `GET /admin/v1/success-rates`: how often numbers got a code in the last 24 hours.

use axum::Json;
use axum::extract::State;
use domain::activation::country::Country;
use domain::activation::service::Service;
use http::Refusal;
use serde_json::{Value, json};

use super::error_response::store_failed;
use crate::settings::DoorState;

/// Of every service and country of which a number ended, at most a minute old.
pub(crate) async fn list_success_rates(
    State(door): State<DoorState>,
) -> Result<Json<Value>, Refusal> {
    let successes = door.engine.activations.successes().await.map_err(store_failed)?;
    let rows = successes.all().into_iter().map(|(service, country, success)| {
        json!({
            "service": service.as_str(),
            "name": Service::of(&service).map(|service| service.name),
            "country": country,
            "countryName": Country::of(country).map(Country::label),
            "ended": success.ended,
            "withCode": success.with_code,
        })
    });
    Ok(Json(json!({ "data": rows.collect::<Vec<_>>(), "next": null })))
}
