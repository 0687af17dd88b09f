//! What an account keeps here for its messages: sender names, templates, groups of contacts.

mod upload_contacts;

use std::sync::Arc;

use domain::account::sender::Sender;
use domain::id::AccountId;
use domain::ports::{Clock, PortError, Store};

pub use upload_contacts::{ContactUpload, UploadError, UploadReport};

#[derive(Debug)]
pub struct Directory {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Directory {
    /// Sender names that an account may use, or asked for, the oldest first.
    pub async fn senders(&self, account: AccountId) -> Result<Vec<Sender>, PortError> {
        let mut senders = self.store.senders(account).await?;
        senders.sort_by_key(|sender| sender.number);
        Ok(senders)
    }
}
