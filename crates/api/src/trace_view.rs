//! The trace of a recipient as JSON: at the admin door, and for the command `boltgram trace --json`. The
//! message's text is not shown.

use domain::message::failed_try::FailedTry;
use domain::ports::PartTrace;
use domain::reason::Reason;
use engine::traces::{Traced, TracedOrder, TracedRecipient};
use serde_json::{Value, json};

use crate::carrier_code::code_meaning;
use crate::moment::Moment;

/// An unpaid order has no message and no recipient yet: then the fields of these are null.
pub fn trace_view(traced: &Traced) -> Value {
    let message = traced.message.as_ref();
    let order = traced.order.as_ref();
    let mut view = json!({
        "message": message.map(|message| message.id),
        "door": message.and_then(|message| message.door).map(|door| door.as_str()),
        "account": message.and_then(|message| message.account),
        "acceptedAt": message.map(|message| Moment(message.created_at)),
        "validUntil": message.map(|message| Moment(message.valid_until)),
        "order": order.map(order_view),
    });
    let recipient = match &traced.recipient {
        Some(recipient) => recipient_view(recipient),
        None => without_recipient(order),
    };
    if let (Value::Object(view), Value::Object(recipient)) = (&mut view, recipient) {
        view.extend(recipient);
    }
    view
}

fn order_view(order: &TracedOrder) -> Value {
    json!({
        "id": order.id.to_string(),
        "kind": order.kind.as_str(),
        "status": order.state.as_str(),
        "reason": order.reason.map(Reason::as_str),
        "reasonText": order.reason.map(|reason| reason.to_string()),
    })
}

fn recipient_view(recipient: &TracedRecipient) -> Value {
    json!({
        "index": recipient.index,
        "address": recipient.address,
        "status": recipient.state.as_str(),
        "reason": recipient.reason.map(Reason::as_str),
        "reasonText": recipient.reason.map(|reason| reason.to_string()),
        "code": recipient.code,
        "codeMeaning": recipient.code.as_deref().and_then(code_meaning),
        "lane": recipient.lane.map(|lane| lane.as_str()),
        "nextTryAt": recipient.next_try_at.map(Moment),
        "node": recipient.node,
        "startAt": recipient.start_at.map(Moment),
        "updatedAt": Moment(recipient.updated_at),
        "tries": recipient.tries.iter().map(try_view).collect::<Vec<_>>(),
        "parts": recipient.parts.iter().map(part_view).collect::<Vec<_>>(),
    })
}

fn without_recipient(order: Option<&TracedOrder>) -> Value {
    let reason = order.and_then(|order| order.reason);
    json!({
        "index": null,
        "address": order.and_then(|order| order.to.as_ref()).map(|to| to.stored()),
        "status": null,
        "reason": reason.map(Reason::as_str),
        "reasonText": reason.map(|reason| reason.to_string()),
        "code": null,
        "codeMeaning": null,
        "lane": null,
        "nextTryAt": null,
        "node": null,
        "startAt": null,
        "updatedAt": null,
        "tries": [],
        "parts": [],
    })
}

fn try_view(failed: &FailedTry) -> Value {
    json!({
        "attempt": failed.attempt,
        "carrier": failed.carrier.as_str(),
        "link": failed.link,
        "reason": failed.reason.as_str(),
        "code": failed.code,
        "codeMeaning": failed.code.as_deref().and_then(code_meaning),
        "at": Moment(failed.at),
    })
}

fn part_view(part: &PartTrace) -> Value {
    json!({
        "carrier": part.carrier.as_str(),
        "carrierId": part.carrier_id,
        "part": part.part,
        "parts": part.parts,
        "attempt": part.attempt,
        "link": part.link,
        "status": part.state.as_str(),
        "code": part.code,
        "takenAt": Moment(part.taken_at),
        "decidedAt": part.decided_at.map(Moment),
        "noted": part.noted.as_ref().map(|noted| json!({
            "status": noted.state.as_str(),
            "code": noted.code,
            "at": Moment(noted.at),
        })),
    })
}
