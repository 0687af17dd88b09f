//! The options of a node, and how ldk-node is built from them.

use std::path::Path;
use std::sync::Arc;

use bitcoin::Network;
use bitcoin::hashes::{Hash, sha512};
use bitcoin::secp256k1::PublicKey;
use ldk_node::config::{
    AnchorChannelsConfig, ChannelConfig, Config, ElectrumSyncConfig, EsploraSyncConfig,
};
use ldk_node::liquidity::LSPS2ServiceConfig;
use ldk_node::logger::LogLevel;
use ldk_node::{Builder, Node};

use crate::store::MemoryStore;

/// Satoshi that a node keeps on the chain for each channel.
pub const RESERVE_SATS: u64 = 25_000;

/// Where a node learns of the chain.
#[derive(Clone, Debug)]
pub enum Source {
    /// An Esplora server's URL. New blocks come by [`super::Peer::sync`] alone.
    Esplora(String),
    /// An Electrum server, `tcp://HOST:PORT`. New blocks come by [`super::Peer::sync`] alone.
    Electrum(String),
    /// A bitcoind. ldk-node asks it every two seconds by itself.
    Bitcoind {
        /// Host name or address.
        host: String,
        /// Port of the RPC interface.
        port: u16,
        /// RPC user.
        user: String,
        /// RPC password.
        password: String,
    },
}

/// The options of a [`super::Peer`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name: of its directory, its alias, and its keys (the same name has the same keys).
    pub name: String,
    /// Where it learns of the chain.
    pub source: Source,
    /// What it takes for forwarding over channels that it opens.
    pub base_fee_msat: u32,
    /// Forwards to private channels too, as the provider of a wallet does.
    pub forwards_privately: bool,
    /// Nodes whose channels to it can be used before they are confirmed.
    pub zero_conf_from: Vec<PublicKey>,
}

impl Options {
    /// A node that takes 1,000 millisatoshi for forwarding, to public channels only.
    #[must_use]
    pub fn new(name: &str, source: Source) -> Options {
        Options {
            name: name.into(),
            source,
            base_fee_msat: 1_000,
            forwards_privately: false,
            zero_conf_from: vec![],
        }
    }

    pub(super) fn channel_config(&self) -> ChannelConfig {
        ChannelConfig {
            forwarding_fee_base_msat: self.base_fee_msat,
            forwarding_fee_proportional_millionths: 0,
            ..ChannelConfig::default()
        }
    }

    pub(super) fn build(
        &self,
        seed: &[u8; 64],
        port: u16,
        directory: &Path,
        store: &MemoryStore,
        runtime: tokio::runtime::Handle,
    ) -> Node {
        let config = Config {
            network: Network::Regtest,
            storage_dir_path: directory.to_string_lossy().into_owned(),
            listening_addresses: Some(vec![
                format!("127.0.0.1:{port}").parse().expect("an address"),
            ]),
            trusted_peers_0conf: self.zero_conf_from.clone(),
            anchor_channels_config: Some(AnchorChannelsConfig {
                trusted_peers_no_reserve: vec![],
                per_channel_reserve_sats: RESERVE_SATS,
            }),
            ..Config::default()
        };
        let mut builder = Builder::from_config(config);
        builder.set_runtime(runtime);
        builder.set_node_alias(self.name.clone()).expect("a short name");
        builder.set_entropy_seed_bytes(*seed);
        builder.set_gossip_source_p2p();
        builder.set_filesystem_logger(None, Some(log_level()));
        if self.forwards_privately {
            // ldk-node forwards to private channels only as a provider of LSPS2.
            builder.set_liquidity_provider_lsps2(LSPS2ServiceConfig {
                require_token: None,
                advertise_service: false,
                channel_opening_fee_ppm: 0,
                channel_over_provisioning_ppm: 0,
                min_channel_opening_fee_msat: 0,
                min_channel_lifetime: 100,
                max_client_to_self_delay: 1024,
                min_payment_size_msat: 1,
                max_payment_size_msat: 10_000_000_000,
                client_trusts_lsp: true,
            });
        }
        match &self.source {
            Source::Esplora(url) => {
                let config = EsploraSyncConfig { background_sync_config: None };
                builder.set_chain_source_esplora(url.clone(), Some(config))
            }
            Source::Electrum(url) => {
                let config = ElectrumSyncConfig { background_sync_config: None };
                builder.set_chain_source_electrum(url.clone(), Some(config))
            }
            Source::Bitcoind { host, port, user, password } => builder
                .set_chain_source_bitcoind_rpc(host.clone(), *port, user.clone(), password.clone()),
        };
        builder.build_with_store(Arc::new(store.clone())).expect("the node is built")
    }
}

/// `REGTEST_LOG=debug` (or `trace`) writes more into the nodes' directories.
fn log_level() -> LogLevel {
    match std::env::var("REGTEST_LOG").as_deref() {
        Ok("trace") => LogLevel::Gossip,
        Ok("debug") => LogLevel::Debug,
        _ => LogLevel::Error,
    }
}

/// Keys that a name always has.
pub(super) fn seed(name: &str) -> [u8; 64] {
    sha512::Hash::hash(name.as_bytes()).to_byte_array()
}
