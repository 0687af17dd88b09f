//! Recipients without a receipt within their route's time become pending again, for another
//! carrier.

use domain::message::recipient::RecipientState;

use super::leased_chunks::Claim;
use crate::rows::message::apply::apply;
use crate::rows::message::recipients::{self, Range};
use crate::tx::{Result, Tx};

pub(crate) async fn return_unreceipted(tx: &mut impl Tx, claim: &mut Claim) -> Result<()> {
    let now = claim.now;
    let mut messages = claim.lock_messages(tx, |chunk| chunk.is_overdue(now)).await?;
    let mut ranges: Vec<Range> = Vec::new();
    for chunk in claim.chunks.iter_mut().filter(|chunk| chunk.is_overdue(now)) {
        chunk.await_until = None;
        ranges.push(chunk.range());
    }
    let mut recipients =
        recipients::load_with_parts(tx, &messages, &ranges, RecipientState::Submitted).await?;
    for recipient in recipients.values_mut() {
        recipient.delivery.return_unreceipted();
    }
    claim.recorded.add(apply(tx, &mut messages, &recipients, now, None).await?);
    Ok(())
}
