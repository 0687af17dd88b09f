//! Stores a new campaign, whole or not at all.

use std::collections::BTreeMap;

use domain::limits::{CHUNK_RECIPIENTS_MAX, MESSAGE_RECIPIENTS_MAX};
use domain::message::MessageState;
use domain::message::campaign::{Exclusion, NewBulk};
use domain::money::Msat;
use domain::ports::{PortError, Spent};
use domain::routing::Charge;

use super::callbacks;
use super::idempotency::{self, Spending};
use super::packs::{self, Pack};
use super::texts;
use crate::rows::ledger;
use crate::rows::message;
use crate::rows::queue::enqueue::{QueuedChunk, enqueue};
use crate::tx::{Result, Tx, params};

/// Up to so many recipients are stored as rows: a pack would soon be unpacked again.
const ROWS_MAX: u32 = 100;

/// Totals of a campaign.
struct Sums {
    price: Msat,
    payable: u32,
    invalid: u32,
    blocked: u32,
}

/// The idempotency key is stored first, then the message, then the reservation: a message that exists
/// reserves nothing, and one without enough credit is deleted again.
pub(crate) async fn add(tx: &mut impl Tx, new: &NewBulk) -> Result<Spent> {
    let sums = check(new)?;
    let (account, message, now) = (new.payer, new.content.message, new.created_at);
    let (recipients, price) = (sums.payable, sums.price);
    let spending = Spending { account, message, recipients, price };
    let idempotency = new.idempotency.as_ref();
    if let Some(spent) = idempotency::take(tx, idempotency, spending, now).await? {
        return Ok(spent);
    }
    insert_message(tx, new, &sums).await?;
    if let Some(short) = ledger::reserve(tx, account, price, now).await? {
        tx.execute("DELETE FROM messages WHERE id = ?1", params![&message]).await?;
        idempotency::release(tx, idempotency, account).await?;
        return Ok(idempotency::unspent(short, price));
    }
    ledger::add_bulk_reservation(tx, &message, account, price, now).await?;
    insert_bulk(tx, new, &sums).await?;
    insert_recipients(tx, new, &sums).await?;
    callbacks::report_excluded(tx, new, sums.payable).await?;
    // Last: other changes of the account wait for its counter.
    message::count_listed(tx, &BTreeMap::from([(account, 1)])).await?;
    Ok(Spent::Done { message, recipients, price })
}

fn check(new: &NewBulk) -> Result<Sums> {
    let refused = |why: &str| Err(PortError::Refused(why.to_owned()));
    let all = new.payable() + new.excluded.len();
    if new.payable() == 0 || all > usize::try_from(MESSAGE_RECIPIENTS_MAX).unwrap_or(usize::MAX) {
        return refused("a message has 1 to 2,000,000 recipients");
    }
    if new.groups.iter().any(|group| group.price.is_negative()) {
        return refused("a price is not negative");
    }
    if new.content.account != Some(new.payer) {
        return refused("a campaign is paid by its account");
    }
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let excluded = |why| count(new.excluded.iter().filter(|excluded| excluded.why == why).count());
    Ok(Sums {
        price: new.price().ok_or_else(ledger::too_much)?,
        payable: count(new.payable()),
        invalid: excluded(Exclusion::Invalid),
        blocked: excluded(Exclusion::Blocked),
    })
}

async fn insert_message(tx: &mut impl Tx, new: &NewBulk, sums: &Sums) -> Result<()> {
    let content = &new.content;
    let state = new.start_at.map_or(MessageState::Pending, |_| MessageState::Scheduled);
    let excluded = sums.invalid + sums.blocked;
    let stored = tx
        .execute(
            "INSERT INTO messages (id, account, listed, followed, sender, text, parts, lane, state,
                 valid_until, receipts_until, recipients, pending, finals, created_at, updated_at,
                 form, link, charge)
             VALUES (?1, ?2, 1, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?15, ?16)
             ON CONFLICT (id) DO NOTHING",
            params![
                &content.message,
                new.payer,
                content.sender.as_ref().map(|sender| sender.as_str()),
                content.text.as_str(),
                content.parts,
                content.lane,
                state,
                content.valid_until,
                new.receipts_until,
                sums.payable + excluded,
                sums.payable,
                excluded,
                new.created_at,
                content.form.stored(),
                content.form.link(),
                content.charge.map(Charge::get),
            ],
        )
        .await?;
    if stored == 0 {
        return Err(PortError::Conflict("the message exists".to_owned()));
    }
    Ok(())
}

async fn insert_bulk(tx: &mut impl Tx, new: &NewBulk, sums: &Sums) -> Result<()> {
    let first_sms_id = new.first_sms_id.map(i64::try_from).transpose();
    let first_sms_id =
        first_sms_id.map_err(|_| PortError::Refused("an id is below 2^63".to_owned()))?;
    let callbacks = callbacks::stored(&new.callbacks);
    let own_parts = new.own_parts().map(i64::try_from).transpose();
    let own_parts = own_parts.map_err(|_| PortError::Refused("too many parts".to_owned()))?;
    tx.execute(
        "INSERT INTO bulk_messages (message, account, door, price, refunds, invalid, blocked, start_at,
             first_invalid, first_blocked, duplicates, at_any_hour, held_until, webhook_url,
             webhook_events, first_sms_id, callbacks, own_parts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?6, ?7, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            &new.content.message,
            new.payer,
            new.door.as_str(),
            sums.price,
            new.refunds.as_str(),
            sums.invalid,
            sums.blocked,
            new.start_at,
            new.duplicates,
            i64::from(new.at_any_hour),
            new.held_until,
            new.webhook.as_ref().map(|webhook| webhook.url.as_str()),
            new.webhook.as_ref().map(|webhook| webhook.events.as_str()),
            first_sms_id,
            callbacks.as_ref(),
            own_parts,
        ],
    )
    .await
    .map(drop)
}

/// Stores packs, and a chunk for each; a small campaign has rows and one chunk.
async fn insert_recipients(tx: &mut impl Tx, new: &NewBulk, sums: &Sums) -> Result<()> {
    let message = &new.content.message;
    let packs: Vec<Pack> = packs::of_groups(&new.groups).collect();
    let runs: Vec<(u32, u32)> = if sums.payable <= ROWS_MAX {
        for pack in &packs {
            let price = pack.price.unwrap_or(Msat::ZERO);
            packs::insert_rows(tx, message, price, &pack.numbers()?, new.created_at).await?;
        }
        vec![(0, sums.payable.saturating_sub(1))]
    } else {
        packs::insert(tx, message, &packs).await?;
        packs.iter().map(|pack| (pack.first, pack.first + pack.count.saturating_sub(1))).collect()
    };
    if let Some(merged) = &new.texts {
        let runs = packs.iter().map(Pack::numbers).collect::<Result<Vec<_>>>()?;
        texts::insert(tx, message, merged, &runs).await?;
    }
    let firsts = (sums.payable..).step_by(CHUNK_RECIPIENTS_MAX as usize);
    let excluded = new.excluded.chunks(CHUNK_RECIPIENTS_MAX as usize);
    let excluded: Vec<_> =
        firsts.zip(excluded).map(|(first, run)| Pack::of_excluded(first, run)).collect();
    packs::insert(tx, message, &excluded).await?;
    let due_at = new.start_at.unwrap_or(new.created_at);
    let queued: Vec<_> =
        runs.into_iter().map(|run| QueuedChunk::new(&new.content, run, due_at)).collect();
    enqueue(tx, &queued, None).await
}
