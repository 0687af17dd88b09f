//! Campaigns after acceptance: listed, cancelled before their start, paused, and retried. Lists
//! include the messages of orders, which only their orders can change.

mod change;
mod credits;
mod error;
mod kroner;
mod outbox;
mod query;
mod search;

use std::sync::Arc;

use domain::ports::{Clock, Store};

use crate::live::Live;
use crate::settings::Settings;
use crate::traces::Traces;
use crate::wake::Wake;

pub use credits::Credits;
pub use error::{Absent, CancelBulkError, PauseError, ReadError, RetryError};
pub use kroner::Kroner;
pub use outbox::{OutboxAsked, OutboxRow};
pub use query::{RecipientsAsked, RecipientsFound};

#[derive(Debug)]
pub struct Campaigns {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) settings: Arc<Live<Settings>>,
    /// Why recipients wait, where an operator sees them.
    pub(crate) traces: Arc<Traces>,
}
