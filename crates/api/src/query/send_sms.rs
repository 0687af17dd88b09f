//! `sms`: a text to one number, to several, or to a group, now or later.

use axum::extract::State;
use axum::response::Response;
use domain::account::contacts::Contact;
use domain::account::people::FoundContact;
use domain::id::AccountId;
use domain::limits;
use domain::message::address_list::AddressList;
use domain::message::door::Door;
use domain::message::form::{Form, Link};
use domain::number::SenderId;
use domain::routing::Charge;
use domain::sale::quote::Limits;
use domain::time::Timestamp;
use engine::accept::{
    CampaignWebhookRequest, Content, Demands, Draft, Payment, Priority, Recipients, Request,
    Sender, Variables, fill_for_contact,
};

use super::answer::{Failure, Success};
use super::call::Call;
use super::kroner::price;
use super::msisdn::{no_recipient, read_numbers};
use super::named_objects::{found_contact, group_id};
use super::not_sent::not_sent;
use super::parameters::Parameters;
use super::reference::read_reference;
use super::sender::read_sender;
use super::tree::Node;
use crate::settings::DoorState;

const DEMANDS: Demands = Demands {
    limits: Limits {
        chars_max: limits::QUERY_TEXT_CHARS_MAX,
        parts_max: u8::MAX,
        recipients_max: limits::MESSAGE_RECIPIENTS_MAX,
    },
    single_lane_max: 10,
};

pub(crate) async fn send_sms(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(send(&door, &call).await)
}

async fn send(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let asked = &call.parameters;
    // The recipient is judged before the text.
    let text = asked.get("text").unwrap_or_default();
    let Addressed { to, dialcode, content, chars } = match asked.get("contact") {
        Some(_) => to_contact(door, account, asked, text).await?,
        None => read_recipients(asked, door, text)?,
    };
    if text.is_empty() {
        return Err(Failure::echo("TEXT_EMPTY", "sms", "text", None));
    }
    let strict = door.engine.accounts.settings(account).await?.senders.strict;
    let senders = read_sender(asked.get("sender"), strict)?;
    let start_at = read_schedule(asked.get("schedule"), door.engine.accept.now())?;
    let form = read_form(asked)?;
    let charge = read_charge(asked.get("price"))?;
    let request = Request {
        draft: Draft {
            account: Some(account),
            payment: Payment::Shares,
            sender: Sender::Preferred(senders),
            content,
            form,
            charge,
            to,
            start_at,
            priority: Priority::Normal,
            demands: DEMANDS,
        },
        door: Door::Query,
        // Only orders are counted by client.
        client: String::new(),
        webhook: None,
        campaign_webhook: CampaignWebhookRequest::default(),
        callbacks: asked.get("callback").map(str::to_owned).into_iter().collect(),
        with_account_callback: true,
        referral: None,
        takes_sms_ids: true,
        repeat: read_reference(asked)?,
    };
    let accepted = door.engine.accept.accept(request).await;
    let accepted = accepted.map_err(|error| not_sent(&error, asked, &door.engine))?;
    let mut sms = vec![
        ("smsid", accepted.first_sms_id.into()),
        ("cost", price(&door.engine, accepted.price)),
        ("chars-count", chars.into()),
        ("msg-count", accepted.parts_in_all.into()),
        ("dialcode", dialcode.into()),
    ];
    let sender = accepted.sender.as_ref().map(SenderId::as_str);
    if sender != asked.get("sender") {
        sms.push(("sender", sender.into()));
    }
    Ok(Success::of("SMS_SENT", "sms", Node::Object(sms)))
}

/// Who gets it, and what: a text to a group or a contact may have placeholders.
struct Addressed {
    to: Recipients,
    /// That all recipients share.
    dialcode: Option<u16>,
    content: Content,
    /// Of the text, with the placeholders of a group as they are written.
    chars: usize,
}

/// A contact wins over a group, and a group over numbers.
async fn to_contact(
    door: &DoorState,
    account: AccountId,
    asked: &Parameters,
    text: &str,
) -> Result<Addressed, Failure> {
    let FoundContact { number, name, fields, .. } = found_contact(door, account, asked).await?;
    let number = number.ok_or_else(|| no_recipient().because("the contact has no number"))?;
    let contact = Contact { number, name, fields };
    let filled = fill_for_contact(text, &contact);
    let text = filled.map_err(|error| not_sent(&error.into(), asked, &door.engine))?;
    Ok(Addressed {
        to: Recipients::Numbers { list: AddressList::of(number), group: None },
        dialcode: Some(number.country_calling_code()),
        chars: text.chars().count(),
        content: Content::Text(text),
    })
}

fn read_recipients(asked: &Parameters, door: &DoorState, text: &str) -> Result<Addressed, Failure> {
    let chars = text.chars().count();
    if asked.get("group").is_some() {
        let (list, group) = (AddressList::default(), Some(group_id(asked)?));
        let (text, variables) = (text.to_owned(), Variables::default());
        let content = Content::Placeholders { text, variables };
        let to = Recipients::Numbers { list, group };
        return Ok(Addressed { to, dialcode: None, content, chars });
    }
    let written = asked.get("msisdn").ok_or_else(no_recipient)?;
    let numbers = read_numbers(written, door.settings.numbers.without_home())?;
    Ok(Addressed {
        to: Recipients::Numbers { list: numbers.list, group: None },
        dialcode: numbers.dialcode,
        content: Content::Text(text.to_owned()),
        chars,
    })
}

/// Unix seconds; past or now is at once.
fn read_schedule(written: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let Some(written) = written.map(str::trim).filter(|written| !written.is_empty()) else {
        return Ok(None);
    };
    let wrong = || Failure::echo("SCHEDULED_INVALID", "sms", "schedule", Some(written));
    let seconds: i64 = written
        .parse()
        .map_err(|_| wrong().because("it must be a Unix time: seconds since 1970, in digits"))?;
    let millis = seconds.checked_mul(1_000).ok_or_else(wrong)?;
    Ok(Some(Timestamp::from_millis(millis)).filter(|at| *at > now))
}

/// How it appears on the phone: one of `flash`, `silent` and `wappush`, or none.
fn read_form(asked: &Parameters) -> Result<Form, Failure> {
    let link = asked.get("wappush");
    match (asked.flag("flash"), asked.flag("silent"), link) {
        (false, false, None) => Ok(Form::Text),
        (true, false, None) => Ok(Form::Flash),
        (false, true, None) => Ok(Form::Silent),
        (false, false, Some(link)) => Link::new(link).map(Form::Push).map_err(|error| {
            Failure::echo("WAPPUSH_INVALID", "sms", "wappush", Some(link))
                .because(error.to_string())
        }),
        _ => {
            let reason = "a text is either `flash`, or `silent`, or a `wappush`";
            Err(Failure::new("BAD_REQUEST").because(reason))
        }
    }
}

/// Øre that each recipient pays.
fn read_charge(written: Option<&str>) -> Result<Option<Charge>, Failure> {
    match written.map(str::trim) {
        None | Some("" | "0") => Ok(None),
        Some(price) => price.parse().ok().and_then(Charge::new).map(Some).ok_or_else(|| {
            Failure::echo("PRICE_INVALID", "sms", "price", written)
                .because(format!("it must be øre, in digits: at most {}", Charge::MAX))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_unix_time() {
        let now = Timestamp::from_millis(1_800_000_000_500);
        let read =
            |written| read_schedule(Some(written), now).map(|at| at.map(Timestamp::as_millis));
        assert_eq!(read("1800000001").unwrap(), Some(1_800_000_001_000));
        assert_eq!(read(" 1800000001 ").unwrap(), Some(1_800_000_001_000));
        for past in ["1800000000", "0", "-5", " "] {
            assert_eq!(read(past).unwrap(), None, "{past}");
        }
        for wrong in ["tomorrow", "1800000001.5", "2027-01-01", "9223372036854775807", "1e9"] {
            let error = read(wrong).unwrap_err().into_tree().to_json();
            assert!(error.contains("SCHEDULED_INVALID"), "{error}");
        }
    }
}
