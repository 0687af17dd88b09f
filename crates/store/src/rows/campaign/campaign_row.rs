//! A campaign's counters and settlement: read and written with its message locked.
//! [`domain::sale::settlement`] has the rules of the settlement.

use std::collections::BTreeMap;

use domain::id::{AccountId, MessageId};
use domain::message::campaign::{CampaignEvents, Counts, RefundPolicy};
use domain::message::changes::PackedChanges;
use domain::message::counters::{CampaignCounters, MessageCounters};
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::CampaignSnapshot;
use domain::sale::settlement::Settlement;
use domain::time::Timestamp;

use super::callbacks::Callbacks;
use crate::rows::event::CampaignReport;
use crate::rows::ledger::{SettlementChange, unsettled};
use crate::tx::{Result, Row, Tx, params};

#[derive(Debug, Clone)]
pub(crate) struct CampaignRow {
    pub(crate) account: AccountId,
    pub(crate) paused: bool,
    pub(super) retries: u32,
    refunds: RefundPolicy,
    pub(super) counters: CampaignCounters,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) hook: Option<Hook>,
    pub(crate) callbacks: Option<Callbacks>,
    /// The settlement as booked.
    booked: Settlement,
}

/// What a campaign reports to its webhook, and its events so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hook {
    wants: CampaignEvents,
    stored: u32,
    last: Option<i64>,
}

impl Hook {
    /// `None` when there is nothing to report.
    pub(crate) fn report(
        &self,
        message: MessageId,
        recipients: PackedChanges,
        ended: Option<CampaignSnapshot>,
    ) -> Option<CampaignReport> {
        let recipients = match self.wants {
            CampaignEvents::Recipients => recipients,
            CampaignEvents::Finished => PackedChanges::default(),
        };
        let Self { stored, last, .. } = *self;
        let is_something = !recipients.is_empty() || ended.is_some();
        is_something.then_some(CampaignReport { message, stored, last, recipients, ended })
    }

    pub(crate) fn wants_recipients(&self) -> bool {
        self.wants == CampaignEvents::Recipients
    }
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
                 invalid, blocked, expired, timeout, ended_at, webhook_events, events, last_event,
                 callbacks, first_sms_id
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
    let wants: Option<CampaignEvents> = row.get()?;
    let (stored, last) = (row.get()?, row.get()?);
    let hook = wants.map(|wants| Hook { wants, stored, last });
    let (urls, first_sms_id) = (row.get::<Option<String>>()?, row.get()?);
    let callbacks = Callbacks::read(urls.as_deref(), first_sms_id);
    Ok(CampaignRow {
        account,
        paused,
        retries,
        refunds,
        counters,
        ended_at,
        hook,
        callbacks,
        booked,
    })
}

impl CampaignRow {
    /// Counts a recipient that changed to a state, and settles its price when that is final.
    pub(crate) fn count(&mut self, to: RecipientState, price: Msat, was_taken: bool) -> Result<()> {
        let is_kept = self.refunds.keeps(to, was_taken);
        self.counters.count(to, price, is_kept).map_err(unsettled)
    }

    /// The campaign at its end.
    pub(crate) fn snapshot(
        &self,
        message: MessageId,
        counters: &MessageCounters,
        at: Timestamp,
    ) -> CampaignSnapshot {
        let MessageCounters { state, recipients, pending, finals, delivered } = *counters;
        let submitted = recipients.saturating_sub(pending).saturating_sub(finals);
        let CampaignCounters { failed, invalid, blocked, expired, timeout, .. } = self.counters;
        let success = delivered;
        let counts =
            Counts { pending, submitted, success, failed, invalid, blocked, expired, timeout };
        CampaignSnapshot { message, state, counts, at }
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
