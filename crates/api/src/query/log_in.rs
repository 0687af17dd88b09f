//! `user/newapikey/login.json`: a key for whoever has the password and, where the account wants one, the texted
//! code. The only endpoint without a key.

use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use domain::secret::Secret;
use engine::logins::{LoggedIn, LoginError, LoginRequest};
use http::{Counter, Origin, Refusal};

use super::answer::{Failure, Success, shown};
use super::format::Format;
use super::parameters::{Parameters, RawParameters};
use super::show_user::address;
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn log_in(State(door): State<DoorState>, request: Request) -> Response {
    let format = Format::of(request.uri().path());
    match read(&door, request).await {
        Err(refusal) => refusal.into_response(),
        Ok((origin, raw)) => {
            let result = match raw.into_utf8() {
                Ok(parameters) => log_in_by(&door, &parameters, origin).await,
                Err(_) => Err(Failure::new("TEXT_ENCODING").because("a parameter is not UTF-8")),
            };
            format.write(&result.map_or_else(Failure::into_tree, Success::into_tree))
        }
    }
}

/// Counted by address: who calls is not known yet.
async fn read(door: &DoorState, request: Request) -> Result<(Origin, RawParameters), Refusal> {
    let (mut parts, body) = request.into_parts();
    let counter = Counter::from_request_parts(&mut parts, door).await?;
    counter.count(None)?;
    let request = Request::from_parts(parts, body);
    let raw = RawParameters::read(request, door.body_limits()).await?;
    Ok((counter.origin(), raw))
}

async fn log_in_by(
    door: &DoorState,
    parameters: &Parameters,
    origin: Origin,
) -> Result<Success, Failure> {
    let user = parameters.get("user");
    let (Some(name), Some(password)) = (user, parameters.get("pass")) else {
        return Err(wrong(user));
    };
    let request = LoginRequest {
        user: name.to_owned(),
        password: Secret::new(password),
        code: parameters.get("tfkey").map(Secret::new),
        description: parameters.get("description").unwrap_or_default().to_owned(),
        from: address(origin).unwrap_or_default(),
        network: origin.to_string(),
    };
    match door.engine.logins.log_in(request).await {
        Ok(LoggedIn::CodeTexted) => Ok(Success::word("ADDED_TF")),
        Ok(LoggedIn::Key(key)) => {
            let view = Node::object([
                ("controlapikey", Node::Number(key.id.0.to_string())),
                ("key", key.text.expose().into()),
            ]);
            Ok(Success::of("ADDED_KEY", "newapikey", view))
        }
        Err(error) => Err(refused(error, user)),
    }
}

fn refused(error: LoginError, user: Option<&str>) -> Failure {
    let reason = error.to_string();
    match error {
        LoginError::Wrong => wrong(user),
        LoginError::TooMany => Failure::new("TOO_MANY_REQUESTS").because(reason),
        LoginError::TooManyKeys => Failure::new("TOO_MANY_KEYS").because(reason),
        LoginError::NotTexted => Failure::new("TF_NOT_SENT").because(reason),
        LoginError::Busy => Failure::new("INTERNAL_ERROR").because(reason),
        LoginError::Store(source) => source.into(),
    }
}

/// User, password or code: the answer does not say which, and repeats no secret.
fn wrong(user: Option<&str>) -> Failure {
    let login = Node::object([("user", shown(user)), ("pass", Node::Null)]);
    Failure::new("USER_NOT_FOUND").with("login", login)
}
