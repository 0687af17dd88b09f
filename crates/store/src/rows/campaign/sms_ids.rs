//! Ids of the query door: numbers that grow, of texts that are sent and of texts that come in.

use domain::limits::SMS_ID_MAX;
use domain::ports::PortError;

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
