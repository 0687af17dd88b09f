//! Submissions, the parts that carriers have, and how the parts known decide their recipient.

use std::collections::BTreeMap;

use domain::message::MessageId;
use domain::reason::Reason;
use domain::recipient::{PartState, RecipientEvent, RecipientState, next, roll_up};
use domain::time::Timestamp;

use super::apply::Change;
use crate::sql::{Result, Tx, params};

/// A recipient: message and index.
pub(super) type Place = (MessageId, u32);

/// The carrier's word on one part, which decides it.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    pub(super) place: Place,
    pub(super) part: u16,
    pub(super) state: PartState,
    pub(super) code: Option<String>,
    pub(super) at: Timestamp,
}

/// The first final state of a part wins: what is decided stays.
pub(super) async fn decide(tx: &mut impl Tx, decisions: &[Decision]) -> Result<()> {
    let rows: Vec<_> = decisions
        .iter()
        .map(|decision| {
            let (message, index) = &decision.place;
            let code = decision.code.as_ref();
            params![message, *index, decision.part, decision.state, code, decision.at]
        })
        .collect();
    tx.execute_many(
        "UPDATE submissions SET state = ?4, code = ?5, decided_at = ?6
         WHERE message = ?1 AND idx = ?2 AND part = ?3 AND state = 'accepted'",
        &rows,
    )
    .await
    .map(drop)
}

/// A recipient as stored, with what is known of its parts.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) state: RecipientState,
    pub(super) parts: Option<u16>,
    /// Claims that ended without the carrier's answer.
    pub(super) unanswered: u32,
    /// The carrier that took a part last.
    pub(super) carrier: Option<String>,
    states: Vec<PartState>,
    /// The carrier's word for the part that failed or expired.
    code: Option<String>,
}

/// Parts that another carrier took earlier count only once they are decided: what is on its way at
/// two carriers is not one text.
pub(super) async fn load(
    tx: &mut impl Tx,
    places: impl IntoIterator<Item = Place>,
) -> Result<BTreeMap<Place, Known>> {
    let places: Vec<Place> = places.into_iter().collect();
    let rows: Vec<_> = places.iter().map(|(message, index)| params![message, *index]).collect();
    let recipients = tx
        .query_many(
            "SELECT state, parts, unanswered FROM recipients WHERE message = ?1 AND idx = ?2",
            &rows,
        )
        .await?;
    let submissions = tx
        .query_many(
            "SELECT state, code, carrier FROM submissions WHERE message = ?1 AND idx = ?2
             ORDER BY at DESC, attempt DESC, part",
            &rows,
        )
        .await?;
    let mut known = BTreeMap::new();
    for ((place, found), parts) in places.into_iter().zip(recipients).zip(submissions) {
        let Some(mut row) = found.into_iter().next() else { continue };
        let mut recipient = Known {
            state: row.get()?,
            parts: row.get()?,
            unanswered: row.get()?,
            carrier: None,
            states: Vec::new(),
            code: None,
        };
        for mut row in parts {
            let state: PartState = row.get()?;
            let code: Option<String> = row.get()?;
            let carrier: String = row.get()?;
            let latest = recipient.carrier.get_or_insert_with(|| carrier.clone());
            if state == PartState::Accepted && *latest != carrier {
                continue;
            }
            if matches!(state, PartState::Failed | PartState::Expired) {
                recipient.code = recipient.code.or(code);
            }
            recipient.states.push(state);
        }
        known.insert(place, recipient);
    }
    Ok(known)
}

impl Known {
    /// What the parts say; `None` while some are with no carrier.
    pub(super) fn rolled_up(&self) -> Option<RecipientEvent> {
        roll_up(self.parts?.max(1), &self.states)
    }

    /// The change that an event brings; `None` when it brings none.
    pub(super) fn change(
        &self,
        (message, index): Place,
        event: RecipientEvent,
        reason: Option<Reason>,
        code: Option<String>,
    ) -> Option<Change> {
        let (from, parts) = (self.state, self.parts);
        let to = next(from, event).ok().filter(|to| *to != from)?;
        Some(Change { message, index, from, to, parts, reason, code })
    }

    /// The change that the parts bring.
    pub(super) fn change_by_parts(&self, place: Place) -> Option<Change> {
        let event = self.rolled_up()?;
        let (reason, code) = match event {
            RecipientEvent::Failed => (Some(Reason::Undelivered), self.code.clone()),
            RecipientEvent::Expired => (Some(Reason::Expired), self.code.clone()),
            RecipientEvent::Submitted
            | RecipientEvent::Delivered
            | RecipientEvent::TimedOut
            | RecipientEvent::Invalid
            | RecipientEvent::Blocked => (None, None),
        };
        self.change(place, event, reason, code)
    }
}
