//! A regtest chain in memory: real blocks (work, merkle root, BIP 34 height, BIP 141 witness commitment), real scripts
//! (libbitcoinconsensus), indexes by transaction, outpoint and script, a mempool, and reorganisations.
//!
//! It does not do what LDK and BDK do not need: no policy of the mempool beyond replacement by fee, no taproot scripts,
//! no relative locks by time.

/// Assembles, checks and connects blocks; reorganises.
mod block;
/// Money for tests out of coinbases that anyone can spend.
mod faucet;
/// Which transactions are accepted, and what they replace.
mod mempool;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::block::Header;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Block, BlockHash, Network, OutPoint, Script, Transaction, TxOut, Txid, Work};

pub use block::find_nonce;
use faucet::Coin;

/// Blocks until a coinbase can be spent.
pub const COINBASE_MATURITY: u32 = 100;
/// Blocks that a new chain has, so that there are coinbases to spend.
const FIRST_BLOCKS: u32 = COINBASE_MATURITY + 10;
/// Age of a new chain's tip, in seconds: each block adds one second, so a test can mine as many before a block lies in the future.
const TIP_AGE: u32 = 900;

/// A chain that its servers and a test use at the same time.
#[derive(Clone)]
pub struct SharedChain(Arc<Mutex<Chain>>);

impl SharedChain {
    /// A new chain of 110 blocks.
    #[must_use]
    pub fn new() -> SharedChain {
        SharedChain(Arc::new(Mutex::new(Chain::new())))
    }

    /// The chain, for as long as the guard lives: the servers wait meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, Chain> {
        // A test that panics with the guard must not hide its message behind those of the servers.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Default for SharedChain {
    fn default() -> Self {
        SharedChain::new()
    }
}

/// A transaction of the chain or of the mempool.
#[derive(Clone)]
pub struct Record {
    /// The transaction.
    pub tx: Transaction,
    /// Height of its block; `None` in the mempool.
    pub height: Option<u32>,
    /// Position in its block.
    pub position: usize,
    /// Unix seconds at which the mempool accepted it.
    pub seen_at: u64,
    /// Height of the tip at that time.
    pub seen_height: u32,
}

/// The chain, its mempool and its indexes.
pub struct Chain {
    blocks: Vec<Block>,
    /// Work up to and with the block of the same index.
    work: Vec<Work>,
    by_hash: HashMap<BlockHash, u32>,
    /// Headers and heights of blocks that a reorganisation removed.
    stale: HashMap<BlockHash, (Header, u32)>,
    txs: HashMap<Txid, Record>,
    /// In the order of arrival, so parents come before their children.
    mempool: Vec<Txid>,
    /// Who spends an output (transaction and input), confirmed or not.
    spent_by: HashMap<OutPoint, (Txid, u32)>,
    /// Transactions that touch a script, by the SHA-256 of the script.
    by_script: HashMap<[u8; 32], Vec<Txid>>,
    rejected: Vec<(Txid, String)>,
    coins: Vec<Coin>,
    /// Time of the newest block.
    time: u32,
    frozen: bool,
}

impl Chain {
    /// Genesis and 110 blocks.
    #[must_use]
    pub fn new() -> Chain {
        let genesis = bitcoin::constants::genesis_block(Network::Regtest);
        let mut chain = Chain {
            by_hash: HashMap::from([(genesis.block_hash(), 0)]),
            work: vec![genesis.header.work()],
            blocks: vec![genesis],
            stale: HashMap::new(),
            txs: HashMap::new(),
            mempool: vec![],
            spent_by: HashMap::new(),
            by_script: HashMap::new(),
            rejected: vec![],
            coins: vec![],
            time: u32::try_from(unix_now()).unwrap() - TIP_AGE - FIRST_BLOCKS,
            frozen: false,
        };
        chain.mine(FIRST_BLOCKS);
        chain
    }

    /// Height of the newest block.
    #[must_use]
    pub fn height(&self) -> u32 {
        u32::try_from(self.blocks.len() - 1).unwrap()
    }

    /// Hash of the newest block.
    #[must_use]
    pub fn tip_hash(&self) -> BlockHash {
        self.blocks.last().unwrap().block_hash()
    }

    /// The block at a height.
    #[must_use]
    pub fn block(&self, height: u32) -> Option<&Block> {
        self.blocks.get(height as usize)
    }

    /// The height of a block of the best chain.
    #[must_use]
    pub fn height_of(&self, hash: &BlockHash) -> Option<u32> {
        self.by_hash.get(hash).copied()
    }

    /// The height of a block, also of one that a reorganisation removed.
    #[must_use]
    pub fn height_before_reorganisation(&self, hash: &BlockHash) -> Option<u32> {
        self.height_of(hash).or_else(|| self.stale.get(hash).map(|(_, height)| *height))
    }

    /// The header of a block, also of one that a reorganisation removed.
    #[must_use]
    pub fn header(&self, hash: &BlockHash) -> Option<&Header> {
        match self.height_of(hash) {
            Some(height) => Some(&self.blocks[height as usize].header),
            None => self.stale.get(hash).map(|(header, _)| header),
        }
    }

    /// All work up to and with the block at this height.
    #[must_use]
    pub fn work(&self, height: u32) -> Option<Work> {
        self.work.get(height as usize).copied()
    }

    /// The median of the times of eleven blocks (BIP 113).
    #[must_use]
    pub fn median_time(&self, height: u32) -> u32 {
        let first = height.saturating_sub(10) as usize;
        let mut times: Vec<u32> =
            self.blocks[first..=height as usize].iter().map(|b| b.header.time).collect();
        times.sort_unstable();
        times[times.len() / 2]
    }

    /// Sets the time that the next block follows, in Unix seconds: it gets one second more.
    pub fn set_time(&mut self, time: u32) {
        self.time = time;
    }

    /// A transaction of the chain or of the mempool.
    #[must_use]
    pub fn tx(&self, txid: &Txid) -> Option<&Record> {
        self.txs.get(txid)
    }

    /// The output that an input spends.
    #[must_use]
    pub fn output(&self, outpoint: &OutPoint) -> Option<&TxOut> {
        self.txs.get(&outpoint.txid)?.tx.output.get(outpoint.vout as usize)
    }

    /// The transaction and the number of its input that spend this output.
    #[must_use]
    pub fn spender(&self, outpoint: &OutPoint) -> Option<(Txid, u32)> {
        self.spent_by.get(outpoint).copied()
    }

    /// The mempool in the order of arrival.
    #[must_use]
    pub fn mempool(&self) -> &[Txid] {
        &self.mempool
    }

    /// What the mempool refused so far, with bitcoind's reason.
    #[must_use]
    pub fn rejected(&self) -> &[(Txid, String)] {
        &self.rejected
    }

    /// While frozen, new blocks confirm nothing.
    pub fn freeze_mempool(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// The fee in satoshi; `None` when an input is unknown or the outputs are worth more than the inputs.
    #[must_use]
    pub fn fee(&self, tx: &Transaction) -> Option<u64> {
        if tx.is_coinbase() {
            return Some(0);
        }
        let mut inputs = 0u64;
        for input in &tx.input {
            inputs = inputs.checked_add(self.output(&input.previous_output)?.value.to_sat())?;
        }
        let outputs = tx
            .output
            .iter()
            .try_fold(0u64, |sum, output| sum.checked_add(output.value.to_sat()))?;
        inputs.checked_sub(outputs)
    }

    /// Transactions that touch a script (by the SHA-256 of the script), newest first: the mempool, then the blocks.
    #[must_use]
    pub fn history(&self, script_hash: &[u8; 32]) -> Vec<Txid> {
        let mut found = self.by_script.get(script_hash).cloned().unwrap_or_default();
        found.sort_by_key(|txid| {
            let record = &self.txs[txid];
            (
                std::cmp::Reverse(record.height.unwrap_or(u32::MAX)),
                std::cmp::Reverse(record.position),
            )
        });
        found
    }

    fn index(&mut self, tx: &Transaction) {
        let txid = tx.compute_txid();
        let mut keys: HashSet<[u8; 32]> =
            tx.output.iter().map(|output| script_hash(&output.script_pubkey)).collect();
        for input in &tx.input {
            if let Some(output) = self.output(&input.previous_output) {
                keys.insert(script_hash(&output.script_pubkey));
            }
        }
        for key in keys {
            let list = self.by_script.entry(key).or_default();
            if !list.contains(&txid) {
                list.push(txid);
            }
        }
    }

    fn unindex(&mut self, txid: &Txid) {
        for list in self.by_script.values_mut() {
            list.retain(|t| t != txid);
        }
    }
}

impl Default for Chain {
    fn default() -> Self {
        Chain::new()
    }
}

/// The SHA-256 of a script, as Esplora and Electrum index it.
#[must_use]
pub fn script_hash(script: &Script) -> [u8; 32] {
    sha256::Hash::hash(script.as_bytes()).to_byte_array()
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
