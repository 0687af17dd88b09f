//! Acceptance into the mempool: inputs, maturity, locks, scripts, and replacement by fee (every transaction is replaceable).
//! The reasons of refusal are bitcoind's words.

use std::collections::{BTreeMap, HashSet};

use bitcoin::absolute::LockTime;
use bitcoin::{OutPoint, Transaction, TxOut, Txid, relative};

use super::{COINBASE_MATURITY, Chain, Record, unix_now};

/// What may replace transactions of the mempool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Replace {
    /// A transaction that pays more than all that it replaces.
    ByFee,
    /// A transaction of a block.
    Always,
}

impl Chain {
    /// Gives a transaction to the mempool.
    ///
    /// # Errors
    /// bitcoind's reason, for example `bad-txns-inputs-missingorspent`.
    pub fn submit(&mut self, tx: Transaction) -> Result<Txid, String> {
        let txid = tx.compute_txid();
        self.admit(tx, Replace::ByFee)
            .inspect_err(|reason| self.rejected.push((txid, reason.clone())))?;
        Ok(txid)
    }

    pub(super) fn admit(&mut self, tx: Transaction, replace: Replace) -> Result<(), String> {
        let txid = tx.compute_txid();
        if self.txs.contains_key(&txid) {
            return Err("txn-already-known".into());
        }
        if tx.is_coinbase() {
            return Err("coinbase".into());
        }
        let conflicts = self.check_inputs(&tx)?;
        let next = self.height() + 1;
        self.check_final(&tx, next)?;
        let fee = self.fee(&tx).ok_or("bad-txns-in-belowout")?;
        self.check_scripts(&tx)?;
        let replaced: u64 = conflicts.iter().filter_map(|txid| self.fee(&self.txs[txid].tx)).sum();
        if replace == Replace::ByFee && !conflicts.is_empty() && fee <= replaced {
            return Err(format!("insufficient fee, rejecting replacement ({fee} <= {replaced})"));
        }
        for conflict in conflicts {
            self.evict(&conflict);
        }
        for (vin, input) in (0..).zip(&tx.input) {
            self.spent_by.insert(input.previous_output, (txid, vin));
        }
        self.index(&tx);
        let record =
            Record { tx, height: None, position: 0, seen_at: unix_now(), seen_height: next - 1 };
        self.txs.insert(txid, record);
        self.mempool.push(txid);
        Ok(())
    }

    /// Checks that every input exists, is mature and not spent in a block. The result is what it would replace.
    fn check_inputs(&self, tx: &Transaction) -> Result<HashSet<Txid>, String> {
        let next = self.height() + 1;
        let mut conflicts = HashSet::new();
        let mut seen = HashSet::new();
        for input in &tx.input {
            let outpoint = &input.previous_output;
            if !seen.insert(outpoint) {
                return Err("bad-txns-inputs-duplicate".into());
            }
            let parent = self.txs.get(&outpoint.txid).ok_or("bad-txns-inputs-missingorspent")?;
            self.output(outpoint).ok_or("bad-txns-inputs-missingorspent")?;
            if parent.tx.is_coinbase()
                && parent.height.is_none_or(|height| next - height < COINBASE_MATURITY)
            {
                return Err("bad-txns-premature-spend-of-coinbase".into());
            }
            if let Some((spender, _)) = self.spender(outpoint) {
                if self.txs[&spender].height.is_some() {
                    return Err("bad-txns-inputs-missingorspent".into());
                }
                conflicts.insert(spender);
            }
        }
        Ok(conflicts)
    }

    /// Checks the lock time (BIP 113) and the relative locks in blocks (BIP 68) for a block at this height.
    pub(super) fn check_final(&self, tx: &Transaction, height: u32) -> Result<(), String> {
        let past = match tx.lock_time {
            _ if !tx.is_lock_time_enabled() => true,
            LockTime::Blocks(lock) => lock.to_consensus_u32() < height,
            LockTime::Seconds(lock) => lock.to_consensus_u32() < self.median_time(height - 1),
        };
        if !past {
            return Err(format!("non-final (lock time {}, height {height})", tx.lock_time));
        }
        if tx.version.0 < 2 {
            return Ok(());
        }
        for input in &tx.input {
            match input.sequence.to_relative_lock_time() {
                Some(relative::LockTime::Blocks(lock)) => {
                    let parent =
                        self.txs.get(&input.previous_output.txid).and_then(|record| record.height);
                    let age = height.saturating_sub(parent.unwrap_or(height));
                    if age < u32::from(lock.value()) {
                        return Err(format!(
                            "non-BIP68-final ({} blocks needed, {age} passed)",
                            lock.value()
                        ));
                    }
                }
                Some(relative::LockTime::Time(_)) => {
                    return Err("relative locks by time are not known here".into());
                }
                None => {}
            }
        }
        Ok(())
    }

    fn check_scripts(&self, tx: &Transaction) -> Result<(), String> {
        let spent: BTreeMap<OutPoint, TxOut> = tx
            .input
            .iter()
            .filter_map(|input| {
                Some((input.previous_output, self.output(&input.previous_output)?.clone()))
            })
            .collect();
        tx.verify(|outpoint| spent.get(outpoint).cloned())
            .map_err(|e| format!("mandatory-script-verify-flag-failed ({e})"))
    }

    /// Removes a transaction and all that spend its outputs from the mempool.
    pub fn evict(&mut self, txid: &Txid) {
        let Some(record) = self.txs.get(txid).cloned() else { return };
        for vout in 0..u32::try_from(record.tx.output.len()).unwrap() {
            if let Some((child, _)) = self.spender(&OutPoint::new(*txid, vout)) {
                self.evict(&child);
            }
        }
        for input in &record.tx.input {
            if self.spender(&input.previous_output).is_some_and(|(spender, _)| spender == *txid) {
                self.spent_by.remove(&input.previous_output);
            }
        }
        self.unindex(txid);
        self.txs.remove(txid);
        self.mempool.retain(|t| t != txid);
    }
}
