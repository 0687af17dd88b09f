//! The chain refuses what a node refuses, and follows a reorganisation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use bitcoin::hashes::Hash;
use bitcoin::{Address, Network, PublicKey, ScriptBuf, WPubkeyHash, absolute, transaction};
use bitcoin::{Amount, OutPoint, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Witness};
use regtest::Chain;
use regtest::chain::{COINBASE_MATURITY, find_nonce};

fn key_address() -> Address {
    let key: PublicKey =
        "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798".parse().unwrap();
    Address::p2wpkh(&key.try_into().unwrap(), Network::Regtest)
}

fn spend(outpoint: OutPoint, witness: Witness, sats: u64) -> Transaction {
    Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: outpoint,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness,
        }],
        output: vec![TxOut {
            value: Amount::from_sat(sats),
            script_pubkey: ScriptBuf::new_p2wpkh(&WPubkeyHash::all_zeros()),
        }],
    }
}

/// A coinbase's spend: anyone can.
fn anyone() -> Witness {
    Witness::from_slice(&[[0x51u8]])
}

fn coinbase_of(chain: &Chain, height: u32) -> OutPoint {
    OutPoint::new(chain.block(height).unwrap().txdata[0].compute_txid(), 0)
}

#[test]
fn refuses_a_spend_without_a_valid_script() {
    let mut chain = Chain::new();
    let paid = chain.pay(&key_address(), 50_000);
    chain.mine(1);
    let forged =
        spend(OutPoint::new(paid, 0), Witness::from_slice(&[vec![0x30; 71], vec![2; 33]]), 40_000);
    let reason = chain.submit(forged.clone()).unwrap_err();
    assert!(reason.starts_with("mandatory-script-verify-flag-failed"), "{reason}");

    let reason = chain.connect(chain.block_of(vec![forged.clone()])).unwrap_err();
    assert!(reason.starts_with("mandatory-script-verify-flag-failed"), "{reason}");

    let mut uncommitted = chain.next_block();
    uncommitted.txdata.push(forged);
    uncommitted.header.merkle_root = uncommitted.compute_merkle_root().unwrap();
    find_nonce(&mut uncommitted.header);
    assert_eq!(chain.connect(uncommitted).unwrap_err(), "bad-witness-merkle-match");
}

#[test]
fn refuses_immature_missing_locked_and_too_expensive_spends() {
    let mut chain = Chain::new();
    let young = coinbase_of(&chain, chain.height() + 2 - COINBASE_MATURITY);
    assert_eq!(
        chain.submit(spend(young, anyone(), 1)).unwrap_err(),
        "bad-txns-premature-spend-of-coinbase"
    );

    let ripe = coinbase_of(&chain, 1);
    let missing = OutPoint::new(ripe.txid, 7);
    assert_eq!(
        chain.submit(spend(missing, anyone(), 1)).unwrap_err(),
        "bad-txns-inputs-missingorspent"
    );
    assert_eq!(
        chain.submit(spend(ripe, anyone(), 51 * 100_000_000)).unwrap_err(),
        "bad-txns-in-belowout"
    );

    let mut later = spend(ripe, anyone(), 1_000);
    later.input[0].sequence = Sequence::ENABLE_LOCKTIME_NO_RBF;
    later.lock_time = absolute::LockTime::from_consensus(chain.height() + 1);
    assert!(chain.submit(later.clone()).unwrap_err().starts_with("non-final"));
    chain.mine(1);
    let first = chain.submit(later).unwrap();

    let mut child = spend(OutPoint::new(first, 0), Witness::new(), 500);
    child.input[0].sequence = Sequence::from_height(3);
    chain.mine(1);
    assert!(chain.submit(child).unwrap_err().starts_with("non-BIP68-final"));
}

#[test]
fn replaces_by_fee_only() {
    let mut chain = Chain::new();
    let coin = coinbase_of(&chain, 1);
    let first = chain.submit(spend(coin, anyone(), 1_000_000)).unwrap();
    assert!(
        chain.submit(spend(coin, anyone(), 1_000_001)).unwrap_err().starts_with("insufficient fee")
    );
    let second = chain.submit(spend(coin, anyone(), 999_999)).unwrap();
    assert_eq!(chain.mempool(), [second]);
    assert!(chain.tx(&first).is_none());
}

#[test]
fn refuses_blocks_without_work_or_with_a_wrong_root() {
    let mut chain = Chain::new();
    let mut block = chain.next_block();
    block.header.merkle_root = TxMerkleNode::all_zeros();
    find_nonce(&mut block.header);
    assert_eq!(chain.connect(block).unwrap_err(), "bad-txnmrklroot");

    let mut block = chain.next_block();
    let target = block.header.target();
    while target.is_met_by(block.header.block_hash()) {
        block.header.nonce += 1;
    }
    assert_eq!(chain.connect(block).unwrap_err(), "high-hash");

    let mut block = chain.next_block();
    block.header.prev_blockhash = chain.block(3).unwrap().block_hash();
    find_nonce(&mut block.header);
    assert_eq!(chain.connect(block).unwrap_err(), "bad-prevblk");
}

#[test]
fn a_reorganisation_returns_transactions_to_the_mempool() {
    let mut chain = Chain::new();
    let paid = chain.pay(&key_address(), 50_000);
    chain.mine(2);
    let (height, old_tip) = (chain.height(), chain.tip_hash());
    assert_eq!(chain.tx(&paid).unwrap().height, Some(height - 1));

    chain.freeze_mempool(true);
    chain.reorganise(2, 3);
    assert_eq!(chain.height(), height + 1);
    assert_eq!(chain.height_of(&old_tip), None);
    assert!(chain.header(&old_tip).is_some(), "the old block's header is still known");
    assert_eq!(chain.mempool(), [paid]);

    chain.freeze_mempool(false);
    chain.mine(1);
    assert_eq!(chain.tx(&paid).unwrap().height, Some(height + 2));
    assert_eq!(chain.history(&regtest::chain::script_hash(&key_address().script_pubkey())), [paid]);
}
