//! Channels, peers, and the wallet on chain.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use ldk_node::ChannelDetails;
use ldk_node::bitcoin::hashes::Hash as _;
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::bitcoin::{OutPoint, Txid};
use serde::Deserialize;
use serde_json::{Value, json};

use super::RestError;
use super::wire::{Amount, Body, base64, uint64};
use crate::node::{Node, OpenChannel};

/// Payments that LDK holds in a channel at once, in each direction.
const HTLCS_MAX: u32 = 50;

/// Of the capacity of a channel that a peer opened, what LDK lets be under way towards us.
const IN_FLIGHT_OF_INBOUND: u64 = 10;

pub(super) async fn list(State(node): State<Arc<Node>>) -> Json<Value> {
    let channels: Vec<_> = node.channels().iter().map(channel).collect();
    Json(json!({ "channels": channels }))
}

fn channel(channel: &ChannelDetails) -> Value {
    let local_sats = channel.outbound_capacity_msat / 1_000;
    let remote_sats = channel.inbound_capacity_msat / 1_000;
    let point = channel.funding_txo.map_or_else(String::new, |output| output.to_string());
    let capacity = channel.channel_value_sats;
    let in_flight = if channel.is_outbound && !channel.is_announced {
        capacity
    } else {
        capacity / IN_FLIGHT_OF_INBOUND
    };
    json!({
        "active": channel.is_usable,
        "remote_pubkey": channel.counterparty_node_id.to_string(),
        "channel_point": point,
        "chan_id": channel.short_channel_id.unwrap_or(0).to_string(),
        "capacity": capacity.to_string(),
        "local_balance": local_sats.to_string(),
        "remote_balance": remote_sats.to_string(),
        "private": !channel.is_announced,
        "initiator": channel.is_outbound,
        // ldk-node does not list them.
        "pending_htlcs": [],
        "local_constraints": {
            "max_accepted_htlcs": HTLCS_MAX,
            "max_pending_amt_msat": in_flight.saturating_mul(1_000).to_string(),
            "chan_reserve_sat": channel.counterparty_unspendable_punishment_reserve.to_string(),
        },
        "confirmations": channel.confirmations.unwrap_or(0),
        "confirmations_required": channel.confirmations_required.unwrap_or(0),
    })
}

pub(super) async fn channel_balance(State(node): State<Arc<Node>>) -> Json<Value> {
    let (mut local, mut remote) = (0_u64, 0_u64);
    for channel in node.channels() {
        local = local.saturating_add(channel.outbound_capacity_msat);
        remote = remote.saturating_add(channel.inbound_capacity_msat);
    }
    let zero = Amount::of_msat(0);
    Json(json!({
        "balance": (local / 1_000).to_string(), "pending_open_balance": "0",
        "local_balance": Amount::of_msat(local), "remote_balance": Amount::of_msat(remote),
        "unsettled_local_balance": zero, "unsettled_remote_balance": zero,
        "pending_open_local_balance": zero, "pending_open_remote_balance": zero,
    }))
}

pub(super) async fn chain_balance(State(node): State<Arc<Node>>) -> Json<Value> {
    let balances = node.balances();
    let (total, spendable) =
        (balances.total_onchain_balance_sats, balances.spendable_onchain_balance_sats);
    let reserved = balances.total_anchor_channels_reserve_sats;
    let unconfirmed = total.saturating_sub(spendable).saturating_sub(reserved);
    Json(json!({
        "total_balance": total.to_string(),
        "confirmed_balance": total.saturating_sub(unconfirmed).to_string(),
        "unconfirmed_balance": unconfirmed.to_string(),
        "locked_balance": "0",
        "reserved_balance_anchor_chan": reserved.to_string(),
    }))
}

pub(super) async fn new_address(State(node): State<Arc<Node>>) -> Result<Json<Value>, RestError> {
    Ok(Json(json!({ "address": node.new_address().await? })))
}

#[derive(Deserialize)]
pub(super) struct Connect {
    addr: Address,
}

#[derive(Deserialize)]
struct Address {
    pubkey: String,
    host: String,
}

pub(super) async fn connect(
    State(node): State<Arc<Node>>,
    Body(connect): Body<Connect>,
) -> Result<Json<Value>, RestError> {
    let Address { pubkey, host } = connect.addr;
    let address = host.parse();
    let address =
        address.map_err(|_| RestError::bad(format!("address {host} is not HOST:PORT")))?;
    node.connect(key(&pubkey)?, address).await?;
    Ok(Json(json!({ "status": "connected" })))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Open {
    node_pubkey_string: String,
    #[serde(deserialize_with = "uint64")]
    local_funding_amount: u64,
    #[serde(deserialize_with = "uint64")]
    push_sat: u64,
    private: bool,
}

pub(super) async fn open(
    State(node): State<Arc<Node>>,
    Body(open): Body<Open>,
) -> Result<Json<Value>, RestError> {
    let open = OpenChannel {
        peer: key(&open.node_pubkey_string)?,
        sats: open.local_funding_amount,
        push_sats: open.push_sat,
        announced: !open.private,
    };
    let funding = node.open_channel(open).await?;
    Ok(Json(json!({
        "funding_txid_bytes": base64(funding.txid.as_byte_array()),
        "funding_txid_str": funding.txid.to_string(),
        "output_index": funding.vout,
    })))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Close {
    force: bool,
}

pub(super) async fn close(
    State(node): State<Arc<Node>>,
    Path((txid, index)): Path<(String, u32)>,
    Query(query): Query<Close>,
) -> Result<Json<Value>, RestError> {
    let txid: Txid =
        txid.parse().map_err(|_| RestError::bad(format!("{txid} is no transaction id")))?;
    node.close_channel(OutPoint::new(txid, index), query.force).await?;
    Ok(Json(json!({ "result": { "close_pending": { "txid": "", "output_index": 0 } } })))
}

fn key(text: &str) -> Result<PublicKey, RestError> {
    text.parse().map_err(|_| RestError::bad(format!("{text:?} is no node id")))
}
