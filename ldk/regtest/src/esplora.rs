//! The part of Esplora's HTTP interface that BDK's and LDK's clients call, with faults on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bitcoin::consensus::encode::{deserialize_hex, serialize, serialize_hex};
use bitcoin::{BlockHash, MerkleBlock, OutPoint, Transaction, Txid};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use crate::chain::{Chain, Record, SharedChain};
use crate::fault::{Fault, FaultSwitch};
use crate::peer::Source;

/// Transactions on a page of a script's history.
const PAGE: usize = 25;
/// Targets of the fee estimates, in blocks.
const TARGETS: [u16; 8] = [1, 2, 3, 6, 12, 144, 504, 1008];

/// An Esplora server on a port of 127.0.0.1.
#[derive(Clone)]
pub struct Esplora {
    chain: SharedChain,
    port: u16,
    requests: Arc<AtomicU64>,
    fault: FaultSwitch,
    sat_per_vbyte: Arc<AtomicU64>,
}

type Server = State<Esplora>;

impl Esplora {
    /// Serves a chain. It ends with the runtime.
    pub async fn serve(chain: SharedChain) -> Esplora {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let esplora = Esplora {
            chain,
            port: listener.local_addr().expect("it listens").port(),
            requests: Arc::default(),
            fault: FaultSwitch::new(),
            sat_per_vbyte: Arc::new(AtomicU64::new(1)),
        };
        let router = router(esplora.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        esplora
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// This server as the source of a [`crate::Peer`].
    #[must_use]
    pub fn source(&self) -> Source {
        Source::Esplora(self.url())
    }

    /// Requests so far, refused ones too.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Misbehaves from now on; [`Fault::None`] ends it.
    pub fn set_fault(&self, fault: Fault) {
        self.fault.set(fault);
    }

    /// The fee estimate for every target.
    pub fn set_fee_rate(&self, sat_per_vbyte: u64) {
        self.sat_per_vbyte.store(sat_per_vbyte, Ordering::Relaxed);
    }
}

fn router(esplora: Esplora) -> Router {
    Router::new()
        .route(
            "/blocks/tip/height",
            get(|s: Server| async move { s.chain.lock().height().to_string() }),
        )
        .route(
            "/blocks/tip/hash",
            get(|s: Server| async move { s.chain.lock().tip_hash().to_string() }),
        )
        .route("/blocks", get(newest_blocks))
        .route("/blocks/{height}", get(blocks))
        .route("/block-height/{height}", get(block_hash))
        .route("/block/{hash}/header", get(block_header))
        .route("/block/{hash}/status", get(block_status))
        .route("/block/{hash}/raw", get(block_raw))
        .route("/tx", post(submit))
        .route("/tx/{txid}", get(tx))
        .route("/tx/{txid}/raw", get(tx_raw))
        .route("/tx/{txid}/status", get(tx_status))
        .route("/tx/{txid}/merkleblock-proof", get(merkle_proof))
        .route("/tx/{txid}/outspend/{vout}", get(outspend))
        .route("/tx/{txid}/outspends", get(outspends))
        .route("/scripthash/{hash}/txs", get(history))
        .route("/scripthash/{hash}/txs/chain/{last}", get(older_history))
        .route("/fee-estimates", get(fee_estimates))
        .layer(from_fn_with_state(esplora.clone(), misbehave))
        .with_state(esplora)
}

async fn misbehave(s: Server, request: Request, next: Next) -> Response {
    s.requests.fetch_add(1, Ordering::Relaxed);
    match s.fault.http().await {
        Some(instead) => instead,
        None => next.run(request).await,
    }
}

async fn newest_blocks(s: Server) -> Response {
    let chain = s.chain.lock();
    block_page(&chain, chain.height())
}

async fn blocks(s: Server, Path(height): Path<u32>) -> Response {
    let chain = s.chain.lock();
    if height > chain.height() { not_found() } else { block_page(&chain, height) }
}

async fn block_hash(s: Server, Path(height): Path<u32>) -> Response {
    s.chain
        .lock()
        .block(height)
        .map_or_else(not_found, |block| block.block_hash().to_string().into_response())
}

async fn block_header(s: Server, Path(hash): Path<BlockHash>) -> Response {
    s.chain
        .lock()
        .header(&hash)
        .map_or_else(not_found, |header| serialize_hex(header).into_response())
}

async fn block_status(s: Server, Path(hash): Path<BlockHash>) -> Response {
    let chain = s.chain.lock();
    let Some(height) = chain.height_of(&hash) else {
        return Json(json!({"in_best_chain": false})).into_response();
    };
    let next = chain.block(height + 1).map(|block| block.block_hash().to_string());
    Json(json!({"in_best_chain": true, "height": height, "next_best": next})).into_response()
}

async fn block_raw(s: Server, Path(hash): Path<BlockHash>) -> Response {
    let chain = s.chain.lock();
    let block = chain.height_of(&hash).and_then(|height| chain.block(height));
    block.map_or_else(not_found, |block| serialize(block).into_response())
}

async fn submit(s: Server, body: String) -> Response {
    let Ok(tx) = deserialize_hex::<Transaction>(body.trim()) else {
        return (StatusCode::BAD_REQUEST, "TX decode failed").into_response();
    };
    match s.chain.lock().submit(tx) {
        Ok(txid) => txid.to_string().into_response(),
        Err(reason) => (StatusCode::BAD_REQUEST, format!("sendrawtransaction RPC error: {reason}"))
            .into_response(),
    }
}

async fn tx(s: Server, Path(txid): Path<Txid>) -> Response {
    let chain = s.chain.lock();
    chain.tx(&txid).map_or_else(not_found, |record| Json(tx_json(&chain, record)).into_response())
}

async fn tx_raw(s: Server, Path(txid): Path<Txid>) -> Response {
    s.chain.lock().tx(&txid).map_or_else(not_found, |record| serialize(&record.tx).into_response())
}

async fn tx_status(s: Server, Path(txid): Path<Txid>) -> Response {
    let chain = s.chain.lock();
    Json(chain.tx(&txid).map_or(json!({"confirmed": false}), |record| status(&chain, record)))
        .into_response()
}

async fn merkle_proof(s: Server, Path(txid): Path<Txid>) -> Response {
    let chain = s.chain.lock();
    let block = chain.tx(&txid).and_then(|record| chain.block(record.height?));
    block.map_or_else(not_found, |block| {
        serialize_hex(&MerkleBlock::from_block_with_predicate(block, |t| *t == txid))
            .into_response()
    })
}

async fn outspend(s: Server, Path((txid, vout)): Path<(Txid, u32)>) -> Response {
    Json(spend_json(&s.chain.lock(), OutPoint::new(txid, vout))).into_response()
}

async fn outspends(s: Server, Path(txid): Path<Txid>) -> Response {
    let chain = s.chain.lock();
    let Some(record) = chain.tx(&txid) else { return not_found() };
    let outputs =
        (0..).zip(&record.tx.output).map(|(vout, _)| spend_json(&chain, OutPoint::new(txid, vout)));
    Json(outputs.collect::<Vec<_>>()).into_response()
}

async fn history(s: Server, Path(hash): Path<String>) -> Response {
    history_page(&s.chain.lock(), &hash, None)
}

async fn older_history(s: Server, Path((hash, last)): Path<(String, Txid)>) -> Response {
    history_page(&s.chain.lock(), &hash, Some(last))
}

async fn fee_estimates(s: Server) -> Json<Map<String, Value>> {
    let rate = s.sat_per_vbyte.load(Ordering::Relaxed);
    Json(TARGETS.iter().map(|target| (target.to_string(), json!(rate))).collect())
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "not found").into_response()
}

/// Ten blocks from `top` downwards.
fn block_page(chain: &Chain, top: u32) -> Response {
    let page = (top.saturating_sub(9)..=top).rev().filter_map(|height| block_json(chain, height));
    Json(page.collect::<Vec<_>>()).into_response()
}

fn block_json(chain: &Chain, height: u32) -> Option<Value> {
    let block = chain.block(height)?;
    let header = &block.header;
    Some(json!({
        "id": block.block_hash().to_string(), "height": height, "version": header.version.to_consensus(),
        "timestamp": header.time, "tx_count": block.txdata.len(), "size": block.total_size(),
        "weight": block.weight().to_wu(), "merkle_root": header.merkle_root.to_string(),
        "previousblockhash": (height > 0).then(|| header.prev_blockhash.to_string()),
        "mediantime": chain.median_time(height), "nonce": header.nonce, "bits": header.bits.to_consensus(),
        "difficulty": header.difficulty_float(),
    }))
}

fn status(chain: &Chain, record: &Record) -> Value {
    match record.height.and_then(|height| Some((height, chain.block(height)?))) {
        None => json!({"confirmed": false}),
        Some((height, block)) => json!({
            "confirmed": true, "block_height": height, "block_hash": block.block_hash().to_string(),
            "block_time": block.header.time,
        }),
    }
}

fn tx_json(chain: &Chain, record: &Record) -> Value {
    let tx = &record.tx;
    let output = |output: &bitcoin::TxOut| json!({"value": output.value.to_sat(), "scriptpubkey": hex::encode(&output.script_pubkey)});
    let input = |input: &bitcoin::TxIn| {
        json!({
            "txid": input.previous_output.txid.to_string(), "vout": input.previous_output.vout,
            "prevout": chain.output(&input.previous_output).map(output),
            "scriptsig": hex::encode(&input.script_sig),
            "witness": input.witness.iter().map(hex::encode).collect::<Vec<_>>(),
            "sequence": input.sequence.0, "is_coinbase": tx.is_coinbase(),
        })
    };
    json!({
        "txid": tx.compute_txid().to_string(), "version": tx.version.0, "locktime": tx.lock_time.to_consensus_u32(),
        "vin": tx.input.iter().map(input).collect::<Vec<_>>(),
        "vout": tx.output.iter().map(output).collect::<Vec<_>>(),
        "size": tx.total_size(), "weight": tx.weight().to_wu(), "fee": chain.fee(tx).unwrap_or(0),
        "status": status(chain, record),
    })
}

fn spend_json(chain: &Chain, outpoint: OutPoint) -> Value {
    match chain.spender(&outpoint).and_then(|(txid, vin)| Some((txid, vin, chain.tx(&txid)?))) {
        None => json!({"spent": false}),
        Some((txid, vin, record)) => {
            json!({"spent": true, "txid": txid.to_string(), "vin": vin, "status": status(chain, record)})
        }
    }
}

fn history_page(chain: &Chain, hash: &str, last: Option<Txid>) -> Response {
    let Some(key) = hex::decode(hash).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
    else {
        return not_found();
    };
    let all = chain.history(&key);
    let older: Vec<&Record> = match last {
        None => all.iter().filter_map(|txid| chain.tx(txid)).collect(),
        Some(last) => all
            .iter()
            .skip_while(|txid| **txid != last)
            .skip(1)
            .filter_map(|txid| chain.tx(txid))
            .filter(|record| record.height.is_some())
            .collect(),
    };
    Json(older.into_iter().take(PAGE).map(|record| tx_json(chain, record)).collect::<Vec<_>>())
        .into_response()
}
