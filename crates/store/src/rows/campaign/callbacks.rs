//! The callbacks of a campaign, and what they report of a recipient that became final.

use domain::id::AccountId;
use domain::limits::CALLBACKS_PER_CAMPAIGN_MAX;
use domain::message::campaign::NewBulk;
use domain::message::recipient::RecipientState;
use domain::message::status_code::StatusCode;
use domain::ports::{PortError, RecipientReport};
use domain::reason::Reason;
use domain::time::Timestamp;

use crate::rows::event::{self, NewCallback};
use crate::tx::{Result, Tx};

#[derive(Debug, Clone)]
pub(crate) struct Callbacks {
    pub(crate) urls: Vec<String>,
    first_sms_id: Option<u64>,
}

/// A recipient in its final state.
pub(crate) struct Final<'a> {
    pub(crate) index: u32,
    pub(crate) address: String,
    pub(crate) state: RecipientState,
    pub(crate) reason: Option<Reason>,
    pub(crate) code: Option<&'a str>,
}

impl Callbacks {
    /// As [`stored`] wrote them. `None` where there is no callback.
    pub(super) fn read(urls: Option<&str>, first_sms_id: Option<u64>) -> Option<Self> {
        let urls = urls?.lines().map(str::to_owned).collect();
        Some(Self { urls, first_sms_id })
    }

    /// `None` of a recipient that is not final.
    pub(crate) fn report(
        &self,
        account: AccountId,
        recipient: Final<'_>,
        accepted_at: Timestamp,
        now: Timestamp,
    ) -> Option<RecipientReport> {
        let Final { index, address, state, reason, code } = recipient;
        let status = StatusCode::of(state, reason, code)?;
        let delivered_at = (state == RecipientState::Success).then_some(now);
        let sms_id = self.first_sms_id.and_then(|first| first.checked_add(index.into()));
        Some(RecipientReport { account, address, status, accepted_at, delivered_at, sms_id })
    }
}

/// One URL a line; `None` if there is none.
pub(super) fn stored(urls: &[String]) -> Option<String> {
    (!urls.is_empty()).then(|| urls.join("\n"))
}

/// Reports the recipients that are final from the start; the first has this index.
pub(super) async fn report_excluded(tx: &mut impl Tx, new: &NewBulk, first: u32) -> Result<()> {
    if new.callbacks.len() > CALLBACKS_PER_CAMPAIGN_MAX {
        return Err(PortError::Refused("a campaign has too many callbacks".to_owned()));
    }
    if new.callbacks.is_empty() || new.excluded.is_empty() {
        return Ok(());
    }
    let (now, first_sms_id) = (new.created_at, new.first_sms_id);
    let callbacks = Callbacks { urls: new.callbacks.clone(), first_sms_id };
    let reports = (first..).zip(&new.excluded).filter_map(|(index, excluded)| {
        let address = excluded.address.clone();
        let (state, reason) = (excluded.why.state(), Some(excluded.why.reason()));
        let recipient = Final { index, address, state, reason, code: None };
        let report = callbacks.report(new.payer, recipient, now, now)?;
        let (message, account) = (new.content.message, new.payer);
        Some(NewCallback { message, account, index, urls: &callbacks.urls, report })
    });
    event::add_callbacks(tx, reports.collect(), now).await.map(drop)
}
