//! `POST /api/v2/sms/{uuid}/retry`: those who failed, expired or timed out are tried again, for a new
//! price. The answer is about them alone.

use axum::Json;
use axum::extract::{Request, State};

use super::caller::MaySend;
use super::idempotency::Repeatable;
use super::message_id::Named;
use super::refused::Refused;
use super::send_message::{Sent, sent};
use super::wrong::not_retried;
use crate::read::read_body;
use crate::settings::Door;

pub(crate) async fn retry_message(
    State(door): State<Door>,
    MaySend(account): MaySend,
    Named(message): Named,
    request: Request,
) -> Result<Json<Sent>, Refused> {
    let engine = &door.engine;
    let mut repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    if let Some(repeatable) = &mut repeatable {
        let settings = &door.settings;
        let body = read_body(request, settings.body_bytes_max, settings.read_timeout).await?;
        repeatable.read(&body);
    }
    let retried = engine.retry_bulk(account, message, repeatable.map(Repeatable::finish)).await;
    retried.map(|retried| sent(&retried, engine)).map_err(|error| not_retried(&error, engine))
}
