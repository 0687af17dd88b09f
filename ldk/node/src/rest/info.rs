//! `GET /v1/getinfo`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use ldk_node::bitcoin::Network;
use serde_json::{Value, json};

use crate::node::Node;

pub(super) async fn info(State(node): State<Arc<Node>>) -> Json<Value> {
    let info = node.info();
    let uris: Vec<_> =
        info.listen.iter().map(|address| format!("{}@{address}", info.node_id)).collect();
    Json(json!({
        "version": concat!("boltgram-node ", env!("CARGO_PKG_VERSION")),
        "commit_hash": "",
        "identity_pubkey": info.node_id.to_string(),
        "alias": info.alias,
        "color": "#000000",
        "num_pending_channels": info.pending_channels,
        "num_active_channels": info.active_channels,
        "num_inactive_channels": info.inactive_channels,
        "num_peers": info.peers,
        "block_height": info.height,
        "block_hash": info.block_hash.to_string(),
        "best_header_timestamp": info.block_time.to_string(),
        "synced_to_chain": info.synced,
        "synced_to_graph": info.synced,
        "testnet": info.network != Network::Bitcoin,
        "chains": [{ "chain": "bitcoin", "network": network(info.network) }],
        "uris": uris,
        "features": {},
        "require_htlc_interceptor": false,
        "store_final_htlc_resolutions": false,
    }))
}

/// As LND names it.
const fn network(network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "mainnet",
        Network::Testnet => "testnet",
        Network::Testnet4 => "testnet4",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
    }
}
