//! `GET /admin/v1/audit`: every change, by whom and when, newest first.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use domain::account::operator::{Action, AuditEntry};
use domain::ports::AuditList;
use http::{QueryPairs, Refusal};
use serde_json::{Value, json};

use super::error_response::{field, store_failed};
use super::page::{account, integer, limit, page};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(entry: &AuditEntry) -> Value {
    json!({
        "id": entry.id,
        "at": Moment(entry.at),
        "by": entry.by.to_string(),
        "action": entry.action.as_str(),
        "account": entry.account,
        "on": entry.on,
        "detail": serde_json::from_str::<Value>(&entry.detail).unwrap_or_default(),
    })
}

pub(crate) async fn list_audit(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let action = query.written("action").map(Action::from_str).transpose();
    let list = AuditList {
        account: account(&query)?,
        action: action.map_err(|_| field("action", "must be an action of the audit log"))?,
        before: integer(&query, "after")?,
        limit: limit + 1,
    };
    let found = door.engine.accounts.audit_log(list).await.map_err(store_failed)?;
    Ok(Json(page(found, limit, view, |entry| json!(entry.id))))
}
