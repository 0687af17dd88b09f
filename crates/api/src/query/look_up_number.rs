//! `hlr`: asks the networks about one number; with `roaming=true` also whether its phone is abroad, which `roaming` of
//! the answer says (ours). An answer that is kept costs nothing, and `latest_lookup` is its time.

use axum::extract::State;
use axum::response::Response;
use domain::id::AccountId;
use domain::number::{Msisdn, Notation};
use engine::lookups::{LookedUp, LookupError};

use super::answer::{Failure, Success};
use super::call::Call;
use super::countries::countries;
use super::msisdn::read_number;
use super::named_objects::{empty_group, found_contact, group_id};
use super::parameters::Parameters;
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn look_up_number(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(look_up(&door, &call).await)
}

async fn look_up(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let asked = &call.parameters;
    let number = match (asked.get("contact"), asked.get("group"), asked.get("msisdn")) {
        (Some(_), ..) => of_contact(door, account, asked).await?,
        (None, Some(_), None) => of_group(door, account, asked).await?,
        (None, ..) => recipient(asked, door.settings.numbers.without_home())?,
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

/// Members among which the first with a number is looked for.
const MEMBERS: u32 = 100;

/// The first number of a group, as the answer is about one.
async fn of_group(
    door: &DoorState,
    account: AccountId,
    asked: &Parameters,
) -> Result<Msisdn, Failure> {
    let group = group_id(asked)?;
    let found = door.engine.directory.group_members(account, group, 0, MEMBERS).await?;
    let members = found.ok_or_else(|| empty_group(asked))?;
    let first = members.into_iter().find_map(|member| member.number);
    first.ok_or_else(|| no_number().because("the group has no number"))
}

fn no_number() -> Failure {
    Failure::echo("EMPTY_RECIPIENT", "hlr", "msisdn", None)
}

fn recipient(asked: &Parameters, notation: Notation) -> Result<Msisdn, Failure> {
    let written = asked.get("msisdn").map(str::trim).filter(|written| !written.is_empty());
    read_number(written.ok_or_else(no_number)?, "hlr", notation)
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
