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
        endpoint!($door, $path, "api", $handler);
    };
    ($door:ident, $path:literal, $file:literal, $handler:ident) => {
        let methods = || get($handler).post($handler).head(refuse_method);
        let $door = $door
            .route(concat!("/api/4/", $path, "/", $file, ".json"), methods())
            .route(concat!("/api/4/", $path, "/", $file, ".xml"), methods())
            .route(concat!("/", $path, "/", $file, ".json"), methods())
            .route(concat!("/", $path, "/", $file, ".xml"), methods());
    };
}

pub(crate) fn query_door() -> Door<DoorState> {
    let door = Door::new(DoorRules {
        name: "query",
        // Paths without the prefix are in the contract's examples.
        roots: &[
            "/api/4", "/sms", "/hlr", "/view", "/get", "/contact", "/group", "/user", "/buy",
            "/keyword",
        ],
        envelope: query_envelope,
        admission: Admission::ByHandler,
        cors: Cors::SameOrigin,
        caching: Caching::NoStore,
    });
    endpoint!(door, "sms", send_sms);
    endpoint!(door, "view/outbox", view_outbox);
    endpoint!(door, "view/yourprices", view_prices);
    endpoint!(door, "get/dialcodes", list_dialcodes);
    endpoint!(door, "hlr", look_up_number);
    endpoint!(door, "view/inbox", view_inbox);
    endpoint!(door, "view/callbacks", view_callbacks);
    endpoint!(door, "view/keywords", view_keywords);
    endpoint!(door, "view/keyword", view_keyword);
    endpoint!(door, "buy/checkkeyword", check_keyword);
    endpoint!(door, "buy/keyword", buy_keyword);
    endpoint!(door, "keyword/edit", edit_keyword);
    endpoint!(door, "user/newapikey", "login", log_in);
    endpoint!(door, "user/newapikey", "api", log_in);
    // The old service's documents have both names.
    endpoint!(door, "user/deleteapikey", "login", delete_key);
    endpoint!(door, "user/deleteapikey", "api", delete_key);
    endpoint!(door, "view/user", show_user);
    endpoint!(door, "view/contacts", list_contacts);
    endpoint!(door, "view/contact", show_contact);
    endpoint!(door, "contact/create", create_contact);
    endpoint!(door, "contact/edit", edit_contact);
    endpoint!(door, "contact/addgroup", join_group);
    endpoint!(door, "contact/removegroup", leave_group);
    endpoint!(door, "contact/delete", delete_contact);
    endpoint!(door, "view/groups", list_groups);
    endpoint!(door, "view/group", show_group);
    endpoint!(door, "group/create", create_group);
    endpoint!(door, "group/edit", edit_group);
    endpoint!(door, "group/delete", delete_group);
    door.route("/api/4/openapi.json", get(show_openapi))
}
