//! Payments and referrers as the operator sees them.

use domain::money::Msat;
use domain::payout::LightningAddress;
use domain::ports::{Payout, PayoutList, PayoutLoad, Referrer};

use crate::tx::{Result, Row, Tx, params};

/// Rows as [`read`] takes them.
macro_rules! select_payouts {
    ($which:literal) => {
        concat!(
            "SELECT hash, address, invoice, amount, fee_max, fee, state, trouble, expires_at,
                 node_key, created_at, updated_at
             FROM payouts ",
            $which
        )
    };
}
pub(super) use select_payouts;

pub(super) fn read(mut row: Row) -> Result<Payout> {
    Ok(Payout {
        hash: row.get()?,
        address: row.get()?,
        invoice: row.get()?,
        amount: row.get()?,
        fee_max: row.get()?,
        fee: row.get()?,
        state: row.get()?,
        trouble: row.get()?,
        expires_at: row.get()?,
        node_key: row.get()?,
        created_at: row.get()?,
        updated_at: row.get()?,
    })
}

pub(crate) async fn payouts(tx: &mut impl Tx, list: &PayoutList) -> Result<Vec<Payout>> {
    let state = list.state.map_or("", |state| state.as_str());
    let rows = match &list.before {
        None => {
            tx.query(
                select_payouts!(
                    "WHERE (?1 = '' OR state = ?1) ORDER BY created_at DESC, hash DESC LIMIT ?2"
                ),
                params![state, list.limit],
            )
            .await?
        }
        Some(before) => {
            tx.query(
                select_payouts!(
                    "WHERE (?1 = '' OR state = ?1)
                         AND created_at <= (SELECT b.created_at FROM payouts b WHERE b.hash = ?3)
                         AND (hash < ?3
                             OR created_at < (SELECT b.created_at FROM payouts b WHERE b.hash = ?3))
                     ORDER BY created_at DESC, hash DESC LIMIT ?2"
                ),
                params![state, list.limit, before],
            )
            .await?
        }
    };
    rows.into_iter().map(read).collect()
}

pub(crate) async fn referrers(
    tx: &mut impl Tx,
    after: Option<&LightningAddress>,
    limit: u32,
) -> Result<Vec<Referrer>> {
    let rows = tx
        .query(
            "SELECT address, due, failures, trouble, next_try_at, stopped_at FROM referrers
             WHERE address > ?1 AND due > 0 ORDER BY address LIMIT ?2",
            params![after.map_or("", LightningAddress::as_str), limit],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Referrer {
                address: row.get()?,
                due: row.get()?,
                failures: row.get()?,
                trouble: row.get()?,
                next_try_at: row.get()?,
                stopped_at: row.get()?,
            })
        })
        .collect()
}

pub(crate) async fn load(tx: &mut impl Tx) -> Result<PayoutLoad> {
    let rows = tx
        .query(
            "SELECT (SELECT CAST(coalesce(sum(due), 0) AS BIGINT) FROM referrers WHERE due > 0),
                 (SELECT count(*) FROM payouts WHERE check_at IS NOT NULL),
                 (SELECT count(*) FROM referrers WHERE stopped_at IS NOT NULL AND due > 0),
                 (SELECT paused_at FROM referral_terms WHERE id = 1)",
            [],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(PayoutLoad::default()) };
    let due: Msat = row.get()?;
    Ok(PayoutLoad { due, attempting: row.get()?, stopped: row.get()?, paused_at: row.get()? })
}
