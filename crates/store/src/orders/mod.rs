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

pub(crate) use add::{add, add_credit, attach_invoice};
pub(crate) use cancel::cancel;
pub(crate) use hold::hold;
pub(crate) use node::{claim_checks, load, recheck, record_node_reports};
pub(crate) use rows::{WEBHOOK_SECRET, find, find_many, funding_history};
