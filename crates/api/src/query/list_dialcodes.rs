//! `get/dialcodes`: every country with its calling code. The whole answer is a list, without a status:
//! the client of the old service reads it so.

use axum::response::Response;

use super::answer::{Failure, Success};
use super::call::Call;
use super::countries::countries;
use super::tree::Node;

pub(crate) async fn list_dialcodes(call: Call) -> Response {
    call.answer(list(&call))
}

fn list(call: &Call) -> Result<Success, Failure> {
    call.looking()?;
    let countries = countries().iter().map(|country| {
        Node::object([
            ("dialcode", country.dialcode.into()),
            ("cciso", country.iso.into()),
            ("country", country.name.into()),
        ])
    });
    Ok(Success::Bare(Node::List(countries.collect())))
}
