//! `GET /api/v2/senders`: the sender names of the account. All are approved: the operator adds them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::caller::MayLook;
use super::refused::Refused;
use super::wrong::store_failed;
use crate::settings::Door;

#[derive(Serialize)]
struct SenderView {
    /// Its place among them, from 1.
    id: usize,
    name: String,
    status: &'static str,
    shared: bool,
}

#[derive(Serialize)]
pub(crate) struct Senders {
    data: Vec<SenderView>,
}

pub(crate) async fn list_senders(
    State(door): State<Door>,
    MayLook(account): MayLook,
) -> Result<Json<Senders>, Refused> {
    let senders = door.engine.senders(account).await.map_err(|error| store_failed(&error))?;
    let view = |(id, sender): (usize, domain::account::Sender)| SenderView {
        id,
        name: sender.name.as_str().to_owned(),
        status: "approved",
        shared: false,
    };
    Ok(Json(Senders { data: (1..).zip(senders).map(view).collect() }))
}
