//! `GET /metrics`: all metrics in the OpenMetrics text format, which Prometheus reads.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::settings::DoorState;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) async fn show_metrics(State(door): State<DoorState>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPEN_METRICS)], door.engine.encode_metrics().await)
}
