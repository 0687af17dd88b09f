//! Ids of the query door: numbers that grow, one for each recipient of a campaign. A campaign has a run of
//! them, so that only the first is stored.

use domain::id::{AccountId, MessageId};
use domain::limits::SMS_ID_MAX;
use domain::message::campaign::BulkMessage;
use domain::ports::PortError;

use super::rows::find;
use crate::tx::{Result, Tx, params};

/// The row is locked until the commit, so that two nodes take ids one after the other.
pub(crate) async fn take_sms_ids(tx: &mut impl Tx, count: u32) -> Result<u64> {
    let refused = |why: &str| PortError::Refused(why.to_owned());
    let rows = tx
        .query("UPDATE sms_ids SET next = next + ?1 WHERE id = 1 RETURNING next", params![count])
        .await?;
    let mut row =
        rows.into_iter().next().ok_or_else(|| refused("the row of sms_ids is missing"))?;
    let next: i64 = row.get()?;
    if next > SMS_ID_MAX {
        return Err(refused("no id of the query door is left"));
    }
    u64::try_from(next - i64::from(count)).map_err(|_| refused("the row of sms_ids is negative"))
}

pub(crate) async fn find_by_sms_id(
    tx: &mut impl Tx,
    account: AccountId,
    sms_id: u64,
) -> Result<Option<(BulkMessage, u32)>> {
    let Some(sms_id) = i64::try_from(sms_id).ok().filter(|id| *id < SMS_ID_MAX) else {
        return Ok(None);
    };
    let rows = tx
        .query(
            "SELECT message, first_sms_id FROM bulk_messages
             WHERE first_sms_id IS NOT NULL AND first_sms_id <= ?1
             ORDER BY first_sms_id DESC LIMIT 1",
            params![sms_id],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (message, first): (MessageId, i64) = (row.get()?, row.get()?);
    let Some(found) = find(tx, account, &message).await? else { return Ok(None) };
    let index = u32::try_from(sms_id.saturating_sub(first)).unwrap_or(u32::MAX);
    Ok(Some((found, index)).filter(|(found, index)| *index < found.counts.total()))
}
