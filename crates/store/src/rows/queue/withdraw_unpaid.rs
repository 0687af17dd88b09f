//! Orders that ended without a delivery: submissions and retries are no longer paid for, and
//! pending recipients are timed out.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{MessageId, OrderId};
use domain::message::recipient::RecipientState;
use domain::ports::{Lease, Recorded};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::leased_chunks::{Claim, LeasedChunk};
use super::load_content::Loaded;
use crate::rows::message::apply::apply;
use crate::rows::message::message_lock::Messages;
use crate::rows::message::recipients::{self, Range};
use crate::tx::{Result, Tx, params};

/// Removes the chunks of unpaid messages from the claim, and deletes them.
pub(crate) async fn withdraw_claimed(
    tx: &mut impl Tx,
    claim: &mut Claim,
    contents: &BTreeMap<MessageId, Loaded>,
) -> Result<()> {
    let reason =
        |chunk: &LeasedChunk| contents.get(&chunk.id.message).and_then(|loaded| loaded.unpaid);
    let is_unpaid = |chunk: &LeasedChunk| reason(chunk).is_some();
    let mut messages = claim.lock_messages(tx, is_unpaid).await?;
    let deleted = claim.delete(is_unpaid);
    let ranges = deleted.iter().filter_map(|chunk| Some((chunk.range(), reason(chunk)?)));
    let ranges: Vec<_> = ranges.collect();
    let recorded = withdraw_unpaid(tx, &mut messages, &ranges, claim.now, None).await?;
    claim.recorded.add(recorded);
    Ok(())
}

/// Those of these orders that are final without a delivery, with the reason.
pub(crate) async fn unpaid_orders(
    tx: &mut impl Tx,
    orders: BTreeSet<OrderId>,
) -> Result<BTreeMap<OrderId, Reason>> {
    let rows: Vec<_> = orders.iter().map(|order| params![order]).collect();
    let found = tx
        .query_many(
            "SELECT reason FROM all_orders WHERE id = ?1 AND state IN ('lost', 'cancelled')",
            &rows,
        )
        .await?;
    let mut unpaid = BTreeMap::new();
    for (order, rows) in orders.into_iter().zip(found) {
        if let Some(mut row) = rows.into_iter().next() {
            unpaid.insert(order, row.get::<Option<Reason>>()?.unwrap_or(Reason::NodeRefunded));
        }
    }
    Ok(unpaid)
}

/// Times out pending recipients in these ranges of locked messages.
pub(crate) async fn withdraw_unpaid(
    tx: &mut impl Tx,
    messages: &mut Messages,
    ranges: &[(Range, Reason)],
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Recorded> {
    let mut recorded = Recorded::default();
    for (range, reason) in ranges {
        let mut pending =
            recipients::load_ranges(tx, messages, &[*range], RecipientState::Pending).await?;
        for recipient in pending.values_mut() {
            recipient.delivery.time_out(*reason);
        }
        recorded.add(apply(tx, messages, &pending, now, event_lease).await?);
    }
    Ok(recorded)
}
