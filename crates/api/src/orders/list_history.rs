//! `GET /history`: the credit that the key's account got, newest first: funding orders, and what the
//! operator gave.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::sale::order::{Order, OrderState, Payment};
use engine::orders::Credited;
use http::{Refusal, key_text};
use serde::Serialize;

use super::caller::Known;
use super::error_response::not_read;
use crate::settings::DoorState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct History {
    status: &'static str,
    total_amount: i64,
    orders: Vec<Credit>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Credit {
    amount: i64,
    created_at: i64,
    desc: &'static str,
    description: &'static str,
    /// Absent, as the two below, for what the operator gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    holdinvoice: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preimage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preimage_hash: Option<String>,
    price: i64,
    /// The key as the caller just sent it; it is stored nowhere.
    user_id: String,
}

pub(crate) async fn list_history(
    State(door): State<DoorState>,
    Known(caller): Known,
    headers: HeaderMap,
) -> Result<Json<History>, Refusal> {
    let key = key_text(&headers).unwrap_or_default();
    let history = door.engine.orders.credit_history(caller.account).await;
    let history = history.map_err(|error| not_read(&error))?;
    Ok(Json(History {
        status: "OK",
        total_amount: history.total.sats_floor(),
        orders: history.credits.iter().map(|credited| credit(credited, key)).collect(),
    }))
}

fn credit(credited: &Credited, key: &str) -> Credit {
    let amount = credited.amount().sats_floor();
    let user_id = key.to_owned();
    match credited {
        Credited::Funding(order) => Credit {
            amount,
            created_at: order.created_at.as_millis(),
            desc: "fund account",
            description: "fund account",
            holdinvoice: Some(true),
            preimage: settled_preimage(order),
            preimage_hash: order.payment.hash().map(|hash| hash.to_string()),
            price: order.price.sats_floor(),
            user_id,
        },
        Credited::Grant(granted) => Credit {
            amount,
            created_at: granted.at.as_millis(),
            desc: "credit by operator",
            description: "credit by operator",
            holdinvoice: None,
            preimage: None,
            preimage_hash: None,
            price: amount,
            user_id,
        },
    }
}

/// The payer of a settled invoice has its preimage already; no other preimage may be shown.
fn settled_preimage(order: &Order) -> Option<String> {
    match (&order.payment, order.state) {
        (Payment::Lightning { preimage, .. }, OrderState::Settled) => {
            Some(hex::encode(preimage.expose()))
        }
        _ => None,
    }
}
