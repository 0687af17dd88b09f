//! A campaign's counters and settlement: read and written with its message locked.
//! [`domain::sale::settlement`] has the rules of the settlement.

use std::collections::BTreeMap;

use domain::id::{AccountId, MessageId};
use domain::message::campaign::RefundPolicy;
use domain::message::counters::CampaignCounters;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::sale::settlement::Settlement;
use domain::time::Timestamp;

use crate::rows::ledger::{SettlementChange, unsettled};
use crate::tx::{Result, Row, Tx, params};

#[derive(Debug, Clone, Copy)]
pub(crate) struct CampaignRow {
    pub(crate) account: AccountId,
    pub(crate) paused: bool,
    pub(super) retries: u32,
    refunds: RefundPolicy,
    pub(super) counters: CampaignCounters,
    pub(crate) ended_at: Option<Timestamp>,
    /// The settlement as booked.
    booked: Settlement,
}

/// The rows of those messages that are campaigns.
pub(crate) async fn load(
    tx: &mut impl Tx,
    ids: &[MessageId],
) -> Result<BTreeMap<MessageId, CampaignRow>> {
    let rows: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT account, paused, retries, refunds, price, charged, refunded, missed, failed,
                 invalid, blocked, expired, timeout, ended_at
             FROM bulk_messages WHERE message = ?1",
            &rows,
        )
        .await?;
    let rows = ids.iter().zip(found).flat_map(|(id, rows)| rows.into_iter().map(|row| (*id, row)));
    rows.map(|(id, row)| Ok((id, read(row)?))).collect()
}

fn read(mut row: Row) -> Result<CampaignRow> {
    let (account, paused) = (row.get()?, row.get::<i64>()? != 0);
    let (retries, refunds) = (row.get()?, row.get()?);
    let booked = Settlement { reserved: row.get()?, posted: row.get()?, voided: row.get()? };
    let counters = CampaignCounters {
        settlement: booked,
        missed: row.get()?,
        failed: row.get()?,
        invalid: row.get()?,
        blocked: row.get()?,
        expired: row.get()?,
        timeout: row.get()?,
    };
    let ended_at = row.get()?;
    Ok(CampaignRow { account, paused, retries, refunds, counters, ended_at, booked })
}

impl CampaignRow {
    /// Counts a recipient that changed to a state, and settles its price when that is final.
    pub(crate) fn count(&mut self, to: RecipientState, price: Msat, was_taken: bool) -> Result<()> {
        let is_kept = self.refunds.keeps(to, was_taken);
        self.counters.count(to, price, is_kept).map_err(unsettled)
    }

    /// Voids the rest of the reservation, and returns its amount.
    pub(super) fn void_rest(&mut self) -> Result<Msat> {
        self.counters.settlement.void_rest().map_err(unsettled)
    }

    /// The change to book since the last call.
    pub(crate) fn take_change(&mut self, message: MessageId) -> Option<SettlementChange> {
        let (before, after) = (self.booked, self.counters.settlement);
        self.booked = after;
        let payer = self.account;
        (before != after).then_some(SettlementChange { message, payer, before, after })
    }
}

pub(crate) async fn store(
    tx: &mut impl Tx,
    changed: impl Iterator<Item = (&MessageId, &CampaignRow)>,
) -> Result<()> {
    let rows: Vec<_> = changed
        .map(|(id, CampaignRow { counters, ended_at, .. })| {
            let Settlement { posted, voided, .. } = counters.settlement;
            params![
                id,
                posted,
                voided,
                counters.failed,
                counters.invalid,
                counters.blocked,
                counters.expired,
                counters.timeout,
                *ended_at,
                counters.missed,
            ]
        })
        .collect();
    tx.execute_many(
        "UPDATE bulk_messages SET charged = ?2, refunded = ?3, failed = ?4, invalid = ?5,
             blocked = ?6, expired = ?7, timeout = ?8, ended_at = ?9, missed = ?10
         WHERE message = ?1",
        &rows,
    )
    .await
    .map(drop)
}
