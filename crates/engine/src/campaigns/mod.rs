//! Messages to many, paid from credit: judged, priced and stored whole; then looked at, cancelled,
//! tried again, held up.
//!
//! ```text
//! written numbers ── Addressees ── distinct ── priced groups ── add_bulk ── dispatch
//!                        └─ what is no number ── excluded, free
//! ```
//!
//! Two million numbers are eight bytes each until they are stored: nothing here makes a text of a
//! number again. What takes long for many numbers is done beside the async threads.

mod addressees;
mod change;
mod credits;
mod directory;
mod draft;
mod error;
mod query;
mod render;
mod search;
mod send;

use std::sync::Arc;

use domain::money::Msat;
use domain::ports::{Clock, Random, Store};
use domain::routing::Routes;

use crate::accounts::Accounts;
use crate::metrics::Metrics;
use crate::tasks::Tasks;
use crate::wake::Wake;

pub use addressees::{Addressees, TooManyNumbers};
pub use credits::Credits;
pub use error::{BulkError, CancelBulkError, PauseError, RetryError};
pub use query::{RecipientsAsked, RecipientsFound};
pub use render::{RenderError, TooManyVariables, Variables};
pub use send::{Accepted, BulkRequest, Estimate, Wording};

#[derive(Debug)]
pub struct Campaigns {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tasks: Tasks,
    pub(crate) routes: Arc<Routes>,
    pub(crate) accounts: Arc<Accounts>,
    /// Worth of one credit.
    pub(crate) credit: Msat,
}
