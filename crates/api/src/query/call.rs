//! A call of an endpoint: who calls, with which parameters, and in which form the answer is.
//!
//! ```text
//! parameters ── user and key ── counted by key or address ── charset ── endpoint ── answer
//! ```

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use domain::account::Scope;
use domain::id::AccountId;
use engine::accounts::Caller;
use http::Counter;

use super::answer::{Failure, Success};
use super::authenticate::{Unknown, authenticate};
use super::format::Format;
use super::parameters::{Parameters, RawParameters};
use crate::settings::DoorState;

#[derive(Debug)]
pub(crate) struct Call {
    pub(super) caller: Caller,
    pub(super) parameters: Parameters,
    format: Format,
}

impl FromRequest<DoorState> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, door: &DoorState) -> Result<Self, Response> {
        let format = Format::of(request.uri().path());
        let refused = |failure: Failure| format.write(&failure.into_tree());
        let (mut parts, body) = request.into_parts();
        let counter = Counter::from_request_parts(&mut parts, door).await;
        let counter = counter.map_err(IntoResponse::into_response)?;
        let count = |caller| counter.count(caller).map_err(IntoResponse::into_response);
        let read = RawParameters::read(Request::from_parts(parts, body), door.body_limits()).await;
        let raw = match read {
            Ok(raw) => raw,
            Err(refusal) => {
                count(None)?;
                return Err(refusal.into_response());
            }
        };
        let caller = authenticate(&door.engine, &raw).await;
        count(caller.as_ref().ok())?;
        let caller = caller.map_err(|Unknown(failure)| refused(failure))?;
        let parameters = decode(door, caller.account, raw).await.map_err(refused)?;
        Ok(Self { caller, parameters, format })
    }
}

/// Only a call that is not UTF-8 needs the account's settings.
async fn decode(
    door: &DoorState,
    account: AccountId,
    raw: RawParameters,
) -> Result<Parameters, Failure> {
    let latin1 = !raw.are_utf8() && door.engine.accounts.settings(account).await?.query_latin1;
    let decoded = if latin1 { raw.into_utf8_or_latin1() } else { raw.into_utf8() };
    decoded.map_err(|_| {
        Failure::new("TEXT_ENCODING").because(
            "a parameter is not UTF-8; the operator may set this account to read such calls as Latin-1",
        )
    })
}

impl Call {
    /// The account, if the key may look at text messages.
    pub(super) fn looking(&self) -> Result<AccountId, Failure> {
        let key = &self.caller.key;
        if key.may(Scope::SEND) || key.may(Scope::READ) {
            Ok(self.caller.account)
        } else {
            Err(denied("the key is not for text messages (scope sms:send or sms:read)"))
        }
    }

    /// The account, if the key may send.
    pub(super) fn sending(&self) -> Result<AccountId, Failure> {
        if self.caller.key.may(Scope::SEND) {
            Ok(self.caller.account)
        } else {
            Err(denied("the key may not send (scope sms:send)"))
        }
    }

    pub(super) fn answer(&self, result: Result<Success, Failure>) -> Response {
        self.format.write(&result.map_or_else(Failure::into_tree, Success::into_tree))
    }
}

fn denied(reason: &'static str) -> Failure {
    Failure::new("ACCESS_DENIED").because(reason)
}
