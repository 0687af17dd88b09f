//! `GET /admin/v1/unread-receipts`: receipts that name no message, as they came.

use axum::Json;
use axum::extract::State;
use domain::id::InboundId;
use domain::ports::UnreadReceipt;
use http::{QueryPairs, Refusal};
use serde_json::{Value, json};

use super::error_response::store_failed;
use super::page::{limit, page, uuid};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view((id, receipt): &(InboundId, UnreadReceipt)) -> Value {
    let visible = |octet: &u8| match *octet {
        octet @ b' '..=b'~' => char::from(octet),
        _ => '.',
    };
    json!({
        "id": id,
        "carrier": receipt.carrier.as_str(),
        "from": receipt.from.as_str(),
        "to": receipt.to.as_str(),
        "esmClass": receipt.esm_class,
        "dataCoding": receipt.data_coding,
        "text": receipt.octets.as_slice().iter().map(visible).collect::<String>(),
        "octets": receipt.octets.to_hex(),
        "parameters": receipt.parameters.to_hex(),
        "at": Moment(receipt.at),
    })
}

/// Newest first.
pub(crate) async fn list_unread_receipts(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let before = uuid(&query, "after")?.map(InboundId);
    let found = door.engine.unread_receipts(before, limit + 1).await.map_err(store_failed)?;
    Ok(Json(page(found, limit, view, |(id, _)| json!(id))))
}
