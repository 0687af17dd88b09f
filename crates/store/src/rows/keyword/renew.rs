//! Renews a keyword at the end of its paid period, or ends it, as [`period_end`] decides.

use domain::inbound::sold_keyword::{EndedBy, Offer, PeriodEnd, SoldKeyword, period_end};
use domain::money::Msat;
use domain::ports::{Renewal, Renewed};
use domain::time::Timestamp;

use super::change::store_end;
use super::{add_period, find_to_change, read, select_keywords};
use crate::rows::{account, ledger, number};
use crate::tx::{Result, Tx, params};

pub(crate) async fn due(tx: &mut impl Tx, now: Timestamp, limit: u32) -> Result<Vec<SoldKeyword>> {
    let rows = tx
        .query(
            select_keywords!(
                "WHERE ended_at IS NULL AND paid_until <= ?1 ORDER BY paid_until, id LIMIT ?2"
            ),
            params![now, limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

pub(crate) async fn renew(tx: &mut impl Tx, renewal: &Renewal, now: Timestamp) -> Result<Renewed> {
    let Some(keyword) = find_to_change(tx, renewal.keyword).await? else {
        return Ok(Renewed::NotDue);
    };
    if keyword.periods != renewal.periods || keyword.paid_until > now {
        return Ok(Renewed::NotDue);
    }
    let number = number::find(tx, &keyword.number).await?;
    let enabled = account::is_enabled(tx, keyword.account).await?;
    let end = period_end(&keyword, number.as_ref(), enabled, renewal.period, now);
    let (from, offer) = match end {
        PeriodEnd::Renew { from, offer } => (from, offer),
        PeriodEnd::End(by) => return end_as(tx, keyword, by, now).await,
    };
    let price = if offer == Offer::Free { Msat::ZERO } else { renewal.price };
    if price > Msat::ZERO && !ledger::spend_over_limit(tx, keyword.account, price).await? {
        return end_as(tx, keyword, EndedBy::Credit, now).await;
    }
    let (periods, paid_until) = (keyword.periods + 1, from.after(renewal.period));
    let keyword = SoldKeyword { price, periods, paid_until, ..keyword };
    tx.execute(
        "UPDATE sold_keywords SET price = ?2, periods = ?3, paid_until = ?4 WHERE id = ?1",
        params![keyword.id.0, price, periods, paid_until],
    )
    .await?;
    add_period(tx, &keyword, from, now).await?;
    Ok(Renewed::Paid(keyword))
}

async fn end_as(
    tx: &mut impl Tx,
    keyword: SoldKeyword,
    by: EndedBy,
    now: Timestamp,
) -> Result<Renewed> {
    store_end(tx, &keyword, by, now).await?;
    Ok(Renewed::Ended(SoldKeyword { ended: Some((now, by)), ..keyword }))
}
