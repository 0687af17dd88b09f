//! What becomes of campaigns after they are accepted: their sender looks at them, cancels them before
//! they start, pauses them, and retries the recipients that were missed. The list has the texts of
//! orders too, which are left to their orders.

mod change;
mod credits;
mod error;
mod query;
mod search;

use std::sync::Arc;

use domain::money::Msat;
use domain::ports::{Clock, Store};

use crate::wake::Wake;

pub use credits::Credits;
pub use error::{CancelBulkError, PauseError, RetryError};
pub use query::{RecipientsAsked, RecipientsFound};

#[derive(Debug)]
pub struct Campaigns {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wake: Arc<Wake>,
    /// Worth of one credit.
    pub(crate) credit: Msat,
}
