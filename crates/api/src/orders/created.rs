//! What the three doors to a new order share: how it is to be paid and told, read from the
//! request, and the answer.

use axum::Json;
use domain::sale::order::Wanted;
use domain::secret::Secret;
use engine::orders::{Asked, CreatedOrder, Terms};
use http::{Refusal, failed};
use serde::Serialize;

use super::caller::Buyer;
use super::fields::Fields;

/// A Lightning address is an e-mail address in form (LUD-16), of at most this length (RFC 5321).
const REFERRAL_CHARS_MAX: usize = 254;

pub(super) fn read_terms<'a>(fields: &'a Fields, buyer: &'a Buyer) -> Result<Terms<'a>, Refusal> {
    let referral = fields.text("ref")?;
    let possible = |referral: &str| {
        referral.len() <= REFERRAL_CHARS_MAX && !referral.contains(char::is_control)
    };
    if !referral.is_none_or(possible) {
        return Err(failed(
            "`ref` is no Lightning address: it is too long, or has a control character",
        ));
    }
    let webhook_events = match fields.text("webhookEvents")? {
        None => Wanted::default(),
        Some(word) => {
            word.parse().map_err(|_| failed("`webhookEvents` must be \"all\" or \"final\""))?
        }
    };
    Ok(Terms {
        caller: buyer.caller.as_ref(),
        client: &buyer.client,
        immediate: fields.flag("immediate")?,
        webhook_url: fields.text("webhookUrl")?,
        webhook_events,
        referral,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    status: &'static str,
    order_id: String,
    /// A BOLT 11 invoice, or `paid`.
    payreq: String,
    /// Signs the order's webhooks by the Standard Webhooks scheme; ours, not in the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<String>,
}

pub(super) fn created(order: CreatedOrder) -> Json<Created> {
    Json(Created {
        status: "OK",
        order_id: order.id.to_string(),
        payreq: match order.asked {
            Asked::Invoice(invoice) => invoice,
            Asked::Nothing => "paid".to_owned(),
        },
        webhook_secret: order.webhook_secret.as_ref().map(Secret::expose).map(str::to_owned),
    })
}
