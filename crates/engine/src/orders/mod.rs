//! Orders: taking them, telling how they stand, cancelling them, and keeping each one and its
//! payment at the node in step.
//!
//! ```text
//! create ── add_order (open) ── node: create_hold ── attach_invoice ── the buyer is answered
//!                                                                       │ pays
//! watch ── lookup: held ── hold::check ── hold_order (working, message queued)
//!                                                                       │ delivered or failed:
//!                                             fulfilled │ cancelling  <─┘ decided in that commit
//! watch ── settle │ cancel ── lookup ── record_node_reports (settled │ cancelled │ lost)
//! ```
//!
//! A crash between any two of these leaves a state that the watch finds at the next start; see the
//! table in `domain::order`.

mod blocked;
mod cancel;
mod check;
mod create;
mod follow;
mod status;
mod terms;
mod watch;

pub use cancel::CancelError;
pub use create::{Asked, CreateError, CreatedOrder, LOCAL_CLIENT, OrderRequest, Terms};
pub use status::History;
pub(crate) use terms::{message_id, message_of, transfer_id};

pub(crate) use follow::{follow_node, sweep_node};
pub(crate) use watch::{catch_up, watch};
