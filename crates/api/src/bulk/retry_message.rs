//! `POST /api/v2/sms/{uuid}/retry`: recipients that failed, expired or timed out are retried, for a new
//! price. The answer counts them alone.

use axum::Json;
use axum::extract::{Request, State};
use http::{Refusal, Repeatable, read_body};

use super::caller::MaySend;
use super::error_response::not_retried;
use super::message_id::Named;
use super::send_message::{Sent, sent};
use crate::settings::DoorState;

pub(crate) async fn retry_message(
    State(door): State<DoorState>,
    MaySend(account): MaySend,
    Named(message): Named,
    request: Request,
) -> Result<Json<Sent>, Refusal> {
    let engine = &door.engine;
    let mut repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    if let Some(repeatable) = &mut repeatable {
        let body = read_body(request, door.body_limits()).await?;
        repeatable.read(&body);
    }
    let retried =
        engine.campaigns.retry(account, message, repeatable.map(Repeatable::finish)).await;
    retried.map(|retried| sent(&retried, engine)).map_err(|error| not_retried(&error, engine))
}
