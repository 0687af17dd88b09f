//! Money for tests: coinbases pay a script that anyone can spend, so no keys are needed.

use bitcoin::absolute::LockTime;
use bitcoin::opcodes::OP_TRUE;
use bitcoin::script::Builder;
use bitcoin::{
    Address, Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    transaction,
};

use super::{COINBASE_MATURITY, Chain};

/// The fee of a payment of the faucet, in satoshi.
const FEE: u64 = 500;

/// An output that the faucet can spend.
pub(super) struct Coin {
    pub(super) outpoint: OutPoint,
    pub(super) sats: u64,
    /// Height of the coinbase that it comes from.
    pub(super) height: u32,
}

impl Chain {
    /// Pays an address. The payment waits in the mempool.
    pub fn pay(&mut self, address: &Address, sats: u64) -> Txid {
        let next = self.height() + 1;
        let found = self
            .coins
            .iter()
            .position(|coin| next - coin.height >= COINBASE_MATURITY && coin.sats > sats + 2 * FEE);
        let coin =
            self.coins.remove(found.expect("the faucet has a mature coin of this size: mine more"));
        let change = coin.sats - sats - FEE;
        let tx = Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: coin.outpoint,
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                witness: Witness::from_slice(&[op_true().to_bytes()]),
            }],
            output: vec![
                TxOut { value: Amount::from_sat(sats), script_pubkey: address.script_pubkey() },
                TxOut { value: Amount::from_sat(change), script_pubkey: anyone_can_spend() },
            ],
        };
        let txid = self.submit(tx).expect("a payment of the faucet is valid");
        self.coins.push(Coin {
            outpoint: OutPoint::new(txid, 1),
            sats: change,
            height: coin.height,
        });
        txid
    }
}

/// The script that anyone can spend: P2WSH of `OP_TRUE`.
pub(super) fn anyone_can_spend() -> ScriptBuf {
    op_true().to_p2wsh()
}

fn op_true() -> ScriptBuf {
    Builder::new().push_opcode(OP_TRUE).into_script()
}
