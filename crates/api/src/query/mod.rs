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
mod keyword;
mod kroner;
mod tree;

mod buy_keyword;
mod check_keyword;
mod edit_keyword;
mod list_dialcodes;
mod look_up_number;
mod view_inbox;
mod view_keywords;

use buy_keyword::buy_keyword;
use check_keyword::check_keyword;
use edit_keyword::edit_keyword;
use list_dialcodes::list_dialcodes;
use look_up_number::look_up_number;
use view_inbox::view_inbox;
use view_keywords::{view_keyword, view_keywords};

pub(crate) use routes::query_door;
