//! The query door (`/api/4/<area>/<action>/api.json`): one GET or form post sends a text. Its wire form
//! is that of the txty.dk API v4: parameters in the query string or a form, HTTP 200 for every answer,
//! the result in `status`, and one word for each error.
//!
//! In reading order: the routes; a call from its parameters to its caller; the answer; what the
//! endpoints read and write; the endpoints.

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
mod look_up_number;
mod view_callbacks;
mod view_inbox;
mod view_keywords;

use buy_keyword::buy_keyword;
use check_keyword::check_keyword;
use edit_keyword::edit_keyword;
use look_up_number::look_up_number;
use view_callbacks::view_callbacks;
use view_inbox::view_inbox;
use view_keywords::{view_keyword, view_keywords};

mod msisdn;
mod not_sent;
mod reference;
mod sender;

mod list_dialcodes;
mod send_sms;
mod show_openapi;
mod view_outbox;
mod view_prices;

mod delete_key;
mod log_in;
mod show_user;

mod contact_view;
mod named_objects;
mod number_fields;
mod page;
mod person_fields;

mod change_groups;
mod create_contact;
mod delete_contact;
mod edit_contact;
mod join_group;
mod list_contacts;
mod list_groups;
mod show_contact;
mod show_group;

use change_groups::{create_group, delete_group, edit_group};
use create_contact::create_contact;
use delete_contact::delete_contact;
use delete_key::delete_key;
use edit_contact::edit_contact;
use join_group::{join_group, leave_group};
use list_contacts::list_contacts;
use list_dialcodes::list_dialcodes;
use list_groups::list_groups;
use log_in::log_in;
use send_sms::send_sms;
use show_contact::show_contact;
use show_group::show_group;
use show_openapi::show_openapi;
use show_user::show_user;
use view_outbox::view_outbox;
use view_prices::view_prices;

pub(crate) use routes::query_door;
