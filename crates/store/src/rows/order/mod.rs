//! Orders: what was sold for one payment, and the payment's fate.
//!
//! Every change reads the order, asks the domain's machine, and stores order, booking and event
//! together ([`change::store`]).

mod add;
mod cancel;
pub(crate) mod change;
mod hold;
mod node;
mod rows;
mod spend;

pub(crate) use add::{add, attach_invoice};
pub(crate) use cancel::cancel;
pub(crate) use hold::hold;
pub(crate) use node::{claim_checks, load, recheck, record_node_reports};
pub(crate) use rows::{Moved, WEBHOOK_SECRET, find, find_by_payment, funding_history, lock_moved};
pub(crate) use spend::add_credit;
