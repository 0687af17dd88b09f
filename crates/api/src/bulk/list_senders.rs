//! `GET /api/v2/senders`: the sender names of the account, and shared ones. Only approved names may be
//! used.

use axum::Json;
use axum::extract::State;
use domain::account::sender::Sender;
use http::Refusal;
use serde::Serialize;

use super::caller::MayLook;
use super::error_response::store_failed;
use crate::settings::DoorState;

#[derive(Serialize)]
struct SenderView {
    id: i64,
    name: String,
    status: &'static str,
    shared: bool,
}

#[derive(Serialize)]
pub(crate) struct Senders {
    data: Vec<SenderView>,
}

pub(crate) async fn list_senders(
    State(door): State<DoorState>,
    MayLook(account): MayLook,
) -> Result<Json<Senders>, Refusal> {
    let senders =
        door.engine.directory.senders(account).await.map_err(|error| store_failed(&error))?;
    let view = |sender: Sender| SenderView {
        id: sender.number.0,
        name: sender.name.as_str().to_owned(),
        status: sender.state.as_str(),
        shared: sender.shared,
    };
    Ok(Json(Senders { data: senders.into_iter().map(view).collect() }))
}
