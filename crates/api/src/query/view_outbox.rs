//! `view/outbox`: the account's texts, one row for each recipient, newest first. `search` finds an id, a
//! number or words of a text; `page` and `limit` are ours.

use axum::extract::State;
use axum::response::Response;
use domain::message::form::Form;
use domain::message::recipient::RecipientState;
use domain::message::status_code::StatusCode;
use domain::number::{Msisdn, SenderId};
use domain::time::Timestamp;
use engine::Engine;
use engine::campaigns::{OutboxAsked, OutboxRow};

use super::answer::{Failure, Success};
use super::call::Call;
use super::kroner::price;
use super::tree::Node;
use crate::settings::DoorState;

const LIMIT: u32 = 100;

pub(crate) async fn view_outbox(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(list(&door, &call).await)
}

async fn list(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let limit = number(call, "limit")?.unwrap_or(LIMIT).min(domain::limits::OUTBOX_PAGE_MAX);
    let page = number(call, "page")?.unwrap_or(1);
    let skip = u64::from(page - 1) * u64::from(limit);
    let search = call.parameters.get("search");
    let asked = OutboxAsked { search, skip, limit };
    let found = door.engine.campaigns.outbox(account, asked).await?;
    let user = call.parameters.get("user").unwrap_or_default();
    let rows = found.iter().map(|row| view(row, user, &door.engine));
    Ok(Success::of("VIEW_OUTBOX", "outbox", Node::List(rows.collect())))
}

/// From 1.
fn number(call: &Call, name: &'static str) -> Result<Option<u32>, Failure> {
    let Some(written) = call.parameters.get(name) else { return Ok(None) };
    let number = written.parse().ok().filter(|number| *number > 0);
    let wrong = || {
        Failure::echo("BAD_REQUEST", "outbox", name, Some(written))
            .because(format!("`{name}` must be a whole number from 1"))
    };
    number.map(Some).ok_or_else(wrong)
}

fn view(row: &OutboxRow, user: &str, engine: &Engine) -> Node {
    let (message, recipient) = (&row.message, &row.recipient);
    let state = recipient.state;
    let number: Option<Msisdn> = recipient.address.parse().ok();
    let code = StatusCode::of(state, recipient.reason, recipient.code.as_deref());
    let delivered = state == RecipientState::Success;
    let failed = state.is_final() && !delivered;
    // The row has the time of its last change, which is the receipt's once it is delivered.
    let begun = message.start_at.unwrap_or(message.created_at);
    let received = Some(recipient.updated_at).filter(|_| delivered);
    let latency = received.map(|received| received.since(begun).as_millis());
    let latency = latency.map(|millis| u64::try_from(millis).unwrap_or(u64::MAX));
    // What is no number stands as it was written.
    let as_written = Node::from(recipient.address.as_str());
    Node::object([
        ("smsid", row.sms_id().into()),
        ("controluser", message.account.0.into()),
        ("username", user.into()),
        ("msisdn", number.map_or(as_written, |number| number.digits().into())),
        ("dialcode", number.map(Msisdn::country_calling_code).into()),
        ("number", number.map(Msisdn::national).into()),
        ("sender", message.sender.as_ref().map(SenderId::as_str).into()),
        ("sent", Some(seconds(begun)).filter(|_| state != RecipientState::Pending).into()),
        ("received", received.map(seconds).into()),
        ("scheduled", message.start_at.map(seconds).into()),
        ("price", price(engine, row.price())),
        ("failed", failed.into()),
        ("error", code.map(StatusCode::number).into()),
        ("premium", message.charge.map(|charge| charge.get()).into()),
        ("flash", (message.form == Form::Flash).into()),
        ("wappush", message.form.link().into()),
        ("text", row.text().into()),
        ("networkcode", Node::Null),
        ("msg-count", row.parts().into()),
        ("premium-out", Node::Null),
        ("latency", latency.into()),
        ("errortext", code.filter(|_| failed).map(StatusCode::errortext).into()),
    ])
}

fn seconds(at: Timestamp) -> i64 {
    at.as_secs()
}
