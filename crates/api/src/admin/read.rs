//! The JSON object of a request. What is read is never quoted in an error.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::bulk::{Refused, invalid};
use crate::read::read_body;
use crate::refusal::Words;
use crate::settings::Door;

/// An object with the fields of `T`, and no others.
#[derive(Debug)]
pub(crate) struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Door> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, door: &Door) -> Result<Self, Refused> {
        let settings = &door.settings;
        let bytes = read_body(request, settings.body_bytes_max, settings.read_timeout).await?;
        parse(&bytes).map(Self)
    }
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    // A struct would be read from a list as well.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(invalid("the request body must be a JSON object"));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = if error.is_data() {
            "is not the object that is asked for"
        } else {
            "is not valid JSON"
        };
        invalid(format!("the request body {what} (line {line}, column {column})"))
    })
}

/// A field that is given and is something else than it must be.
pub(super) fn field<T, E: std::fmt::Display>(
    name: &'static str,
    read: Result<T, E>,
) -> Result<T, Refused> {
    read.map_err(|why| invalid(Words::from(format!("`{name}`: {why}"))))
}
