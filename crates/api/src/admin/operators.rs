//! `GET /admin/v1/operators`: whose keys open this door. Operators are added and revoked on the command
//! line alone.

use axum::Json;
use axum::extract::State;
use domain::account::operator::Operator;
use http::Refusal;
use serde_json::{Value, json};

use super::error_response::store_failed;
use crate::moment::Moment;
use crate::settings::DoorState;

pub(crate) async fn list_operators(State(door): State<DoorState>) -> Result<Json<Value>, Refusal> {
    let operators = door.engine.accounts.operators().await.map_err(store_failed)?;
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
