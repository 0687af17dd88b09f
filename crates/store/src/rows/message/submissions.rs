//! Rows of accepted parts, and of their receipts. [`domain::message::parts`] defines when parts
//! decide their recipient.

use domain::id::MessageId;
use domain::message::parts::{Part, PartState};
use domain::message::receipt::{PartReceipt, ReceiptEffect};
use domain::routing::CarrierName;

use super::recipients::Recipient;
use crate::tx::{Result, Row, Tx, params};

/// A recipient: message and index.
pub(crate) type RecipientKey = (MessageId, u32);

/// The next columns of a row: carrier, part, parts, attempt, link, at, state, code, noted. `None` for a
/// recipient without parts.
pub(crate) fn read(row: &mut Row) -> Result<Option<Part>> {
    let Some(carrier) = row.get::<Option<String>>()? else { return Ok(None) };
    Ok(Some(Part {
        carrier: CarrierName::new(&carrier),
        part: row.get()?,
        parts: row.get()?,
        attempt: row.get()?,
        link: row.get()?,
        at: row.get()?,
        state: row.get()?,
        code: row.get()?,
        noted: row.get()?,
    }))
}

/// A newly accepted part.
pub(crate) struct NewSubmission<'a> {
    pub(crate) recipient: RecipientKey,
    pub(crate) part: Part,
    pub(crate) carrier_id: &'a str,
    /// Destination number; `None` for e-mail.
    pub(crate) number: Option<u64>,
}

pub(crate) async fn insert(tx: &mut impl Tx, new: &[NewSubmission<'_>]) -> Result<()> {
    let rows: Vec<_> = new
        .iter()
        .map(|NewSubmission { recipient: (message, index), part, carrier_id, number }| {
            params![
                message,
                *index,
                part.carrier.as_str(),
                part.part,
                part.parts,
                *carrier_id,
                number.and_then(|number| i64::try_from(number).ok()),
                part.attempt,
                part.link,
                part.state,
                part.at,
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO submissions (message, idx, carrier, part, parts, carrier_id, number, attempt,
             link, state, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        &rows,
    )
    .await
    .map(drop)
}

/// A part of a recipient at a carrier.
#[derive(Clone, Copy)]
pub(crate) struct PartKey<'a> {
    pub(crate) recipient: RecipientKey,
    pub(crate) carrier: &'a CarrierName,
    pub(crate) part: u16,
}

/// Receipts to store with their parts.
#[derive(Default)]
pub(crate) struct ReceiptUpdates<'a> {
    decided: Vec<(PartKey<'a>, PartState, PartReceipt)>,
    noted: Vec<(PartKey<'a>, PartReceipt)>,
    /// Receipts that contradict the decision.
    pub(crate) contradictory: u32,
}

impl<'a> ReceiptUpdates<'a> {
    /// `recipient` has recorded the receipt, with this effect.
    pub(crate) fn add(
        &mut self,
        recipient: &mut Recipient,
        effect: ReceiptEffect,
        part: PartKey<'a>,
        receipt: PartReceipt,
    ) {
        let contradicts = effect == ReceiptEffect::Noted { contradicts: true };
        self.contradictory += u32::from(contradicts);
        let Recipient { delivery, stored, .. } = recipient;
        if let Some(row) = stored.row.as_mut().filter(|row| row.is(part.carrier, part.part)) {
            row.record(delivery, effect, &receipt);
            return;
        }
        match effect {
            ReceiptEffect::Decided(state) => self.decided.push((part, state, receipt)),
            ReceiptEffect::Noted { .. } => self.noted.push((part, receipt)),
            ReceiptEffect::Repeat => {}
        }
    }

    pub(crate) async fn store(&self, tx: &mut impl Tx) -> Result<()> {
        let rows: Vec<_> = self
            .decided
            .iter()
            .map(|(PartKey { recipient: (message, index), carrier, part }, state, receipt)| {
                let (code, at) = (receipt.code.as_ref(), receipt.at);
                params![message, *index, carrier.as_str(), *part, *state, code, at]
            })
            .collect();
        tx.execute_many(
            "UPDATE submissions SET state = ?5, code = ?6, decided_at = ?7
             WHERE message = ?1 AND idx = ?2 AND carrier = ?3 AND part = ?4",
            &rows,
        )
        .await?;
        let rows: Vec<_> = self
            .noted
            .iter()
            .map(|(PartKey { recipient: (message, index), carrier, part }, receipt)| {
                let (code, at) = (receipt.code.as_ref(), receipt.at);
                params![message, *index, carrier.as_str(), *part, receipt.state, code, at]
            })
            .collect();
        tx.execute_many(
            "UPDATE submissions SET noted = ?5, noted_code = ?6, noted_at = ?7
             WHERE message = ?1 AND idx = ?2 AND carrier = ?3 AND part = ?4",
            &rows,
        )
        .await
        .map(drop)
    }
}
