//! What a buyer does with an activation.

use domain::activation::change::{Event, State, cancellable};
use domain::activation::state::ActivationState;
use domain::id::{AccountId, ActivationId};
use domain::ports::{BuyerWish, LoansRecorded, WishOutcome};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::change::store;
use super::lock::lock;
use super::row::ActivationRow;
use crate::tx::{Result, Tx};

pub(crate) async fn wish(
    tx: &mut impl Tx,
    id: ActivationId,
    account: Option<AccountId>,
    wish: BuyerWish,
    now: Timestamp,
) -> Result<(WishOutcome, LoansRecorded)> {
    let mut locked = lock(tx, [id]).await?;
    let found = locked.get_mut(&id);
    let Some(row) = found.filter(|row| account.is_none() || row.activation.account == account)
    else {
        return Ok((WishOutcome::NoSuchActivation, LoansRecorded::default()));
    };
    let refused = match wish {
        BuyerWish::Cancel => cancel(row, now),
        BuyerWish::Finish => finish(row, now),
        BuyerWish::AwaitNext { seen } => await_next(row, seen, now),
    };
    if let Some(refused) = refused {
        return Ok((refused, LoansRecorded::default()));
    }
    // The end is reported to the supplier; another code is awaited.
    let is_due = row.has_ended || matches!(wish, BuyerWish::AwaitNext { .. });
    row.look_unless_leased(if is_due { now } else { row.due_at.unwrap_or(now) });
    let recorded = store(tx, &[&*row], now).await?;
    Ok((WishOutcome::Done(Box::new(row.activation.clone())), recorded))
}

fn cancel(row: &mut ActivationRow, now: Timestamp) -> Option<WishOutcome> {
    if let Err(not) = cancellable(&row.activation, now) {
        return Some(WishOutcome::NotCancelled(not));
    }
    row.cancel(Reason::CancelledByBuyer, now).err().map(|_| WishOutcome::Ended)
}

fn finish(row: &mut ActivationRow, now: Timestamp) -> Option<WishOutcome> {
    match row.activation.state {
        State::Activation(ActivationState::Finished) => return None,
        state if state.is_final() => return Some(WishOutcome::Ended),
        _ => {}
    }
    row.take(&Event::Finished, now).err().map(|_| WishOutcome::NoCode)
}

fn await_next(row: &mut ActivationRow, seen: u32, now: Timestamp) -> Option<WishOutcome> {
    if row.activation.wanted.is_rental() {
        return Some(WishOutcome::IsRental);
    }
    if row.activation.state.is_final() {
        return Some(WishOutcome::Ended);
    }
    if row.activation.messages > seen {
        return None;
    }
    row.take(&Event::NextWanted, now).err().map(|_| WishOutcome::NoCode)
}
