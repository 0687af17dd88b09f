//! `hlr`: asks the networks about one number; with `roaming=true` also whether its phone is abroad, which `roaming` of
//! the answer says (ours). An answer that is kept costs nothing, and `latest_lookup` is its time.

use axum::extract::State;
use axum::response::Response;
use domain::id::AccountId;
use domain::number::{Msisdn, Notation, parse};
use engine::lookups::{LookedUp, LookupError};

use super::answer::{Failure, Success};
use super::call::Call;
use super::countries::countries;
use super::named_objects::found_contact;
use super::parameters::Parameters;
use super::tree::Node;
use crate::settings::DoorState;

/// E.164 §6; shorter ones are no numbers of a mobile phone.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

pub(crate) async fn look_up_number(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(look_up(&door, &call).await)
}

async fn look_up(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let asked = &call.parameters;
    let number = match asked.get("contact") {
        Some(_) => of_contact(door, account, asked).await?,
        None => recipient(asked, door.settings.numbers.without_home())?,
    };
    let found = door.engine.lookups.look_up(account, number, asked.flag("roaming")).await;
    let found = found.map_err(|error| failure(&error, asked))?;
    Ok(Success::of("LOOKUP", "hlr", view(number, &found)))
}

async fn of_contact(
    door: &DoorState,
    account: AccountId,
    asked: &Parameters,
) -> Result<Msisdn, Failure> {
    let contact = found_contact(door, account, asked).await?;
    let none = || {
        Failure::echo("EMPTY_RECIPIENT", "hlr", "msisdn", None).because("the contact has no number")
    };
    contact.number.ok_or_else(none)
}

/// A group is not looked up: the answer is about one number.
fn recipient(asked: &Parameters, notation: Notation) -> Result<Msisdn, Failure> {
    if let Some(group) = asked.get("group") {
        return Err(Failure::echo("NOT_SUPPORTED", "hlr", "group", Some(group))
            .because("a group is not looked up, only one number or contact"));
    }
    let written = asked.get("msisdn");
    let wrong = |word| Failure::echo(word, "hlr", "msisdn", written);
    let text = written.ok_or_else(|| wrong("EMPTY_RECIPIENT"))?;
    if text.chars().any(char::is_alphabetic) {
        return Err(wrong("MSISDN_ALPHA"));
    }
    let is_mark =
        |char: char| char.is_whitespace() || matches!(char, '+' | '-' | '(' | ')' | '.' | '/');
    let digits: String = text.chars().filter(|char| !is_mark(*char)).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    if digits.chars().count() > *DIGITS.end() {
        return Err(wrong("MSISDN_LONG"));
    }
    if digits.chars().count() < *DIGITS.start() {
        return Err(wrong("MSISDN_INVALID"));
    }
    let number = parse(&format!("+{digits}"), notation);
    number.map_err(|error| wrong("MSISDN_INVALID").because(error.to_string()))
}

fn view(number: Msisdn, found: &LookedUp) -> Node {
    let LookedUp { answer, at } = found;
    let dialcode = number.country_calling_code();
    let iso = number.country().map(|country| country.to_string());
    let country = countries().iter().find(|country| Some(country.iso) == iso.as_deref());
    let country = country.map(|country| country.name);
    let ported = answer.ported_network.is_some();
    // A number is ported within its country.
    let of_ported = |node: Node| if ported { node } else { Node::Null };
    Node::object([
        ("msisdn", number.digits().into()),
        ("stat", answer.stat.as_str().into()),
        ("imsi", answer.imsi.as_deref().into()),
        ("mccmnc", answer.mccmnc.into()),
        ("err", answer.err.into()),
        ("latest_lookup", at.as_secs().into()),
        ("original_dialcode", dialcode.into()),
        ("original_country_name", country.into()),
        ("original_network_name", answer.original_network.as_deref().into()),
        ("original_number_prefix", answer.original_prefix.into()),
        ("ported_dialcode", of_ported(dialcode.into())),
        ("ported_country", of_ported(country.into())),
        ("ported_network_name", answer.ported_network.as_deref().into()),
        ("ported_network_code", of_ported(answer.mccmnc.into())),
        ("ported_number_prefix", answer.ported_prefix.into()),
        ("roaming", answer.roaming.into()),
    ])
}

fn failure(error: &LookupError, asked: &Parameters) -> Failure {
    let failure = match error {
        LookupError::NotConfigured => Failure::new("METHOD_NOT_IMPLEMENTED"),
        LookupError::Insufficient { .. } | LookupError::OverDailyLimit { .. } => {
            Failure::new("CANNOT_AFFORD")
        }
        LookupError::Refused => {
            Failure::echo("MSISDN_INVALID", "hlr", "msisdn", asked.get("msisdn"))
        }
        LookupError::NoAnswer => Failure::new("NO_ANSWER"),
        LookupError::Busy => Failure::new("TOO_MANY_REQUESTS"),
        LookupError::Store(source) => return source.into(),
    };
    failure.because(error.to_string())
}
