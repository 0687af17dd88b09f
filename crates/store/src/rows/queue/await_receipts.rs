//! Receipts that did not come: what their carrier had is pending again, for another carrier.

use std::collections::BTreeSet;

use domain::message::recipient::{RecipientEvent, RecipientState};
use domain::ports::{ChunkId, Recorded};
use domain::time::Timestamp;

use super::fair_queue::Run;
use crate::rows::message::apply::apply;
use crate::rows::message::message_lock;
use crate::rows::message::recipients::{self, Range, Recipients};
use crate::tx::{Result, Tx};

/// Returns those chunks whose messages another change has: they have to wait.
pub(crate) async fn return_overdue(
    tx: &mut impl Tx,
    runs: &[Run],
    now: Timestamp,
) -> Result<(BTreeSet<ChunkId>, Recorded)> {
    let overdue: Vec<&Run> = runs.iter().filter(|run| run.overdue).collect();
    if overdue.is_empty() {
        return Ok((BTreeSet::new(), Recorded::default()));
    }
    let mut messages =
        message_lock::lock_free(tx, overdue.iter().map(|run| run.id.message)).await?;
    let (free, busy): (Vec<&Run>, Vec<&Run>) =
        overdue.into_iter().partition(|run| messages.contains_key(&run.id.message));
    let ranges: Vec<Range> =
        free.iter().map(|run| (run.id.message, run.id.first, run.last)).collect();
    let mut recipients =
        recipients::load_with_parts(tx, &ranges, RecipientState::Submitted).await?;
    give_back(&mut recipients);
    let recorded = apply(tx, &mut messages, &recipients, now, None).await?;
    Ok((busy.into_iter().map(|run| run.id).collect(), recorded))
}

/// What is *submitted* for its silences alone stays: nobody knows who has it.
fn give_back(recipients: &mut Recipients) {
    for recipient in recipients.values_mut() {
        if let Some(carrier) = recipient.carrier().map(str::to_owned)
            && recipient.step(RecipientEvent::Returned, None, None)
        {
            recipient.has_tried(&carrier);
        }
    }
}
