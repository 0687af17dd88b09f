//! Receipts that cannot be read, kept for the operator: the newest of each carrier.

use std::collections::BTreeSet;

use domain::id::InboundId;
use domain::inbound::{Octets, Party};
use domain::limits::UNREAD_RECEIPTS_MAX;
use domain::ports::UnreadReceipt;
use domain::routing::CarrierName;
use uuid::Uuid;

use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn keep(tx: &mut impl Tx, receipts: &[(InboundId, UnreadReceipt)]) -> Result<()> {
    let rows: Vec<_> = receipts
        .iter()
        .map(|(id, receipt)| {
            let (from, to) = (receipt.from.as_str(), receipt.to.as_str());
            let (esm_class, coding) =
                (i64::from(receipt.esm_class), i64::from(receipt.data_coding));
            let (octets, parameters) = (receipt.octets.as_slice(), receipt.parameters.as_slice());
            let carrier = receipt.carrier.as_str();
            params![id, carrier, from, to, esm_class, coding, octets, parameters, receipt.at]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO unread_receipts (id, carrier, sender, destination, esm_class, data_coding,
             octets, parameters, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &rows,
    )
    .await?;
    let carriers: BTreeSet<_> =
        receipts.iter().map(|(_, receipt)| receipt.carrier.as_str()).collect();
    let rows: Vec<_> =
        carriers.iter().map(|carrier| params![*carrier, UNREAD_RECEIPTS_MAX]).collect();
    tx.execute_many(
        "DELETE FROM unread_receipts WHERE carrier = ?1 AND id <= (
             SELECT id FROM unread_receipts WHERE carrier = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2
         )",
        &rows,
    )
    .await
    .map(drop)
}

pub(crate) async fn list(
    tx: &mut impl Tx,
    before: Option<InboundId>,
    limit: u32,
) -> Result<Vec<(InboundId, UnreadReceipt)>> {
    let before = before.unwrap_or(InboundId(Uuid::max()));
    let rows = tx
        .query(
            "SELECT id, carrier, sender, destination, esm_class, data_coding, octets, parameters, at
             FROM unread_receipts WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            params![&before, limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<(InboundId, UnreadReceipt)> {
    let id = row.get()?;
    let carrier = CarrierName::new(&row.get::<String>()?);
    let (from, to) = (Party::new(row.get::<String>()?), Party::new(row.get::<String>()?));
    let (esm_class, data_coding) = (row.get()?, row.get()?);
    let (octets, parameters) = (Octets::new(row.get()?), Octets::new(row.get()?));
    let at = row.get()?;
    let receipt =
        UnreadReceipt { carrier, at, from, to, esm_class, data_coding, octets, parameters };
    Ok((id, receipt))
}
