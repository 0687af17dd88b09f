//! The part of bitcoind's JSON-RPC interface that ldk-node calls, behind a user and a password.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::chain::{Chain, SharedChain};
use crate::fault::{Fault, FaultSwitch, bitcoin_per_kvb};
use crate::peer::Source;

/// bitcoind's code for what it does not know.
const NOT_FOUND: i64 = -5;
const INVALID_PARAMETER: i64 = -8;
const REJECTED: i64 = -26;
const NO_SUCH_METHOD: i64 = -32601;

/// A bitcoind's RPC interface on a port of 127.0.0.1.
#[derive(Clone)]
pub struct Bitcoind {
    chain: SharedChain,
    port: u16,
    authorization: String,
    fault: FaultSwitch,
    sat_per_vbyte: Arc<AtomicU64>,
    refused_logins: Arc<AtomicU64>,
}

struct RpcError {
    code: i64,
    message: String,
}

type Result<T> = std::result::Result<T, RpcError>;

impl Bitcoind {
    /// The user that it accepts.
    pub const USER: &str = "rpc";
    /// The password that it accepts.
    pub const PASSWORD: &str = "a password";

    /// Serves a chain. It ends with the runtime.
    pub async fn serve(chain: SharedChain) -> Bitcoind {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let login = BASE64_STANDARD.encode(format!("{}:{}", Bitcoind::USER, Bitcoind::PASSWORD));
        let bitcoind = Bitcoind {
            chain,
            port: listener.local_addr().expect("it listens").port(),
            authorization: format!("Basic {login}"),
            fault: FaultSwitch::new(),
            sat_per_vbyte: Arc::new(AtomicU64::new(1)),
            refused_logins: Arc::default(),
        };
        let router = Router::new().route("/", post(answer)).with_state(bitcoind.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        bitcoind
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, without user and password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// This server as the source of a [`crate::Peer`].
    #[must_use]
    pub fn source(&self) -> Source {
        Source::Bitcoind {
            host: "127.0.0.1".into(),
            port: self.port,
            user: Bitcoind::USER.into(),
            password: Bitcoind::PASSWORD.into(),
        }
    }

    /// Misbehaves from now on; [`Fault::None`] ends it.
    pub fn set_fault(&self, fault: Fault) {
        self.fault.set(fault);
    }

    /// The fee estimate for every target.
    pub fn set_fee_rate(&self, sat_per_vbyte: u64) {
        self.sat_per_vbyte.store(sat_per_vbyte, Ordering::Relaxed);
    }

    /// Calls with a wrong user or password so far.
    #[must_use]
    pub fn refused_logins(&self) -> u64 {
        self.refused_logins.load(Ordering::Relaxed)
    }

    fn call(&self, method: &str, params: &Value) -> Result<Value> {
        let mut chain = self.chain.lock();
        let rate = || bitcoin_per_kvb(self.sat_per_vbyte.load(Ordering::Relaxed));
        match method {
            "getblockchaininfo" => Ok(chain_info(&chain)),
            "getblockcount" => Ok(json!(chain.height())),
            "getbestblockhash" => Ok(json!(chain.tip_hash().to_string())),
            "getblockhash" => block_hash(&chain, params),
            "getblockheader" => block_header(&chain, params),
            "getblock" => block(&chain, params),
            "sendrawtransaction" => send(&mut chain, params),
            "getrawmempool" => {
                Ok(chain.mempool().iter().map(|txid| json!(txid.to_string())).collect())
            }
            "getmempoolentry" => mempool_entry(&chain, params),
            "getrawtransaction" => raw_transaction(&chain, params),
            "gettxout" => unspent_output(&chain, params),
            "estimatesmartfee" => Ok(json!({"feerate": rate(), "blocks": params[0]})),
            "getmempoolinfo" => Ok(
                json!({"size": chain.mempool().len(), "mempoolminfee": rate(), "minrelaytxfee": rate()}),
            ),
            _ => Err(RpcError { code: NO_SUCH_METHOD, message: "Method not found".into() }),
        }
    }
}

async fn answer(
    server: State<Bitcoind>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if let Some(instead) = server.fault.http().await {
        return instead;
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if authorization != Some(server.authorization.as_str()) {
        server.refused_logins.fetch_add(1, Ordering::Relaxed);
        return (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, "Basic realm=\"jsonrpc\"")],
            "",
        )
            .into_response();
    }
    let id = &request["id"];
    match server.call(request["method"].as_str().unwrap_or_default(), &request["params"]) {
        Ok(result) => Json(json!({"result": result, "error": null, "id": id})).into_response(),
        Err(RpcError { code, message }) => {
            let status = if code == NO_SUCH_METHOD {
                StatusCode::NOT_FOUND
            } else {
                StatusCode::INTERNAL_SERVER_ERROR
            };
            let body =
                json!({"result": null, "error": {"code": code, "message": message}, "id": id});
            (status, Json(body)).into_response()
        }
    }
}

fn chain_info(chain: &Chain) -> Value {
    let height = chain.height();
    json!({
        "chain": "regtest", "blocks": height, "headers": height, "bestblockhash": chain.tip_hash().to_string(),
        "mediantime": chain.median_time(height), "initialblockdownload": false, "verificationprogress": 1,
        "chainwork": work_hex(chain, height), "pruned": false,
    })
}

fn block_hash(chain: &Chain, params: &Value) -> Result<Value> {
    let height = number(params, 0)?;
    let block =
        chain.block(height).ok_or_else(|| error(INVALID_PARAMETER, "Block height out of range"))?;
    Ok(json!(block.block_hash().to_string()))
}

fn block_header(chain: &Chain, params: &Value) -> Result<Value> {
    let hash: BlockHash = text(params, 0)?;
    let header = chain.header(&hash).ok_or_else(|| error(NOT_FOUND, "Block not found"))?;
    if params[1] == json!(false) {
        return Ok(json!(serialize_hex(header)));
    }
    // A block that a reorganisation removed is known to bitcoind too, with its height.
    let height = chain.height_before_reorganisation(&hash).unwrap_or_default();
    let mut answer = json!({
        "hash": hash.to_string(), "height": height, "version": header.version.to_consensus(),
        "confirmations": chain.height_of(&hash).map_or(-1, |height| i64::from(chain.height() - height) + 1),
        "merkleroot": header.merkle_root.to_string(), "time": header.time, "nonce": header.nonce,
        "bits": format!("{:08x}", header.bits.to_consensus()), "chainwork": work_hex(chain, height),
        "difficulty": header.difficulty_float(),
    });
    if height > 0 {
        answer["previousblockhash"] = json!(header.prev_blockhash.to_string());
    }
    Ok(answer)
}

fn block(chain: &Chain, params: &Value) -> Result<Value> {
    if params[1] != json!(0) {
        return Err(error(INVALID_PARAMETER, "only verbosity 0 is known here"));
    }
    let hash: BlockHash = text(params, 0)?;
    let block = chain.height_of(&hash).and_then(|height| chain.block(height));
    Ok(json!(serialize_hex(block.ok_or_else(|| error(NOT_FOUND, "Block not found"))?)))
}

fn send(chain: &mut Chain, params: &Value) -> Result<Value> {
    let tx = params[0].as_str().and_then(|hex| deserialize_hex::<Transaction>(hex).ok());
    let txid = chain.submit(tx.ok_or_else(|| error(-22, "TX decode failed"))?);
    Ok(json!(txid.map_err(|reason| error(REJECTED, &reason))?.to_string()))
}

fn mempool_entry(chain: &Chain, params: &Value) -> Result<Value> {
    let txid: Txid = text(params, 0)?;
    let waiting = chain.tx(&txid).filter(|record| record.height.is_none());
    let record = waiting.ok_or_else(|| error(NOT_FOUND, "Transaction not in mempool"))?;
    Ok(json!({"time": record.seen_at, "height": record.seen_height, "vsize": record.tx.vsize()}))
}

fn raw_transaction(chain: &Chain, params: &Value) -> Result<Value> {
    let txid: Txid = text(params, 0)?;
    let record = chain
        .tx(&txid)
        .ok_or_else(|| error(NOT_FOUND, "No such mempool or blockchain transaction"))?;
    Ok(json!(serialize_hex(&record.tx)))
}

/// `null` for an output that is spent or unknown, as in bitcoind.
fn unspent_output(chain: &Chain, params: &Value) -> Result<Value> {
    let outpoint = OutPoint::new(text(params, 0)?, number(params, 1)?);
    let Some(output) = chain.output(&outpoint) else { return Ok(Value::Null) };
    let with_mempool = params[2] != json!(false);
    let is_spent = chain.spender(&outpoint).and_then(|(txid, _)| chain.tx(&txid));
    let counts = |height: Option<u32>| with_mempool || height.is_some();
    if is_spent.is_some_and(|spender| counts(spender.height))
        || !chain.tx(&outpoint.txid).is_some_and(|tx| counts(tx.height))
    {
        return Ok(Value::Null);
    }
    Ok(json!({
        "bestblock": chain.tip_hash().to_string(),
        "scriptPubKey": {"hex": hex::encode(&output.script_pubkey)},
    }))
}

fn work_hex(chain: &Chain, height: u32) -> Option<String> {
    Some(hex::encode(chain.work(height)?.to_be_bytes()))
}

fn error(code: i64, message: &str) -> RpcError {
    RpcError { code, message: message.into() }
}

fn number(params: &Value, at: usize) -> Result<u32> {
    let number = params[at].as_u64().and_then(|number| number.try_into().ok());
    number.ok_or_else(|| error(INVALID_PARAMETER, "a number is missing"))
}

fn text<T: std::str::FromStr>(params: &Value, at: usize) -> Result<T> {
    let text = params[at].as_str().and_then(|text| text.parse().ok());
    text.ok_or_else(|| error(INVALID_PARAMETER, "a hash is missing"))
}
