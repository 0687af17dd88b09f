//! Blocks: assembled from the mempool, checked as a node checks them, connected, and taken back by a reorganisation.

use std::collections::HashSet;

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::Builder;
use bitcoin::{
    Amount, Block, CompactTarget, OutPoint, ScriptBuf, Sequence, Target, Transaction, TxIn,
    TxMerkleNode, TxOut, Txid, Witness, WitnessMerkleNode, transaction,
};

use super::faucet::{Coin, anyone_can_spend};
use super::mempool::Replace;
use super::{Chain, Record};

/// Regtest's target: every second hash meets it.
const BITS: u32 = 0x207f_ffff;
/// The subsidy halves every 150 blocks on regtest.
const HALVING: u32 = 150;
/// The reserved value of the coinbase that the witness commitment covers.
const WITNESS_RESERVED: [u8; 32] = [0; 32];

impl Chain {
    /// Mines blocks with all of the mempool that is final; with nothing of it while it is frozen.
    pub fn mine(&mut self, blocks: u32) {
        for _ in 0..blocks {
            let block = self.next_block();
            self.connect(block).expect("a block of our own is valid");
        }
    }

    /// The block that [`Chain::mine`] would add, with its work.
    #[must_use]
    pub fn next_block(&self) -> Block {
        let height = self.height() + 1;
        let mut picked: Vec<Transaction> = vec![];
        let mut inside: HashSet<Txid> = HashSet::new();
        for txid in self.mempool.iter().filter(|_| !self.frozen) {
            let tx = &self.txs[txid].tx;
            let has_parents = tx.input.iter().all(|input| {
                let parent = input.previous_output.txid;
                inside.contains(&parent) || self.txs[&parent].height.is_some()
            });
            if has_parents && self.check_final(tx, height).is_ok() {
                inside.insert(*txid);
                picked.push(tx.clone());
            }
        }
        self.block_of(picked)
    }

    /// A block with these transactions and its work. Nothing is checked: [`Chain::connect`] does that.
    #[must_use]
    pub fn block_of(&self, transactions: Vec<Transaction>) -> Block {
        let height = self.height() + 1;
        let fees: u64 = transactions.iter().filter_map(|tx| self.fee(tx)).sum();
        let mut txdata = vec![coinbase(height, subsidy(height) + fees, &transactions)];
        txdata.extend(transactions);
        let merkle_root =
            merkle(txdata.iter().map(|tx| tx.compute_txid().to_byte_array()).collect());
        let mut header = Header {
            version: Version::from_consensus(0x2000_0000),
            prev_blockhash: self.tip_hash(),
            merkle_root: TxMerkleNode::from_byte_array(merkle_root),
            time: self.time + 1,
            bits: CompactTarget::from_consensus(BITS),
            nonce: 0,
        };
        find_nonce(&mut header);
        Block { header, txdata }
    }

    /// Checks a block and makes it the tip.
    ///
    /// # Errors
    /// The reason in bitcoind's words; the chain is then as before.
    pub fn connect(&mut self, block: Block) -> Result<(), String> {
        let height = self.height() + 1;
        if block.header.prev_blockhash != self.tip_hash() {
            return Err("bad-prevblk".into());
        }
        let target = Target::from_compact(CompactTarget::from_consensus(BITS));
        block.header.validate_pow(target).map_err(|_| "high-hash")?;
        if !block.check_merkle_root() {
            return Err("bad-txnmrklroot".into());
        }
        if !block.check_witness_commitment() {
            return Err("bad-witness-merkle-match".into());
        }
        let (coinbase, others) = block
            .txdata
            .split_first()
            .filter(|(first, _)| first.is_coinbase())
            .ok_or("bad-cb-missing")?;
        let height_script = Builder::new().push_int(i64::from(height)).into_script();
        if !coinbase.input[0].script_sig.as_bytes().starts_with(height_script.as_bytes()) {
            return Err("bad-cb-height".into());
        }
        let mut inside = HashSet::new();
        for tx in others {
            let txid = tx.compute_txid();
            if self.txs.get(&txid).is_some_and(|record| record.height.is_some()) {
                return Err("bad-txns-BIP30".into());
            }
            if !self.txs.contains_key(&txid) {
                self.admit(tx.clone(), Replace::Always)?;
            }
            self.check_final(tx, height)?;
            let in_order = |input: &TxIn| {
                let parent = &input.previous_output.txid;
                inside.contains(parent)
                    || self.txs.get(parent).is_some_and(|record| record.height.is_some())
            };
            if !tx.input.iter().all(in_order) {
                return Err("bad-txns-inputs-missingorspent".into());
            }
            inside.insert(txid);
        }
        let fees: u64 = others.iter().filter_map(|tx| self.fee(tx)).sum();
        if coinbase.output.iter().map(|output| output.value.to_sat()).sum::<u64>()
            > subsidy(height) + fees
        {
            return Err("bad-cb-amount".into());
        }
        self.append(block, height);
        Ok(())
    }

    fn append(&mut self, block: Block, height: u32) {
        let coinbase = &block.txdata[0];
        self.index(coinbase);
        if coinbase.output[0].script_pubkey == anyone_can_spend() {
            self.coins.push(Coin {
                outpoint: OutPoint::new(coinbase.compute_txid(), 0),
                sats: coinbase.output[0].value.to_sat(),
                height,
            });
        }
        for (position, tx) in block.txdata.iter().enumerate() {
            let txid = tx.compute_txid();
            let seen = self
                .txs
                .get(&txid)
                .map_or((u64::from(block.header.time), height), |r| (r.seen_at, r.seen_height));
            let record = Record {
                tx: tx.clone(),
                height: Some(height),
                position,
                seen_at: seen.0,
                seen_height: seen.1,
            };
            self.txs.insert(txid, record);
            self.mempool.retain(|t| *t != txid);
        }
        self.time = block.header.time;
        self.by_hash.insert(block.block_hash(), height);
        self.work.push(*self.work.last().unwrap() + block.header.work());
        self.blocks.push(block);
    }

    /// Takes back the newest `depth` blocks and mines `blocks` others. The transactions wait in the mempool, and are in
    /// the new blocks unless it is frozen.
    pub fn reorganise(&mut self, depth: u32, blocks: u32) {
        for _ in 0..depth {
            let block = self.blocks.pop().expect("there is a block to take back");
            self.work.pop();
            self.by_hash.remove(&block.block_hash());
            self.stale.insert(block.block_hash(), (block.header, self.height() + 1));
            let coinbase = block.txdata[0].compute_txid();
            self.coins.retain(|coin| coin.outpoint.txid != coinbase);
            self.evict(&coinbase);
            let mut back: Vec<Txid> = vec![];
            for tx in &block.txdata[1..] {
                let txid = tx.compute_txid();
                if let Some(record) = self.txs.get_mut(&txid) {
                    record.height = None;
                    record.position = 0;
                    back.push(txid);
                }
            }
            back.append(&mut self.mempool);
            self.mempool = back;
            // The time goes on, so the new headers differ.
            self.time += 1;
        }
        self.mine(blocks);
    }
}

/// Finds the nonce that meets the target.
pub fn find_nonce(header: &mut Header) {
    let target = Target::from_compact(header.bits);
    while !target.is_met_by(header.block_hash()) {
        header.nonce += 1;
    }
}

fn subsidy(height: u32) -> u64 {
    (50 * Amount::ONE_BTC.to_sat()) >> (height / HALVING)
}

fn coinbase(height: u32, sats: u64, others: &[Transaction]) -> Transaction {
    let mut wtxids = vec![[0; 32]];
    wtxids.extend(others.iter().map(|tx| tx.compute_wtxid().to_byte_array()));
    let root = WitnessMerkleNode::from_byte_array(merkle(wtxids));
    let mut commitment = vec![OP_RETURN.to_u8(), 0x24, 0xaa, 0x21, 0xa9, 0xed];
    commitment.extend_from_slice(
        &Block::compute_witness_commitment(&root, &WITNESS_RESERVED).to_byte_array(),
    );
    Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: Builder::new().push_int(i64::from(height)).push_int(0).into_script(),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[WITNESS_RESERVED]),
        }],
        output: vec![
            TxOut { value: Amount::from_sat(sats), script_pubkey: anyone_can_spend() },
            TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::from_bytes(commitment) },
        ],
    }
}

/// The merkle root; a list of odd length repeats its last.
fn merkle(mut row: Vec<[u8; 32]>) -> [u8; 32] {
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| {
                sha256d::Hash::hash(&[pair[0], *pair.last().unwrap()].concat()).to_byte_array()
            })
            .collect();
    }
    row[0]
}
