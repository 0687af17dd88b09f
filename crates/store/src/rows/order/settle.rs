//! Settles an order as sent before its receipt came.

use domain::id::OrderId;
use domain::message::recipient::RecipientState;
use domain::time::Timestamp;

use super::lock::message_of;
use crate::rows::message::{self, message_lock, recipients};
use crate::tx::{Result, Tx};

pub(crate) async fn settle_unreceipted(
    tx: &mut impl Tx,
    order: &OrderId,
    now: Timestamp,
) -> Result<bool> {
    let Some(message) = message_of(tx, order).await? else { return Ok(false) };
    let mut messages = message_lock::lock(tx, [message]).await?;
    let only = [(message, 0, 0)];
    let submitted =
        recipients::load_with_parts(tx, &messages, &only, RecipientState::Submitted).await?;
    if !submitted.values().any(|recipient| recipient.delivery.is_taken()) {
        return Ok(false);
    }
    let (settled, _) = message::settle_as_sent(tx, &mut messages, [message], now, None).await?;
    if !settled.is_empty() {
        // No other carrier is to get it any more.
        message::delete_chunks(tx, &message).await?;
    }
    Ok(!settled.is_empty())
}
