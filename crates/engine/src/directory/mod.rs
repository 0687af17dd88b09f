//! What an account stores for its messages: sender names, templates, groups of contacts; and the
//! blocklist.

mod blocklist;
mod contact_file;
mod groups;
mod people;
mod senders;
mod templates;
mod upload_contacts;

use std::sync::Arc;

use domain::id::AccountId;
use domain::ports::{Clock, PortError, Store};

pub use blocklist::BlockError;
pub use contact_file::{FileError, FileFormat, InvalidRow, RowFault, UploadReport};
pub use groups::GroupError;
pub use people::{MembershipError, NewPerson, PersonError};
pub use senders::{DecideSenderError, RequestSenderError};
pub use templates::TemplateError;
pub use upload_contacts::{ContactUpload, UploadError};

#[derive(Debug)]
pub struct Directory {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Directory {
    /// Works on a store directly, with or without a running server.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    async fn has_account(&self, account: AccountId) -> Result<bool, PortError> {
        Ok(self.store.account(account).await?.is_some())
    }
}
