//! The id of an order, as clients send it back.

use domain::id::OrderId;
use http::{Refusal, bad_request};

pub(super) fn read_order_id(text: Option<&str>) -> Result<OrderId, Refusal> {
    let text = text.ok_or_else(|| bad_request("`orderId` is required"))?;
    text.trim().parse().map_err(|_| bad_request("`orderId` is not 64 hex digits"))
}
