//! Manual refunds: from the charge of an order or a campaign to its account.
//!
//! | what crosses | who wins |
//! |---|---|
//! | two refunds of one order or message | who has its row; the other sees what is left |
//! | a refund and what decides the order or the recipient | the same: nothing is given back that was not charged, or that went back by itself |
//! | two requests with one idempotency key | the first; the other repeats it |
//!
//! Each row holds the sum of all refunds up to it, so that the rest is known without adding them
//! up.

mod charged;
mod check;
mod rows;

use domain::account::operator::{Action, Actor};
use domain::limits::NOTE_CHARS_MAX;
use domain::money::Msat;
use domain::ports::{Charge, Charged, NewRefund, NotRefunded, PortError, Refund, Refunded};
use domain::sale::ledger::LedgerAccount;
use domain::time::Timestamp;
use serde_json::json;

use crate::rows::account::audit::{self, NewAuditEntry};
use crate::rows::ledger::{self, too_much};
use crate::rows::payout;
use crate::tx::{Result, Tx};

pub(crate) use check::wrong;

use self::rows::Given;

pub(crate) async fn refund(
    tx: &mut impl Tx,
    new: &NewRefund,
    by: Actor,
    now: Timestamp,
) -> Result<Refunded> {
    must_make_sense(new)?;
    let Some(of) = charged::subject(tx, new.of).await? else { return Ok(Refunded::NoSuchCharge) };
    charged::lock(tx, &of).await?;
    if let Some(before) = rows::by_key(tx, &of, new).await? {
        return Ok(before);
    }
    let Some(found) = charged::find(tx, &of).await? else { return Ok(Refunded::NoSuchCharge) };
    let account = match (found.not, found.account) {
        (Some(why), _) => return Ok(Refunded::Not(why)),
        (None, None) => return Ok(Refunded::Not(NotRefunded::NoAccount)),
        (None, Some(account)) => account,
    };
    let given = rows::given(tx, &of).await?;
    let left = given.left(&found)?;
    let amount = new.amount.unwrap_or(left);
    if amount > left || left == Msat::ZERO {
        return Ok(Refunded::Not(NotRefunded::TooMuch { left }));
    }
    let given = given.and(amount).ok_or_else(too_much)?;
    let recipient = of.recipient;
    let refund = Refund {
        id: new.id,
        number: given.number,
        recipient,
        account,
        amount,
        note: new.note.clone(),
        by,
        at: now,
    };
    rows::insert(tx, &of, new, &refund, &given).await?;
    // Whoever got money back brought nothing, however little it was.
    let share = match of.order {
        Some(order) => payout::cancel(tx, &order).await?.map(|share| (order, share)),
        None => None,
    };
    ledger::refund(tx, &new.id, account, amount, share, now).await?;
    let detail = json!({
        "msat": amount.get(),
        "refund": refund.number,
        "recipient": recipient,
        "note": refund.note,
        "to": LedgerAccount::Customer(account).stored(),
    });
    let (action, on) = (Action::CreditRefund, named(new.of));
    audit::write(tx, NewAuditEntry { action, account: Some(account), on: &on, detail }, by, now)
        .await?;
    Ok(Refunded::Done(refund))
}

fn must_make_sense(new: &NewRefund) -> Result<()> {
    let refused = |why: &str| Err(PortError::Refused(why.to_owned()));
    if !(1..=NOTE_CHARS_MAX).contains(&new.note.chars().count()) {
        return refused("a refund has a note of 1 to 200 characters");
    }
    if new.amount.is_some_and(|amount| amount <= Msat::ZERO) {
        return refused("a refund is more than nothing");
    }
    Ok(())
}

fn named(of: Charge) -> String {
    match of {
        Charge::Order(id) => id.to_string(),
        Charge::Message(id) | Charge::Recipient(id, _) => id.to_string(),
    }
}

pub(crate) async fn list(
    tx: &mut impl Tx,
    of: Charge,
    after: u32,
    limit: u32,
) -> Result<Vec<Refund>> {
    match charged::subject(tx, of).await? {
        Some(of) => rows::list(tx, &of, after, limit).await,
        None => Ok(Vec::new()),
    }
}

pub(crate) async fn charged(tx: &mut impl Tx, of: Charge) -> Result<Option<Charged>> {
    let Some(of) = charged::subject(tx, of).await? else { return Ok(None) };
    let Some(found) = charged::find(tx, &of).await? else { return Ok(None) };
    let Given { total, recipient_total, .. } = rows::given(tx, &of).await?;
    let refunded = if of.recipient.is_some() { recipient_total } else { total };
    let charged = found.own.unwrap_or(found.charged);
    Ok(Some(Charged { account: found.account, charged, refunded }))
}
