//! Lookups of numbers: the last answer to each question, and the charges for answers.

use domain::money::Msat;
use domain::number::Msisdn;
use domain::number::network::NetworkAnswer;
use domain::ports::{LookupSale, PortError, SoldLookup};
use domain::sale::ledger::TransferKind;
use domain::time::Timestamp;

use crate::rows::ledger::{self, Short};
use crate::tx::{AdvisoryLock, Result, Tx, params};

pub(crate) async fn last(
    tx: &mut impl Tx,
    number: Msisdn,
    roaming: bool,
    since: Timestamp,
) -> Result<Option<(NetworkAnswer, Timestamp)>> {
    let rows = tx
        .query(
            "SELECT answer, at FROM lookups WHERE number = ?1 AND roaming = ?2 AND at >= ?3",
            params![stored(number), i64::from(roaming), since],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let answer: String = row.get()?;
    let unreadable = |_| PortError::Refused("unreadable column: answer".to_owned());
    Ok(Some((serde_json::from_str(&answer).map_err(unreadable)?, row.get()?)))
}

pub(crate) async fn sell(
    tx: &mut impl Tx,
    sold: &SoldLookup,
    now: Timestamp,
) -> Result<LookupSale> {
    tx.lock(AdvisoryLock::Lookup(&sold.number.digits().to_string())).await?;
    if last(tx, sold.number, sold.roaming, sold.fresh_since).await?.is_some() {
        return Ok(LookupSale::Paid);
    }
    if sold.price > Msat::ZERO {
        match ledger::spend(tx, sold.account, sold.price, now).await? {
            None => {}
            Some(Short::Credit { available }) => {
                return Ok(LookupSale::Insufficient { available });
            }
            Some(Short::DailyLimit { left }) => return Ok(LookupSale::OverDailyLimit { left }),
        }
        tx.execute(
            "INSERT INTO lookup_charges (id, account, price, at) VALUES (?1, ?2, ?3, ?4)",
            params![&sold.id, sold.account, sold.price, now],
        )
        .await?;
    }
    let unwritable = |_| PortError::Refused("the answer cannot be written".to_owned());
    let answer = serde_json::to_string(&sold.answer).map_err(unwritable)?;
    tx.execute(
        "INSERT INTO lookups (number, roaming, answer, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (number, roaming) DO UPDATE SET answer = ?3, at = ?4",
        params![stored(sold.number), i64::from(sold.roaming), &answer, now],
    )
    .await?;
    if sold.price > Msat::ZERO {
        let spent = (sold.account, sold.price);
        ledger::book_spent(tx, sold.id.as_bytes(), TransferKind::Lookup, spent, now).await?;
    }
    Ok(LookupSale::Paid)
}

fn stored(number: Msisdn) -> i64 {
    i64::try_from(number.digits()).unwrap_or(i64::MAX)
}

/// Deletes at most `limit` answers from before `before`; returns how many.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM lookups WHERE (number, roaming) IN (
             SELECT number, roaming FROM lookups WHERE at < ?1 LIMIT ?2
         )",
        params![before, limit],
    )
    .await
}

/// At most `limit` charges without a posted transfer of their price from their account to revenue, and transfers
/// without a charge.
pub(crate) async fn wrong(tx: &mut impl Tx, limit: u32) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "SELECT coalesce(c.id, t.id) FROM lookup_charges c FULL JOIN (
                 SELECT id, debit, credit, amount, state FROM transfers WHERE kind = 'lookup'
             ) t ON t.id = c.id
             WHERE NOT coalesce(t.state = 'posted' AND t.amount = c.price
                 AND t.credit = 'revenue'
                 AND t.debit = 'customer:' || CAST(c.account AS TEXT), 1 = 0)
             ORDER BY 1 LIMIT ?1",
            params![limit],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| Ok(format!("{}: without its like", hex::encode(row.get::<Vec<u8>>()?))))
        .collect()
}
