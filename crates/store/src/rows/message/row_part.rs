//! The first part that a carrier took of a single message, when its text has only this one: columns of
//! the message's row. All other parts are rows of submissions.

use domain::message::delivery::Delivery;
use domain::message::parts::Part;
use domain::message::receipt::{PartReceipt, ReceiptEffect};
use domain::ports::ReceiptState;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::recipients::Recipients;
use crate::tx::{Result, Row, Tx, params};

/// Its number.
const ONLY: u16 = 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowPart {
    pub(super) part: Part,
    pub(super) carrier_id: String,
    pub(super) decided_at: Option<Timestamp>,
    pub(super) noted_code: Option<String>,
    pub(super) noted_at: Option<Timestamp>,
}

impl RowPart {
    /// `None` for a part that is a row of its own.
    pub(super) fn new(part: &Part, carrier_id: &str) -> Option<Self> {
        (part.parts == 1 && part.part == ONLY).then(|| Self {
            part: part.clone(),
            carrier_id: carrier_id.to_owned(),
            decided_at: None,
            noted_code: None,
            noted_at: None,
        })
    }

    /// The next columns of a message's row.
    pub(super) fn read(row: &mut Row) -> Result<Option<Self>> {
        let Some(carrier) = row.get::<Option<String>>()? else {
            return skip(row).map(|()| None);
        };
        let carrier_id = row.get()?;
        let part = Part {
            carrier: CarrierName::new(&carrier),
            part: ONLY,
            parts: 1,
            attempt: row.get()?,
            link: row.get()?,
            state: row.get()?,
            code: row.get()?,
            at: row.get()?,
            noted: None,
        };
        let decided_at = row.get()?;
        let noted: Option<ReceiptState> = row.get()?;
        let (noted_code, noted_at) = (row.get()?, row.get()?);
        Ok(Some(Self {
            part: Part { noted, ..part },
            carrier_id,
            decided_at,
            noted_code,
            noted_at,
        }))
    }

    pub(super) fn is(&self, carrier: &CarrierName, part: u16) -> bool {
        self.part.carrier == *carrier && part == ONLY
    }

    /// Notes the receipt; `delivery` has recorded it.
    pub(super) fn record(
        &mut self,
        delivery: &Delivery,
        effect: ReceiptEffect,
        receipt: &PartReceipt,
    ) {
        if let Some(part) = delivery.parts.iter().find(|part| self.is(&part.carrier, part.part)) {
            self.part = part.clone();
        }
        match effect {
            ReceiptEffect::Decided(_) => self.decided_at = Some(receipt.at),
            ReceiptEffect::Noted { .. } => {
                (self.noted_code, self.noted_at) = (receipt.code.clone(), Some(receipt.at));
            }
            ReceiptEffect::Repeat => {}
        }
    }
}

/// Stores new parts, so that they are found by their ids; [`super::single`] stores the rest.
pub(super) async fn store_new(tx: &mut impl Tx, recipients: &Recipients) -> Result<()> {
    let new = recipients.iter().filter_map(|((id, _), recipient)| {
        let is_new = recipient.stored_before.as_ref()?.row.is_none();
        let row = recipient.stored.row.as_ref().filter(|_| is_new)?;
        Some((id, row, recipient.number.and_then(|number| i64::try_from(number).ok())))
    });
    let rows: Vec<_> = new
        .map(|(id, row, number)| {
            params![id, row.part.carrier.as_str(), &row.carrier_id, number, row.part.at]
        })
        .collect();
    tx.execute_many(
        "UPDATE messages SET part_carrier = ?2, part_id = ?3, part_number = ?4, part_at = ?5
         WHERE id = ?1",
        &rows,
    )
    .await
    .map(drop)
}

/// The columns after the first, which are empty.
fn skip(row: &mut Row) -> Result<()> {
    for _ in 0..10 {
        row.get::<Option<i64>>()?;
    }
    Ok(())
}
