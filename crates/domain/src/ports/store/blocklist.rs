//! The blocklist as it is stored. Every change is audited in the same commit.

use std::sync::Arc;

use async_trait::async_trait;

use crate::account::blocklist::{BlockEntry, BlockProof, BlockScope};
use crate::account::operator::Actor;
use crate::id::AccountId;
use crate::number::Msisdn;
use crate::ports::PortError;
use crate::time::Timestamp;

/// Which entries are listed, by scope and number.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockList {
    pub scope: Option<BlockScope>,
    pub number: Option<Msisdn>,
    pub after: Option<(BlockScope, Msisdn)>,
    pub limit: u32,
}

#[async_trait]
pub trait BlocklistStore: Send + Sync {
    /// Blocks at most [`crate::limits::BLOCKS_BATCH_MAX`] numbers; one that is blocked already keeps
    /// its proof. Returns how many were not.
    async fn block(
        &self,
        scope: BlockScope,
        numbers: Vec<Msisdn>,
        proof: BlockProof,
        now: Timestamp,
    ) -> Result<u32, PortError>;

    /// Returns how many of them were blocked in this very scope.
    async fn unblock(
        &self,
        scope: BlockScope,
        numbers: Vec<Msisdn>,
        by: Actor,
        now: Timestamp,
    ) -> Result<u32, PortError>;

    async fn block_list(&self, list: BlockList) -> Result<Vec<BlockEntry>, PortError>;

    /// Which of these numbers, in ascending order, are blocked for everybody or for the account, if
    /// it is one's; in ascending order. What it reads is bounded by the numbers and the list
    /// together: ranges of the list are merged with runs of the numbers, and where the list is much
    /// denser than they are, they are looked up one by one.
    ///
    /// Who is blocked later is found by the claim
    /// ([`crate::ports::MessageStore::claim_chunks`]).
    async fn blocked(
        &self,
        account: Option<AccountId>,
        numbers: Arc<[Msisdn]>,
    ) -> Result<Vec<Msisdn>, PortError>;
}
