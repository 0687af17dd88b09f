//! The part of Electrum's protocol (JSON lines over TCP) that BDK's and LDK's clients call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Transaction, Txid};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::chain::{Chain, SharedChain};
use crate::fault::{Fault, FaultSwitch, bitcoin_per_kvb};
use crate::peer::Source;

/// Headers in one answer.
const HEADERS_MAX: u32 = 2016;

/// An Electrum server on a port of 127.0.0.1.
#[derive(Clone)]
pub struct Electrum {
    chain: SharedChain,
    port: u16,
    fault: FaultSwitch,
    sat_per_vbyte: Arc<AtomicU64>,
}

type Result<T> = std::result::Result<T, String>;

impl Electrum {
    /// Serves a chain. It ends with the runtime.
    pub async fn serve(chain: SharedChain) -> Electrum {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let electrum = Electrum {
            chain,
            port: listener.local_addr().expect("it listens").port(),
            fault: FaultSwitch::new(),
            sat_per_vbyte: Arc::new(AtomicU64::new(1)),
        };
        let server = electrum.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(server.clone(), stream));
            }
        });
        electrum
    }

    /// Its address: `tcp://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    /// This server as the source of a [`crate::Peer`].
    #[must_use]
    pub fn source(&self) -> Source {
        Source::Electrum(self.url())
    }

    /// Misbehaves from now on; [`Fault::None`] ends it.
    pub fn set_fault(&self, fault: Fault) {
        self.fault.set(fault);
    }

    /// The fee estimate for every target.
    pub fn set_fee_rate(&self, sat_per_vbyte: u64) {
        self.sat_per_vbyte.store(sat_per_vbyte, Ordering::Relaxed);
    }

    fn call(&self, method: &str, params: &Value) -> Result<Value> {
        let mut chain = self.chain.lock();
        match method {
            "server.version" => Ok(json!(["regtest", "1.4"])),
            "server.ping" => Ok(Value::Null),
            "server.features" => Ok(features(&chain)),
            "blockchain.headers.subscribe" => Ok(tip(&chain)),
            "blockchain.block.header" => header(&chain, number(params, 0)?),
            "blockchain.block.headers" => {
                Ok(headers(&chain, number(params, 0)?, number(params, 1)?))
            }
            "blockchain.scripthash.get_history" => history(&chain, params),
            "blockchain.transaction.get" => transaction(&chain, params),
            "blockchain.transaction.get_merkle" => merkle_branch(&chain, params),
            "blockchain.transaction.broadcast" => broadcast(&mut chain, params),
            "blockchain.estimatefee" | "blockchain.relayfee" => {
                Ok(bitcoin_per_kvb(self.sat_per_vbyte.load(Ordering::Relaxed)))
            }
            _ => Err(format!("unknown method {method:?}")),
        }
    }
}

/// Serves one connection. New blocks are not announced: the clients ask.
async fn talk(server: Electrum, stream: TcpStream) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut answer = match serde_json::from_str::<Value>(&line) {
            Ok(request) => {
                let id = &request["id"];
                match server.call(request["method"].as_str().unwrap_or_default(), &request["params"]) {
                    Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
                    Err(reason) => json!({"jsonrpc": "2.0", "id": id, "error": {"code": 1, "message": reason}}),
                }
            }
            Err(e) => json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": e.to_string()}}),
        }
        .to_string();
        match server.fault.get() {
            Fault::None => {}
            Fault::Down => return,
            Fault::Garbage => answer = "}garbage{".into(),
            Fault::Slow(time) => tokio::time::sleep(time).await,
        }
        answer.push('\n');
        if writer.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn features(chain: &Chain) -> Value {
    let genesis = chain.block(0).map(|block| block.block_hash().to_string());
    json!({
        "server_version": "regtest", "protocol_min": "1.4", "protocol_max": "1.4", "genesis_hash": genesis,
        "hash_function": "sha256", "pruning": null, "hosts": {},
    })
}

fn tip(chain: &Chain) -> Value {
    let height = chain.height();
    json!({"height": height, "hex": chain.block(height).map(|block| serialize_hex(&block.header))})
}

fn header(chain: &Chain, height: u32) -> Result<Value> {
    let block = chain.block(height).ok_or_else(|| format!("height {height} is out of range"))?;
    Ok(json!(serialize_hex(&block.header)))
}

fn headers(chain: &Chain, first: u32, count: u32) -> Value {
    let found: Vec<String> = (first..first.saturating_add(count.min(HEADERS_MAX)))
        .map_while(|height| chain.block(height))
        .map(|block| serialize_hex(&block.header))
        .collect();
    json!({"count": found.len(), "hex": found.concat(), "max": HEADERS_MAX})
}

/// Oldest first, the mempool at the end.
fn history(chain: &Chain, params: &Value) -> Result<Value> {
    let bytes = params[0].as_str().and_then(|text| hex::decode(text).ok());
    let mut key: [u8; 32] =
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or("not a script hash")?;
    key.reverse();
    let entry = |txid: &Txid| {
        let record = chain.tx(txid)?;
        Some(match record.height {
            Some(height) => json!({"height": height, "tx_hash": txid.to_string()}),
            None => {
                let waits = |input: &bitcoin::TxIn| {
                    chain.tx(&input.previous_output.txid).is_some_and(|r| r.height.is_none())
                };
                let height = if record.tx.input.iter().any(waits) { -1 } else { 0 };
                json!({"height": height, "tx_hash": txid.to_string(), "fee": chain.fee(&record.tx)})
            }
        })
    };
    Ok(chain.history(&key).iter().rev().filter_map(entry).collect())
}

fn transaction(chain: &Chain, params: &Value) -> Result<Value> {
    let record = chain.tx(&txid(params)?).ok_or("No such mempool or blockchain transaction")?;
    Ok(json!(serialize_hex(&record.tx)))
}

/// The hashes beside the transaction's way up to the merkle root.
fn merkle_branch(chain: &Chain, params: &Value) -> Result<Value> {
    let txid = txid(params)?;
    let record = chain.tx(&txid).ok_or("no such transaction")?;
    let height = record
        .height
        .filter(|height| params[1] == json!(height))
        .ok_or("not in the block at this height")?;
    let block = chain.block(height).ok_or("no such block")?;
    let mut row: Vec<sha256d::Hash> =
        block.txdata.iter().map(|tx| tx.compute_txid().to_raw_hash()).collect();
    let (mut position, mut branch) = (record.position, vec![]);
    while row.len() > 1 {
        let beside = row.get(position ^ 1).unwrap_or(&row[position]);
        branch.push(beside.to_string());
        row = row
            .chunks(2)
            .map(|pair| {
                sha256d::Hash::hash(
                    &[pair[0].to_byte_array(), pair[pair.len() - 1].to_byte_array()].concat(),
                )
            })
            .collect();
        position /= 2;
    }
    Ok(json!({"block_height": height, "pos": record.position, "merkle": branch}))
}

fn broadcast(chain: &mut Chain, params: &Value) -> Result<Value> {
    let tx = params[0]
        .as_str()
        .and_then(|text| deserialize_hex::<Transaction>(text).ok())
        .ok_or("TX decode failed")?;
    Ok(json!(chain.submit(tx)?.to_string()))
}

fn txid(params: &Value) -> Result<Txid> {
    params[0]
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| "not a transaction id".into())
}

fn number(params: &Value, at: usize) -> Result<u32> {
    params[at]
        .as_u64()
        .and_then(|number| number.try_into().ok())
        .ok_or_else(|| "a number is missing".into())
}
