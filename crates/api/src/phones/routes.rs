//! The phones door and its routes. A base URL that was typed with a slash at its end makes double ones, and apps differ
//! about plurals.

use axum::routing::{get, post};
use http::{Admission, Caching, Cors, Door, DoorRules};

use super::error_response::message_alone;
use super::*;
use crate::settings::DoorState;

/// Adds an endpoint under its name and a second one, with one slash and with two.
macro_rules! endpoint {
    ($door:ident, $name:literal, $other:literal, $methods:expr) => {
        let $door = $door
            .route(concat!("/api/mobile/v1/", $name), $methods)
            .route(concat!("/api/mobile/v1//", $name), $methods)
            .route(concat!("/api/mobile/v1/", $other), $methods)
            .route(concat!("/api/mobile/v1//", $other), $methods);
    };
}

pub(crate) fn phones_door() -> Door<DoorState> {
    let door = Door::new(DoorRules {
        name: "phones",
        roots: &["/api/mobile/v1"],
        envelope: message_alone,
        admission: Admission::ByHandler,
        cors: Cors::SameOrigin,
        caching: Caching::NoStore,
    });
    endpoint!(door, "device", "devices", post(register_phone).patch(update_phone));
    endpoint!(door, "message", "messages", get(list_messages).patch(report_messages));
    endpoint!(door, "webhooks", "webhook", get(list_webhooks));
    door.route("/api/mobile/v1/settings", get(show_settings))
        .route("/api/mobile/v1//settings", get(show_settings))
        .route("/api/mobile/v1/events", get(follow_events))
        .route("/api/mobile/v1//events", get(follow_events))
        .route("/api/mobile/v1/hook/{secret}", post(receive_event))
}
