//! LND's `ListChannels`, and what the client makes of it.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use domain::ports::{Channels, Lightning, PortError};
use lightning::sandbox::Options;
use serde_json::{Value, json};

use super::fake::{Failure, FakeLnd, Shared};
use super::tls::Identity;

/// The sandbox's channel as two active ones, and a third one whose peer is away.
pub(crate) async fn list(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Response {
    assert_eq!(query, None);
    let Channels { inbound, outbound, slots, .. } = shared.node().await.channels().await.unwrap();
    let (inbound, outbound) = (inbound.sats_floor(), outbound.sats_floor());
    let first = channel(1, true, outbound / 3, inbound / 3, slots / 2);
    let second =
        channel(2, true, outbound - outbound / 3, inbound - inbound / 3, slots - slots / 2);
    let away = channel(3, false, 700, 300, 483);
    Json(json!({ "channels": [first, away, second] })).into_response()
}

fn channel(number: u64, active: bool, local: i64, remote: i64, slots: u64) -> Value {
    let constraints = |max_accepted_htlcs: u64| {
        json!({
            "csv_delay": 144, "chan_reserve_sat": "1000", "dust_limit_sat": "354",
            "max_pending_amt_msat": "990000000", "min_htlc_msat": "1",
            "max_accepted_htlcs": max_accepted_htlcs,
        })
    };
    json!({
        "active": active, "remote_pubkey": "02".repeat(33), "channel_point": format!("{}:0", "0a".repeat(32)),
        "chan_id": (number << 40).to_string(), "capacity": (local + remote + 1_000).to_string(),
        "local_balance": local.to_string(), "remote_balance": remote.to_string(),
        "commit_fee": "1000", "commit_weight": "724", "fee_per_kw": "253",
        "unsettled_balance": "0", "total_satoshis_sent": "0", "total_satoshis_received": "0",
        "num_updates": "7", "pending_htlcs": [], "csv_delay": 144,
        "private": true, "initiator": false, "chan_status_flags": "ChanStatusDefault",
        "commitment_type": "ANCHORS", "lifetime": "60", "uptime": "60", "close_address": "",
        "push_amount_sat": "0", "thaw_height": 0, "alias_scids": [], "zero_conf": false,
        "local_constraints": constraints(slots), "remote_constraints": constraints(483),
    })
}

async fn fake() -> FakeLnd {
    FakeLnd::start(Options { held_max: 7, ..Options::mined() }, Identity::new(2020, 2040)).await
}

#[tokio::test]
async fn channels_whose_peers_are_away_carry_nothing() {
    let fake = fake().await;
    let found = fake.client().channels().await.unwrap();
    let there = fake.shared.node().await.channels().await.unwrap();
    assert_eq!((found.count, found.active, found.slots), (3, 2, 7));
    assert_eq!((found.inbound, found.outbound), (there.inbound, there.outbound));
    let capacity = there.capacity.sats_floor() + 1_000 + 3 * 1_000;
    assert_eq!(found.capacity.sats_floor(), capacity);
}

#[tokio::test]
async fn what_may_be_held_follows_the_channels() {
    let fake = fake().await;
    let lnd = fake.client();
    assert_eq!(lnd.held_max(), 483, "before the node was asked");
    lnd.tip().await.unwrap();
    assert_eq!(lnd.held_max(), 7);

    // They are not requested again with the next tip, and what is known stays when they cannot be read.
    fake.set(Failure::Responds(500, "permission denied"));
    assert!(matches!(lnd.channels().await, Err(PortError::Unavailable(_))));
    assert_eq!(lnd.held_max(), 7);
    for garbled in ["{}", r#"{"channels":[{}]}"#, "[]", ""] {
        fake.set(Failure::Garbles(garbled));
        assert!(lnd.channels().await.is_err(), "{garbled}");
        assert_eq!(lnd.held_max(), 7, "{garbled}");
    }
    fake.set(Failure::Garbles(r#"{"channels":[]}"#));
    assert_eq!(lnd.channels().await.unwrap(), Channels::default());
    assert_eq!(lnd.held_max(), 483, "what is sold waits for payment");
}

/// A macaroon without `offchain:read` is no reason to sell nothing.
#[tokio::test]
async fn sells_without_the_right_to_read_channels() {
    let fake = fake().await;
    let lnd = fake.client();
    fake.forbid("/v1/channels");
    lnd.tip().await.unwrap();
    assert_eq!(lnd.held_max(), 483);
    assert!(matches!(lnd.channels().await, Err(PortError::Unavailable(_))));
}
