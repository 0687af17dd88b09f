//! The blocklist: numbers that receive no messages.

use domain::account::blocklist::{BlockEntry, BlockProof, BlockScope};
use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::limits::{BLOCKS_BATCH_MAX, NOTE_CHARS_MAX};
use domain::number::{self, Accept, Msisdn, Notation, NumberError};
use domain::ports::{BlockList, PortError};

use super::Directory;

#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("must have 1 to {BLOCKS_BATCH_MAX} numbers")]
    Count,
    #[error("{source}")]
    Number { index: usize, source: NumberError },
    #[error("has at most {NOTE_CHARS_MAX} characters")]
    Note,
    #[error("the blocklist could not be changed")]
    Store(#[from] PortError),
}

impl Directory {
    /// Blocks numbers for one account or, with `None`, for all. A blocked number keeps its earlier
    /// proof. Returns how many are newly blocked.
    pub async fn block(
        &self,
        account: Option<AccountId>,
        numbers: &[String],
        notation: Notation,
        note: Option<String>,
        by: Actor,
    ) -> Result<u32, BlockError> {
        let numbers = read_numbers(numbers, notation)?;
        if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
            return Err(BlockError::Note);
        }
        let scope = self.scope(account).await?;
        let proof = BlockProof { note, ..BlockProof::by(by) };
        Ok(self.store.block(scope, numbers, proof, self.clock.now()).await?)
    }

    /// Unblocks numbers in exactly this scope; returns how many were blocked there.
    pub async fn unblock(
        &self,
        account: Option<AccountId>,
        numbers: &[String],
        notation: Notation,
        by: Actor,
    ) -> Result<u32, BlockError> {
        let numbers = read_numbers(numbers, notation)?;
        let scope = self.scope(account).await?;
        Ok(self.store.unblock(scope, numbers, by, self.clock.now()).await?)
    }

    /// Entries by scope and number.
    pub async fn block_page(&self, list: BlockList) -> Result<Vec<BlockEntry>, PortError> {
        self.store.block_list(list).await
    }

    async fn scope(&self, account: Option<AccountId>) -> Result<BlockScope, BlockError> {
        match account {
            Some(account) if !self.has_account(account).await? => Err(BlockError::NoSuchAccount),
            account => Ok(BlockScope::of(account)),
        }
    }
}

/// Digits are international here, as our own answers print them; what can be no international number is read in the
/// home's national format. An entry may be of any number that ever wrote to us, so none is refused for its country's
/// plan.
fn read_number(written: &str, notation: Notation) -> Result<Msisdn, NumberError> {
    let stored = |_| written.parse().map(Msisdn::as_spelled_today);
    let possible = Notation { accept: Accept::Possible, ..notation };
    let read = number::parse(written, possible.without_home());
    read.or_else(|_| number::parse(written, possible)).or_else(stored)
}

fn read_numbers(written: &[String], notation: Notation) -> Result<Vec<Msisdn>, BlockError> {
    if !(1..=BLOCKS_BATCH_MAX).contains(&written.len()) {
        return Err(BlockError::Count);
    }
    let mut numbers = Vec::with_capacity(written.len());
    for (index, written) in written.iter().enumerate() {
        let read = read_number(written, notation);
        numbers.push(read.map_err(|source| BlockError::Number { index, source })?);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}
