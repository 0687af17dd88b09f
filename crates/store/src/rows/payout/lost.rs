//! The operator ends a payment whose Lightning node is gone for ever.

use domain::account::operator::{Action, Actor};
use domain::id::PaymentHash;
use domain::payout::{PayoutEvent, Trouble, next, routes_end_at};
use domain::ports::LostPayoutEnd;
use domain::time::Timestamp;
use serde_json::json;

use super::record::{fail, lock};
use crate::rows::account::audit::{self, NewAuditEntry};
use crate::tx::{Result, Tx};

pub(crate) async fn end_lost(
    tx: &mut impl Tx,
    hash: PaymentHash,
    ours: Option<[u8; 33]>,
    by: Actor,
    now: Timestamp,
) -> Result<LostPayoutEnd> {
    let Some(payout) = lock(tx, hash).await? else { return Ok(LostPayoutEnd::NoSuchPayout) };
    let Ok(ended) = next(payout.state, PayoutEvent::Failed) else {
        return Ok(LostPayoutEnd::Already(payout.state));
    };
    if ours == Some(payout.node_key) {
        return Ok(LostPayoutEnd::OfOurNode);
    }
    let over = routes_end_at(payout.expires_at);
    if now < over {
        return Ok(LostPayoutEnd::NotBefore(over));
    }
    fail(tx, &payout, ended, Trouble::NodeLost, now).await?;
    let (action, on) = (Action::PayoutEnd, hash.to_string());
    let detail = json!({ "msat": payout.amount, "nodeKey": hex::encode(payout.node_key) });
    audit::write(tx, NewAuditEntry { action, account: None, on: &on, detail }, by, now).await?;
    Ok(LostPayoutEnd::Ended)
}
