//! `view/inbox`: texts that the account received, newest first. `search` finds an id, a keyword, digits of a
//! number, or words of a text; `page` and `limit` are ours.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::Response;
use domain::account::people::{ContactRef, FoundContact};
use domain::id::AccountId;
use domain::inbound::keyword::Word;
use domain::limits::INBOX_PAGE_MAX;
use domain::number::Msisdn;
use domain::ports::ReceivedMessage;
use engine::InboxAsked;

use super::answer::{Failure, Success};
use super::call::Call;
use super::contact_view::control_contact;
use super::keyword::digits;
use super::tree::Node;
use crate::settings::DoorState;

const LIMIT: u32 = 100;

pub(crate) async fn view_inbox(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(list(&door, &call).await)
}

async fn list(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let limit = number(call, "limit")?.unwrap_or(LIMIT).min(INBOX_PAGE_MAX);
    let page = number(call, "page")?.unwrap_or(1);
    let skip = u64::from(page - 1) * u64::from(limit);
    let asked = InboxAsked { search: call.parameters.get("search"), skip, limit };
    let found = door.engine.received(account, asked).await?;
    let user = call.parameters.get("user").unwrap_or_default();
    let contacts = contacts(door, account, &found).await?;
    let rows = found.iter().map(|row| view(row, user, &contacts));
    Ok(Success::of("VIEW_INBOX", "inbox", Node::List(rows.collect())))
}

/// From 1.
fn number(call: &Call, name: &'static str) -> Result<Option<u32>, Failure> {
    let Some(written) = call.parameters.get(name) else { return Ok(None) };
    let number = written.parse().ok().filter(|number| *number > 0);
    let wrong = || {
        Failure::echo("BAD_REQUEST", "inbox", name, Some(written))
            .because(format!("`{name}` must be a whole number from 1"))
    };
    number.map(Some).ok_or_else(wrong)
}

fn view(row: &ReceivedMessage, user: &str, contacts: &Contacts) -> Node {
    let ReceivedMessage { message, sms_id, keyword } = row;
    let number: Option<Msisdn> = message.from.as_str().parse().ok();
    // What is no number stands as it was written.
    let as_written = Node::from(message.from.as_str());
    Node::object([
        ("smsid", (*sms_id).into()),
        ("controluser", message.account.map(|account| account.0).into()),
        ("username", user.into()),
        ("msisdn", number.map_or(as_written, |number| number.digits().into())),
        ("dialcode", number.map(Msisdn::country_calling_code).into()),
        ("number", number.map(Msisdn::national).into()),
        ("received", message.received_at.as_secs().into()),
        ("keyword", keyword.as_ref().map(Word::as_str).into()),
        ("gateway", digits(&message.to)),
        ("network", Node::Null),
        ("text", message.content.text().map(|text| text.as_str()).into()),
        ("msg-count", message.parts.into()),
        ("contact", number.and_then(|number| contacts.get(&number)).map_or(Node::Null, contact)),
    ])
}

/// Those of the account, by number.
type Contacts = BTreeMap<Msisdn, FoundContact>;

async fn contacts(
    door: &DoorState,
    account: AccountId,
    rows: &[ReceivedMessage],
) -> Result<Contacts, Failure> {
    let number = |row: &ReceivedMessage| row.message.from.as_str().parse().ok();
    let numbers: BTreeSet<Msisdn> = rows.iter().filter_map(number).collect();
    let mut contacts = Contacts::new();
    for number in numbers {
        let found = door.engine.directory.find_contact(account, ContactRef::Number(number)).await?;
        contacts.extend(found.map(|contact| (number, contact)));
    }
    Ok(contacts)
}

fn contact(contact: &FoundContact) -> Node {
    Node::object([
        ("controlcontact", control_contact(contact)),
        ("fullname", contact.name.as_deref().into()),
    ])
}
