//! What the doors to a new order share: the request, read from the fields, and the answer.

use axum::Json;
use domain::limits;
use domain::message::door::Door;
use domain::message::form::Form;
use domain::payout::LightningAddress;
use domain::sale::order::Wanted;
use domain::sale::quote::Limits;
use domain::secret::Secret;
use engine::accept::{
    Accepted, CampaignWebhookRequest, Content, Demands, Draft, Payment, Priority, Recipients,
    Repeat, Request, Sender, WebhookRequest,
};
use engine::activations::NumberSold;
use engine::orders::Funding;
use http::{Refusal, bad_request, forbidden, unauthorized};
use serde::Serialize;

use super::caller::Buyer;
use super::fields::Fields;
use crate::settings::DoorState;

fn demands(door: &DoorState) -> Demands {
    Demands {
        limits: Limits {
            chars_max: limits::ORDER_TEXT_CHARS_MAX,
            parts_max: door.settings.order_parts_max,
            recipients_max: 1,
        },
        single_lane_max: 1,
    }
}

/// How an order is paid and who is told, in the order in which mistakes are reported.
pub(super) struct Terms {
    pub immediate: bool,
    pub webhook: Option<WebhookRequest>,
    pub referral: Option<String>,
    repeat: Repeat,
}

pub(super) fn read_terms(fields: &Fields) -> Result<Terms, Refusal> {
    let referral = fields.text("ref")?;
    let referral = referral.filter(|text| !text.is_empty()).map(str::parse::<LightningAddress>);
    let referral = referral.transpose().map_err(|_| {
        bad_request("`ref` is no Lightning address, as name@example.com; leave it out for none")
    })?;
    let wants = match fields.text("webhookEvents")? {
        None => Wanted::default(),
        Some(word) => {
            word.parse().map_err(|_| bad_request("`webhookEvents` must be \"all\" or \"final\""))?
        }
    };
    let immediate = fields.flag("immediate")?;
    let written = |text: &&str| !text.is_empty();
    let url = fields.text("webhookUrl")?.filter(written).map(str::to_owned);
    Ok(Terms {
        immediate,
        webhook: url.map(|url| WebhookRequest { url, wants }),
        referral: referral.map(|address| address.as_str().to_owned()),
        repeat: fields.idempotency().cloned().map_or(Repeat::Never, Repeat::Key),
    })
}

/// `scope` is what a key must have, if one is given.
pub(super) fn order_request(
    door: &DoorState,
    terms: Terms,
    buyer: Buyer,
    scope: &str,
    text: String,
    to: Recipients,
) -> Result<Request, Refusal> {
    if terms.immediate && buyer.caller.is_none() {
        return Err(unauthorized("an API key is required to pay from credit"));
    }
    if buyer.caller.as_ref().is_some_and(|caller| !caller.key.may(scope)) {
        return Err(forbidden("the API key may not send"));
    }
    Ok(Request {
        draft: Draft {
            account: buyer.caller.map(|caller| caller.account),
            payment: if terms.immediate { Payment::Credit } else { Payment::Invoice },
            sender: Sender::OfCarrier,
            content: Content::Text(text),
            form: Form::Text,
            charge: None,
            to,
            start_at: None,
            priority: Priority::Normal,
            demands: demands(door),
        },
        door: Door::Orders,
        client: buyer.client,
        webhook: terms.webhook,
        campaign_webhook: CampaignWebhookRequest::default(),
        callbacks: Vec::new(),
        with_account_callback: false,
        referral: terms.referral,
        takes_sms_ids: false,
        repeat: terms.repeat,
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

pub(super) fn created(accepted: Accepted) -> Json<Created> {
    Json(Created {
        status: "OK",
        order_id: accepted.id.to_string(),
        payreq: accepted.invoice.unwrap_or_else(|| "paid".to_owned()),
        webhook_secret: accepted.webhook_secret.as_ref().map(Secret::expose).map(str::to_owned),
    })
}

pub(super) fn number_created(sold: NumberSold) -> Json<Created> {
    Json(Created {
        status: "OK",
        order_id: sold.order.to_string(),
        payreq: sold.invoice.unwrap_or_else(|| "paid".to_owned()),
        webhook_secret: sold.webhook_secret.as_ref().map(Secret::expose).map(str::to_owned),
    })
}

pub(super) fn funding(funding: Funding) -> Json<Created> {
    let order_id = funding.order.to_string();
    Json(Created { status: "OK", order_id, payreq: funding.invoice, webhook_secret: None })
}
