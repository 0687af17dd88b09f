//! The Lightning node's status and its orphans as JSON: at the admin door, and for `boltgram lightning … --json`.

use engine::lightning_node::{Age, Orphan, Status};
use serde_json::{Value, json};

use crate::moment::Moment;

/// What the node does not answer is null.
pub fn lightning_view(status: &Status) -> Value {
    let identity = status.identity.as_ref().ok();
    let channels = status.channels.as_ref().ok();
    let total = status.total();
    let by_age = Age::ALL
        .iter()
        .zip(status.held)
        .map(|(age, held)| json!({ "age": word(*age), "count": held.count, "msat": held.sum }));
    json!({
        "node": identity.map(|identity| json!({
            "key": hex::encode(identity.key),
            "network": identity.network.as_str(),
        })),
        "tip": status.tip.as_ref().ok().map(|tip| json!({
            "height": tip.height,
            "synced": tip.synced,
            "blockAt": Moment(tip.seen_at),
        })),
        "notSelling": status.not_selling(),
        "channels": channels.map(|channels| json!({
            "count": channels.count,
            "active": channels.active,
            "capacityMsat": channels.capacity,
            "inboundMsat": channels.inbound,
            "outboundMsat": channels.outbound,
            "slots": channels.slots,
        })),
        "openOrders": status.orders.open,
        "held": {
            "count": total.count,
            "msat": total.sum,
            "byAge": by_age.collect::<Vec<_>>(),
            "nextDeadline": status.next_deadline.map(|next| json!({
                "order": next.order.to_string(),
                "height": next.height,
                "blocksLeft": status.blocks_left(),
            })),
        },
        "lost": {
            "count": status.orders.lost,
            "last": status.lost.iter().map(|lost| json!({
                "order": lost.order.to_string(),
                "priceMsat": lost.price,
                "at": Moment(lost.at),
            })).collect::<Vec<_>>(),
        },
        "payouts": {
            "attempting": status.payouts_attempting,
            "pausedAt": status.payouts_paused_at.map(Moment),
        },
    })
}

const fn word(age: Age) -> &'static str {
    match age {
        Age::TenMinutes => "under 10 minutes",
        Age::Hour => "under 1 hour",
        Age::FourHours => "under 4 hours",
        Age::Older => "older",
    }
}

pub fn orphan_view(orphan: &Orphan) -> Value {
    json!({
        "paymentHash": orphan.hash.to_string(),
        "memo": orphan.memo,
        "heldMsat": orphan.held.map(|held| held.amount),
        "deadlineHeight": orphan.held.map(|held| held.deadline_height),
        "order": orphan.order.map(|(order, _)| order.to_string()),
        "orderStatus": orphan.order.map(|(_, state)| state.as_str()),
    })
}
