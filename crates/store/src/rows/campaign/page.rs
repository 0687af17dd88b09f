//! A page of a campaign's recipients by index, from their rows and from packs. The number of recipients
//! read is bounded, whatever the filter.

use domain::id::MessageId;
use domain::limits::{RECIPIENTS_LOOKED_AT_MAX, RECIPIENTS_PAGE_MAX};
use domain::message::campaign::BulkRecipient;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{RecipientList, RecipientPage};
use domain::time::Timestamp;

use super::packs::{self, Pack};
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn page(
    tx: &mut impl Tx,
    message: &MessageId,
    list: &RecipientList,
) -> Result<RecipientPage> {
    let rows = tx
        .query("SELECT recipients, created_at FROM messages WHERE id = ?1", params![message])
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(RecipientPage::default()) };
    let (count, created_at): (u32, Timestamp) = (row.get()?, row.get()?);
    let limit = list.limit.min(RECIPIENTS_PAGE_MAX);
    // Without a filter the page is full after `limit` recipients.
    let most = if list.states.is_empty() { limit } else { RECIPIENTS_LOOKED_AT_MAX };
    let end = list.first.saturating_add(most).min(count);
    let mut found = load_packed(tx, message, list, end, created_at).await?;
    found.extend(load_rows(tx, message, list, end, limit).await?);
    found.sort_unstable_by_key(|recipient| recipient.index);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let full = found.len() == usize::try_from(limit).unwrap_or(usize::MAX);
    let last = found.last().filter(|_| full);
    let next = last.map_or(end, |last| last.index.saturating_add(1)).max(list.first);
    Ok(RecipientPage { recipients: found, next: Some(next).filter(|next| *next < count) })
}

async fn load_packed(
    tx: &mut impl Tx,
    message: &MessageId,
    list: &RecipientList,
    end: u32,
    at: Timestamp,
) -> Result<Vec<BulkRecipient>> {
    let wanted = |recipient: &BulkRecipient| {
        (list.first..end).contains(&recipient.index)
            && (list.states.is_empty() || list.states.contains(&recipient.state))
    };
    let mut found = Vec::new();
    for pack in packs::between(tx, message, list.first, end, end).await? {
        found.extend(show(&pack, at)?.into_iter().filter(wanted));
    }
    Ok(found)
}

/// Packed recipients as the account sees them.
pub(crate) fn show(pack: &Pack, updated_at: Timestamp) -> Result<Vec<BulkRecipient>> {
    let Some(price) = pack.price else {
        let excluded = pack.excluded()?.into_iter().map(|(index, excluded)| BulkRecipient {
            index,
            address: excluded.address,
            state: excluded.why.state(),
            reason: Some(excluded.why.reason()),
            code: None,
            price: Msat::ZERO,
            updated_at,
        });
        return Ok(excluded.collect());
    };
    let pending = pack.numbers()?.into_iter().map(|(index, number)| BulkRecipient {
        index,
        address: number.digits().to_string(),
        state: RecipientState::Pending,
        reason: None,
        code: None,
        price,
        updated_at,
    });
    Ok(pending.collect())
}

async fn load_rows(
    tx: &mut impl Tx,
    message: &MessageId,
    list: &RecipientList,
    end: u32,
    limit: u32,
) -> Result<Vec<BulkRecipient>> {
    let words: Vec<_> = list.states.iter().map(|state| state.as_str()).collect();
    let states = if words.is_empty() { String::new() } else { format!(",{},", words.join(",")) };
    let params = params![message, list.first, end, &states, limit];
    let rows = if is_requeued(tx, message).await? {
        tx.query(
            concat!(
                "SELECT idx, address, state, reason, code, price, updated_at FROM (",
                crate::rows::campaign::missed_runs::shown_recipients!(),
                ") shown
                 WHERE ?4 = '' OR ?4 LIKE '%,' || state || ',%'
                 ORDER BY idx LIMIT ?5"
            ),
            params,
        )
        .await?
    } else {
        tx.query(
            "SELECT idx, address, state, reason, code, price, updated_at FROM all_recipients
             WHERE message = ?1 AND idx >= ?2 AND idx < ?3
                 AND (?4 = '' OR ?4 LIKE '%,' || state || ',%')
             ORDER BY idx LIMIT ?5",
            params,
        )
        .await?
    };
    rows.into_iter().map(read).collect()
}

/// Whether rows of some recipients may still hold the result of the previous try.
async fn is_requeued(tx: &mut impl Tx, message: &MessageId) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT 1 FROM bulk_messages WHERE message = ?1 AND retries > 0 AND ended_at IS NULL",
            params![message],
        )
        .await?;
    Ok(!rows.is_empty())
}

fn read(mut row: Row) -> Result<BulkRecipient> {
    Ok(BulkRecipient {
        index: row.get()?,
        address: row.get()?,
        state: row.get()?,
        reason: row.get()?,
        code: row.get()?,
        price: row.get()?,
        updated_at: row.get()?,
    })
}
