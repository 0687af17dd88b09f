//! Where the node reads the chain.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use electrum_client::ElectrumApi as _;
use ldk_node::Builder;
use ldk_node::bitcoin::BlockHash;
use ldk_node::bitcoin::block::Header;
use ldk_node::bitcoin::consensus::encode::deserialize_hex;
use ldk_node::config::{BackgroundSyncConfig, ElectrumSyncConfig, EsploraSyncConfig};
use serde_json::{Value, json};
use url::Url;

use crate::node::BACKGROUND_SYNC_MIN;

const TIMEOUT: Duration = Duration::from_secs(10);

/// An answer with more bytes is no header.
const HEADER_BYTES_MAX: usize = 4_096;

#[derive(Debug, Clone)]
pub enum ChainSource {
    /// `https://host/api`
    Esplora(Url),
    /// `ssl://host:port` or `tcp://host:port`
    Electrum(String),
    Bitcoind(Bitcoind),
}

/// Bitcoin Core by its RPC interface.
#[derive(Debug, Clone)]
pub struct Bitcoind {
    pub host: String,
    pub port: u16,
    pub login: BitcoindLogin,
}

/// Read at each start, because Bitcoin Core writes a new cookie at each of its own.
#[derive(Debug, Clone)]
pub enum BitcoindLogin {
    Password { user: String, file: PathBuf },
    Cookie(PathBuf),
}

impl BitcoindLogin {
    fn read(&self) -> anyhow::Result<(String, String)> {
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path);
            text.with_context(|| format!("cannot read {}", path.display()))
        };
        match self {
            Self::Password { user, file } => Ok((user.clone(), read(file)?.trim().to_owned())),
            Self::Cookie(file) => {
                let cookie = read(file)?;
                let parts = cookie.trim().split_once(':');
                let (user, password) = parts.with_context(|| {
                    format!("{} holds no cookie (user:password)", file.display())
                })?;
                Ok((user.to_owned(), password.to_owned()))
            }
        }
    }
}

impl ChainSource {
    /// `sync` is how often the chain is read.
    pub(crate) fn configure(&self, builder: &mut Builder, sync: Duration) -> anyhow::Result<()> {
        let seconds = sync.max(BACKGROUND_SYNC_MIN).as_secs();
        let background = Some(BackgroundSyncConfig {
            lightning_wallet_sync_interval_secs: seconds,
            onchain_wallet_sync_interval_secs: seconds.max(60),
            ..BackgroundSyncConfig::default()
        });
        match self {
            Self::Esplora(url) => {
                let url = url.as_str().trim_end_matches('/').to_owned();
                let sync = EsploraSyncConfig { background_sync_config: background };
                builder.set_chain_source_esplora(url, Some(sync));
            }
            Self::Electrum(url) => {
                let sync = ElectrumSyncConfig { background_sync_config: background };
                builder.set_chain_source_electrum(url.clone(), Some(sync));
            }
            Self::Bitcoind(Bitcoind { host, port, login }) => {
                let (user, password) = login.read()?;
                builder.set_chain_source_bitcoind_rpc(host.clone(), *port, user, password);
            }
        }
        Ok(())
    }
}

/// Reads what ldk-node does not report: when a block was made.
#[derive(Debug)]
pub(crate) struct BlockTimes {
    source: ChainSource,
    /// Bitcoin Core's, as ldk-node has it until its next start.
    login: Option<(String, String)>,
    client: reqwest::Client,
}

impl BlockTimes {
    pub(crate) fn new(source: ChainSource) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let login = match &source {
            ChainSource::Bitcoind(core) => Some(core.login.read()?),
            ChainSource::Esplora(_) | ChainSource::Electrum(_) => None,
        };
        Ok(Self { source, login, client })
    }

    /// Whether Bitcoin Core was started again and has another cookie. A file that is missing while it starts is no change.
    pub(crate) fn login_has_changed(&self) -> bool {
        match &self.source {
            ChainSource::Bitcoind(core) => {
                core.login.read().is_ok_and(|login| Some(login) != self.login)
            }
            ChainSource::Esplora(_) | ChainSource::Electrum(_) => false,
        }
    }

    /// The header's time in seconds of the Unix epoch.
    pub(crate) async fn of(&self, hash: BlockHash, height: u32) -> anyhow::Result<u64> {
        let header = match &self.source {
            ChainSource::Esplora(url) => {
                let base = url.as_str().trim_end_matches('/');
                let response =
                    self.client.get(format!("{base}/block/{hash}/header")).send().await?;
                header(&read(response.error_for_status()?).await?)?
            }
            ChainSource::Electrum(url) => {
                let url = url.clone();
                let reading = tokio::task::spawn_blocking(move || {
                    let timeout = electrum_client::ConfigBuilder::new().timeout(Some(10)).build();
                    let client = electrum_client::Client::from_config(&url, timeout)?;
                    client.block_header(usize::try_from(height).unwrap_or(usize::MAX))
                });
                reading.await??
            }
            ChainSource::Bitcoind(core) => header(&self.bitcoind_header(core, hash).await?)?,
        };
        if header.block_hash() != hash {
            bail!("the chain source has another block {height}");
        }
        Ok(header.time.into())
    }

    async fn bitcoind_header(&self, core: &Bitcoind, hash: BlockHash) -> anyhow::Result<String> {
        let (user, password) = core.login.read()?;
        let url = format!("http://{}:{}/", core.host, core.port);
        let params = json!([hash.to_string(), false]);
        let body =
            json!({ "jsonrpc": "1.0", "id": 1, "method": "getblockheader", "params": params });
        let request = self.client.post(url).basic_auth(user, Some(password)).json(&body);
        let answer = read(request.send().await?.error_for_status()?).await?;
        let answer: HashMap<String, Value> = serde_json::from_str(&answer)?;
        let header = answer.get("result").and_then(Value::as_str);
        Ok(header.context("bitcoind answers no header")?.to_owned())
    }
}

async fn read(mut response: reqwest::Response) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > HEADER_BYTES_MAX {
            bail!("the answer is too long for a header");
        }
    }
    Ok(String::from_utf8(bytes)?)
}

fn header(hex: &str) -> anyhow::Result<Header> {
    deserialize_hex(hex.trim()).context("the answer is no header")
}
