//! The query door and its routes.

use axum::routing::get;
use http::{Admission, Caching, Cors, Door, DoorRules, refuse_method};

use super::envelope::query_envelope;
use super::*;
use crate::settings::DoorState;

/// Adds an endpoint: by GET and POST, as JSON and XML, with and without the version's prefix. A HEAD
/// request must not send what a GET does.
macro_rules! endpoint {
    ($door:ident, $path:literal, $handler:ident) => {
        let methods = || get($handler).post($handler).head(refuse_method);
        let $door = $door
            .route(concat!("/api/4/", $path, "/api.json"), methods())
            .route(concat!("/api/4/", $path, "/api.xml"), methods())
            .route(concat!("/", $path, "/api.json"), methods())
            .route(concat!("/", $path, "/api.xml"), methods());
    };
}

pub(crate) fn query_door() -> Door<DoorState> {
    let door = Door::new(DoorRules {
        name: "query",
        // Paths without the prefix are in the contract's examples.
        roots: &["/api/4", "/sms", "/hlr", "/view", "/get", "/contact", "/group", "/user", "/buy"],
        envelope: query_envelope,
        admission: Admission::ByHandler,
        cors: Cors::SameOrigin,
        caching: Caching::NoStore,
    });
    endpoint!(door, "get/dialcodes", list_dialcodes);
    door
}
