//! The bulk door and its routes.

use axum::routing::{get, post};
use http::{Admission, Caching, Cors, Door, DoorRules, error_and_code};

use super::*;
use crate::settings::DoorState;

pub(crate) fn bulk_door() -> Door<DoorState> {
    Door::new(DoorRules {
        name: "bulk",
        roots: &["/api/v2"],
        envelope: error_and_code,
        admission: Admission::Customer,
        cors: Cors::SameOrigin,
        caching: Caching::NoStore,
    })
    .route("/api/v2/sms", get(list_messages))
    .route("/api/v2/sms/send", post(send_message))
    .route("/api/v2/sms/preview", post(preview_message))
    .route("/api/v2/sms/{uuid}", get(show_message))
    .route("/api/v2/sms/{uuid}/recipients", get(list_recipients))
    .route("/api/v2/sms/{uuid}/cancel", post(cancel_message))
    .route("/api/v2/sms/{uuid}/retry", post(retry_message))
    .route("/api/v2/sms/{uuid}/pause", post(pause_message))
    .route("/api/v2/sms/{uuid}/resume", post(resume_message))
    .route("/api/v2/credits", get(show_credits))
    .route("/api/v2/credit", get(show_credits))
    .route("/api/v2/credits/balance", get(show_credits))
    .route("/api/v2/balance", get(show_credits))
    .route("/api/v2/senders", get(list_senders))
}
