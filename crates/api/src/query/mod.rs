//! The query door (`/api/4/<area>/<action>/api.json`): one GET or form post sends a text. Its wire form
//! is that of the txty.dk API v4: parameters in the query string or a form, HTTP 200 for every answer,
//! the result in `status`, and one word for each error.
//!
//! In reading order: the routes; a call from its parameters to its caller; the answer; the endpoints.

mod routes;

mod authenticate;
mod call;
mod parameters;

mod answer;
mod countries;
mod envelope;
mod format;
mod tree;

mod list_dialcodes;

use list_dialcodes::list_dialcodes;

pub(crate) use routes::query_door;
