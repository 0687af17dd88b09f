//! The fields of this door's bodies. A wrong one answers 500, as everything that goes wrong with an
//! order does here: clients know no other status (contract §1.0).

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
    ];
    const STATUS: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
}

pub(super) type Fields = http::Fields<OrderFields>;
