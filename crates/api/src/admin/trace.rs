//! `GET /admin/v1/trace?number=|message=|order=`: why something waits or failed, recipient by recipient:
//! every try, carrier, id, code and time. Texts are not shown.

use axum::Json;
use axum::extract::State;
use domain::id::{MessageId, OrderId};
use engine::traces::Subject;
use http::{QueryPairs, Refusal, bad_request};
use serde_json::{Value, json};

use super::error_response::{field, none, store_failed};
use super::page::{bad_cursor, limit, msisdn, uuid};
use super::search::read_cursor;
use crate::settings::DoorState;
use crate::trace_view::trace_view;

fn subject(query: &QueryPairs) -> Result<Subject, Refusal> {
    let order = query.written("order").map(|text| text.parse::<OrderId>()).transpose();
    let order = order.map_err(|_| field("order", "must be 64 hex digits"))?;
    let subjects = [
        msisdn(query, "number")?.map(Subject::Number),
        uuid(query, "message")?.map(|id| Subject::Message(MessageId(id))),
        order.map(Subject::Order),
    ];
    let mut subjects = subjects.into_iter().flatten();
    match (subjects.next(), subjects.next()) {
        (Some(subject), None) => Ok(subject),
        _ => Err(bad_request("exactly one of `number`, `message` and `order` is required")),
    }
}

pub(crate) async fn show_trace(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let subject = subject(&query)?;
    let at =
        query.written("after").map(|text| read_cursor(text).ok_or_else(bad_cursor)).transpose()?;
    let found = door.engine.traces.page(subject, at, limit(&query)?).await;
    let page = found.map_err(store_failed)?.ok_or_else(none)?;
    let data: Vec<_> = page.traced.iter().map(trace_view).collect();
    let next = page.next.map(|(message, index)| format!("{message}:{index}"));
    Ok(Json(json!({ "data": data, "next": next })))
}
