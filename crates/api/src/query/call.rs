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
use http::{Counter, Refusal};

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

/// Why a call does not reach its endpoint.
enum Refused {
    /// In this door's words.
    Here(Failure),
    /// By what all doors share.
    Below(Refusal),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Here(failure)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Below(refusal)
    }
}

impl FromRequest<DoorState> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, door: &DoorState) -> Result<Self, Response> {
        let format = Format::of(request.uri().path());
        Self::read(request, door, format).await.map_err(|refused| match refused {
            Refused::Here(failure) => format.write(&failure.into_tree()),
            Refused::Below(refusal) => refusal.into_response(),
        })
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
    async fn read(request: Request, door: &DoorState, format: Format) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let counter = Counter::from_request_parts(&mut parts, door).await?;
        let read = RawParameters::read(Request::from_parts(parts, body), door.body_limits()).await;
        let raw = match read {
            Ok(raw) => raw,
            Err(refusal) => {
                counter.count(None)?;
                return Err(refusal.into());
            }
        };
        let caller = authenticate(&door.engine, &raw).await;
        counter.count(caller.as_ref().ok())?;
        let caller = caller.map_err(|Unknown(failure)| failure)?;
        let parameters = decode(door, caller.account, raw).await?;
        Ok(Self { caller, parameters, format })
    }

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
