//! The caller of a request, by the parameters `user` (the account's name) and `key`.
//!
//! Whatever is wrong with them is answered alike: nobody learns which names exist. A key is never
//! repeated.

use engine::Engine;
use engine::accounts::{AuthError, Caller};

use super::answer::{Failure, shown};
use super::parameters::RawParameters;
use super::tree::Node;

/// A key that is missing or not good, and why the caller is refused.
#[derive(Debug)]
pub(super) struct Unknown(pub Failure);

pub(super) async fn authenticate(
    engine: &Engine,
    parameters: &RawParameters,
) -> Result<Caller, Unknown> {
    let (user, key) = (parameters.ascii("user"), parameters.ascii("key"));
    let (Some(name), Some(key)) = (user.as_deref(), key.as_deref()) else {
        return Err(unknown(user.as_deref()));
    };
    match engine.accounts.authenticate_as(name, key).await {
        Ok(caller) => Ok(caller),
        Err(AuthError::BadKey | AuthError::Revoked | AuthError::Disabled) => {
            Err(unknown(user.as_deref()))
        }
        Err(AuthError::Store(source)) => Err(Unknown(source.into())),
    }
}

fn unknown(user: Option<&str>) -> Unknown {
    let login = Node::object([("user", shown(user)), ("pass", Node::Null)]);
    Unknown(Failure::new("USER_NOT_FOUND").with("login", login))
}
