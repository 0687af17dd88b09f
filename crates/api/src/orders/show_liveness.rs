//! `GET /`: clients call it to see whether the service is up.

use axum::Json;
use serde::Serialize;

/// `{"status":"OK"}`, also what a cancellation answers.
#[derive(Serialize)]
pub(crate) struct Ok {
    status: &'static str,
}

pub(super) const OK: Ok = Ok { status: "OK" };

pub(crate) async fn show_liveness() -> Json<Ok> {
    Json(OK)
}
