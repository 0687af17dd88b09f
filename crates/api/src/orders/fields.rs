//! The fields of this door's bodies.

use axum::http::StatusCode;
use http::FieldRules;

#[derive(Debug)]
pub(crate) struct OrderFields;

impl FieldRules for OrderFields {
    const NAMES: &'static [&'static str] = &[
        "phone",
        "message",
        "immediate",
        "webhookUrl",
        "webhookEvents",
        "ref",
        "address",
        "amount",
        "orderId",
        "country",
        "service",
        "isRental",
        "realphone",
        "duration",
        "extends",
    ];
    const STATUS: StatusCode = StatusCode::BAD_REQUEST;
}

pub(super) type Fields = http::Fields<OrderFields>;
