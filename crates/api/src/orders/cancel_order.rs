//! `GET /cancelorder?orderId=…`, or `POST` with `{"orderId": …}`: the buyer
//! cancels. Knowing the id is the permission.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::ALLOW;
use axum::response::IntoResponse;
use http::{QueryPairs, Refusal, refuse_method};

use super::error_response::not_cancelled;
use super::fields::Fields;
use super::order_id::read_order_id;
use super::show_liveness::{OK, Ok as Done};
use crate::settings::DoorState;

pub(crate) async fn cancel_order(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Done>, Refusal> {
    cancel(&door, query.get("orderId")).await
}

/// The id may be in the query too.
pub(crate) async fn cancel_posted_order(
    State(door): State<DoorState>,
    query: QueryPairs,
    request: Request,
) -> Result<Json<Done>, Refusal> {
    if let Some(id) = query.get("orderId") {
        return cancel(&door, Some(id)).await;
    }
    let fields = Fields::from_request(request, &door).await?;
    cancel(&door, fields.text("orderId")?).await
}

/// `HEAD` must not cancel, so it is not a `GET` here.
pub(crate) async fn refuse_head() -> impl IntoResponse {
    ([(ALLOW, "GET,POST")], refuse_method().await)
}

async fn cancel(door: &DoorState, id: Option<&str>) -> Result<Json<Done>, Refusal> {
    let id = read_order_id(id)?;
    door.engine.orders.cancel(id).await.map(|()| Json(OK)).map_err(not_cancelled)
}
