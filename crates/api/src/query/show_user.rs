//! `view/user`: the account and its profile.

use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use domain::time::Timestamp;
use http::{Counter, Origin};

use super::answer::{Failure, Success};
use super::call::Call;
use super::number_fields::{digits_or_text, number_fields};
use super::tree::Node;
use crate::settings::DoorState;

/// The old service's status of an account in use.
const ACTIVE: &str = "10";

pub(crate) async fn show_user(State(door): State<DoorState>, request: Request) -> Response {
    let origin = request.extensions().get::<Counter>().map_or(Origin::Unknown, Counter::origin);
    match Call::from_request(request, &door).await {
        Ok(call) => call.answer(show(&door, &call, origin).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn show(door: &DoorState, call: &Call, origin: Origin) -> Result<Success, Failure> {
    let id = call.looking()?;
    let accounts = &door.engine.accounts;
    let gone = || Failure::new("INTERNAL_ERROR").because("the account is gone");
    let account = accounts.show(id).await?.ok_or_else(gone)?.account;
    let found = accounts.profile(id).await?.ok_or_else(gone)?;
    let (profile, login) = (&found.profile, found.last_login.as_ref());
    let text = |text: &Option<String>| text.as_deref().map_or(Node::Null, Node::from);
    let digits = |text: &Option<String>| digits_or_text(text.as_deref());
    let [msisdn, dialcode, number] = number_fields(profile.phone);
    let settings = accounts.settings(id).await?;
    let user = Node::object([
        ("controluser", Node::Number(id.0.to_string())),
        ("username", account.name.as_str().into()),
        ("status", Node::Number(ACTIVE.to_owned())),
        ("companyname", text(&profile.company_name)),
        ("companyid", digits(&profile.company_id)),
        ("eannumber", digits(&profile.ean_number)),
        ("fullname", text(&profile.full_name)),
        ("street", text(&profile.street)),
        ("zipcode", digits(&profile.zip_code)),
        msisdn,
        dialcode,
        number,
        ("email", text(&profile.email)),
        ("lockedname", Node::Null),
        ("createdtime", seconds(account.created_at)),
        ("iplast_login", login.map_or(Node::Null, |login| login.from.as_str().into())),
        // This call is the last one.
        ("iplast_gw", address(origin).map_or(Node::Null, Node::Text)),
        ("timestamp_login", login.map_or(Node::Null, |login| seconds(login.at))),
        ("timestamp_gw", seconds(door.engine.now())),
        ("callback", settings.callback_url.as_deref().map_or(Node::Null, Node::from)),
        ("bcontactid", Node::Null),
    ]);
    Ok(Success::of("VIEW_USER", "user", user))
}

fn seconds(at: Timestamp) -> Node {
    Node::Number(at.as_secs().to_string())
}

/// The caller's address, as the old service shows it.
pub(super) fn address(origin: Origin) -> Option<String> {
    match origin {
        Origin::Local => Some("127.0.0.1".to_owned()),
        Origin::Network(address) => Some(address.to_string()),
        Origin::Unknown => None,
    }
}
