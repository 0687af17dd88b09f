//! Orders: one payment each, for a message or for credit.
//!
//! Every change locks the order ([`lock`]), takes its steps by the domain's rule, and stores row,
//! booking and event together ([`change::store`]). An order that is paid from credit and buys a message
//! is columns of the message's row ([`credit`]), and is locked and written with it.

mod add;
mod cancel;
pub(crate) mod change;
mod credit;
mod hold;
mod insert;
mod late_refund;
mod list;
mod lock;
mod node;
mod orphan;
mod read;
mod request_key;
mod settle;
mod spend;
mod spend_number;
mod unpaid;

pub(crate) use add::{add, attach_invoice};
pub(crate) use cancel::cancel;
pub(crate) use change::OrderRow;
pub(crate) use hold::hold;
pub(crate) use insert::seal_webhook_secret;
pub(crate) use list::{held_orders, lost_orders};
pub(crate) use lock::{Moved, lock_many, lock_moved};
pub(crate) use node::{claim_checks, load, recheck, record_node_reports};
pub(crate) use orphan::decide_orphan;
pub(crate) use read::{WEBHOOK_SECRET, find, find_by_payment, funding_history};
pub(crate) use request_key::{find_repeated, forget_keys, keys_of};
pub(crate) use settle::settle_unreceipted;
pub(crate) use spend::add_credit;
pub(crate) use spend_number::add_credit_activations;
