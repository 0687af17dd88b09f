//! The blocklist in the store. Every change is audited in the same commit.

use std::sync::Arc;

use async_trait::async_trait;

use crate::account::blocklist::{BlockEntry, BlockProof, BlockScope};
use crate::account::operator::Actor;
use crate::id::AccountId;
use crate::number::Msisdn;
use crate::ports::PortError;
use crate::time::Timestamp;

/// A page of entries, by scope and number.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockList {
    pub scope: Option<BlockScope>,
    pub number: Option<Msisdn>,
    pub after: Option<(BlockScope, Msisdn)>,
    pub limit: u32,
}

#[async_trait]
pub trait BlocklistStore: Send + Sync {
    /// Blocks at most [`crate::limits::BLOCKS_BATCH_MAX`] numbers; a blocked one keeps its earlier
    /// proof. Returns how many are newly blocked.
    async fn block(
        &self,
        scope: BlockScope,
        numbers: Vec<Msisdn>,
        proof: BlockProof,
        now: Timestamp,
    ) -> Result<u32, PortError>;

    /// Unblocks numbers in exactly this scope; returns how many were blocked there.
    async fn unblock(
        &self,
        scope: BlockScope,
        numbers: Vec<Msisdn>,
        by: Actor,
        now: Timestamp,
    ) -> Result<u32, PortError>;

    async fn block_list(&self, list: BlockList) -> Result<Vec<BlockEntry>, PortError>;

    /// Which of these numbers (in ascending order) are blocked for everybody or for the account, if
    /// there is one; in ascending order. Numbers and list together bound the rows that it reads:
    /// ranges of the list are merged with runs of the numbers, and where the list is much denser,
    /// numbers are looked up one by one.
    ///
    /// The claim ([`crate::ports::MessageStore::claim_chunks`]) finds numbers that are blocked
    /// later.
    async fn blocked(
        &self,
        account: Option<AccountId>,
        numbers: Arc<[Msisdn]>,
    ) -> Result<Vec<Msisdn>, PortError>;
}
