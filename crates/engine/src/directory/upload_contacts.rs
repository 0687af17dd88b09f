//! Stores a file of contacts while it arrives. The group shows what is in it once the whole file was read
//! and found good; until then, and after a refusal, a broken connection or a crash, it is as before.
//!
//! ```text
//! bytes ── contacts ── batches of a list that no group shows ── whole file ─┬─ replace: the group shows the list
//!                                                                          └─ add: its contacts are merged, batch by batch
//! ```
//!
//! A repeated number counts once, with its last name and fields.

use std::mem;

use domain::account::contacts::{Contact, ContactGroup, Upload, UploadMode};
use domain::account::operator::Actor;
use domain::id::{AccountId, GroupId};
use domain::limits::CONTACTS_BATCH_MAX;
use domain::ports::PortError;

use super::Directory;
use super::contact_file::{ContactFile, FileError, FileFormat, UploadReport};

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("there is no such group")]
    NoSuchGroup,
    #[error(transparent)]
    File(#[from] FileError),
    /// Not a contact file: the group is not replaced by an empty one.
    #[error("no row of the file has a phone number; a group is emptied by an empty file")]
    NoNumber,
    #[error("the group would have too many contacts, or is no longer there")]
    Refused(#[source] PortError),
    #[error("it could not be done right now; try again")]
    Store(#[source] PortError),
}

impl From<PortError> for UploadError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Refused(_) | PortError::Conflict(_) => Self::Refused(error),
            PortError::Unavailable(_) | PortError::Unknown(_) => Self::Store(error),
        }
    }
}

/// An upload in progress. A dropped or abandoned one does not change its group.
pub struct ContactUpload<'a> {
    directory: &'a Directory,
    upload: Upload,
    file: ContactFile,
    batch: Vec<Contact>,
    /// Numbers in the list of the upload.
    numbers: u64,
    /// Contacts in the file.
    contacts: u64,
}

impl std::fmt::Debug for ContactUpload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContactUpload({} contacts)", self.contacts)
    }
}

impl Directory {
    pub async fn upload_contacts(
        &self,
        account: AccountId,
        group: GroupId,
        mode: UploadMode,
        format: FileFormat,
    ) -> Result<ContactUpload<'_>, UploadError> {
        let file = ContactFile::new(format)?;
        let upload = self.store.begin_upload(account, group, mode, self.clock.now()).await?;
        Ok(ContactUpload {
            directory: self,
            upload: upload.ok_or(UploadError::NoSuchGroup)?,
            file,
            batch: Vec::with_capacity(CONTACTS_BATCH_MAX),
            numbers: 0,
            contacts: 0,
        })
    }
}

impl ContactUpload<'_> {
    /// Takes the next bytes, split anywhere.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        self.file.read(bytes, &mut self.batch)?;
        while self.batch.len() >= CONTACTS_BATCH_MAX {
            let rest = self.batch.split_off(CONTACTS_BATCH_MAX);
            self.store_batch(rest).await?;
        }
        Ok(())
    }

    async fn store_batch(&mut self, rest: Vec<Contact>) -> Result<(), UploadError> {
        let batch = mem::replace(&mut self.batch, rest);
        if !batch.is_empty() {
            self.contacts += batch.len() as u64;
            let added = self.directory.store.add_contacts(self.upload, batch).await?;
            self.numbers += u64::from(added);
        }
        Ok(())
    }

    /// Ends the file: the group now shows its contacts.
    pub async fn finish(mut self, by: Actor) -> Result<(ContactGroup, UploadReport), UploadError> {
        match self.finish_file(by).await {
            Ok(finished) => Ok(finished),
            Err(error) => {
                // What cannot be abandoned now is deleted when it is old.
                let _ = self.give_up().await;
                Err(error)
            }
        }
    }

    async fn finish_file(
        &mut self,
        by: Actor,
    ) -> Result<(ContactGroup, UploadReport), UploadError> {
        let begun = self.file.end(&mut self.batch)?;
        while self.batch.len() > CONTACTS_BATCH_MAX {
            let rest = self.batch.split_off(CONTACTS_BATCH_MAX);
            self.store_batch(rest).await?;
        }
        self.store_batch(Vec::new()).await?;
        if begun && self.contacts == 0 {
            return Err(UploadError::NoNumber);
        }
        let added = match self.upload.mode {
            UploadMode::Replace => self.numbers,
            UploadMode::Add => self.merge().await?,
        };
        let Directory { store, clock } = self.directory;
        let group = store.finish_upload(self.upload, by, clock.now()).await?;
        let report = mem::take(&mut self.file.report);
        let repeated = self.contacts.saturating_sub(added);
        Ok((group, UploadReport { added, repeated, ..report }))
    }

    /// Adds the contacts to those of the group; returns how many numbers are new there. A repeat of the
    /// upload completes what a crash cut off.
    async fn merge(&self) -> Result<u64, UploadError> {
        let (mut added, mut after) = (0, None);
        loop {
            let merged = self.directory.store.merge_contacts(self.upload, after).await?;
            added += u64::from(merged.added);
            after = merged.next;
            if after.is_none() {
                return Ok(added);
            }
        }
    }

    /// Abandons an upload that broke off.
    pub async fn give_up(self) -> Result<(), PortError> {
        self.directory.store.abandon_upload(self.upload).await
    }
}
