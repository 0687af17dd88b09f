//! The parts that carriers took of a recipient's text, and how they decide it.
//!
//! One carrier after another may take the same text. What each of them took stays, so that its
//! receipts are always of something:
//!
//! | the parts of a carrier | all delivered | one failed or expired | all taken |
//! |---|---|---|---|
//! | that took some last, and does not count as tried | success | failed, expired | submitted |
//! | that another one took over from, or that counts as tried | success | – | – |
//!
//! While another carrier has the whole text and has not said what became of it, nothing fails: it may
//! arrive yet, and its receipt decides, or its time.
//!
//! A part that one carrier delivered is missing at no other that cuts the text alike. What is on
//! its way at two carriers is not one text.

use std::collections::BTreeMap;

use domain::message::recipient::{PartState, RecipientEvent, RecipientState, roll_up};
use domain::ports::ReceiptState;
use domain::reason::Reason;
use domain::time::Timestamp;

use super::recipients::{Place, Recipient};
use crate::tx::{Result, Row, Tx, params};

/// A part as a carrier took it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) carrier: String,
    pub(crate) part: u16,
    /// That the text has at this carrier.
    pub(crate) parts: u16,
    pub(crate) attempt: u32,
    pub(crate) at: Timestamp,
    pub(crate) state: PartState,
    pub(crate) code: Option<String>,
    /// The last word that decided nothing.
    pub(crate) word: Option<ReceiptState>,
}

/// A carrier's word on a part.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) state: ReceiptState,
    pub(crate) code: Option<String>,
    pub(crate) at: Timestamp,
}

/// What a word does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It decides the part.
    Decides(PartState),
    /// It is kept with the part.
    Kept { contradicts: bool },
    /// It is known already.
    Repeat,
}

impl Part {
    /// `None` of a recipient without parts.
    pub(crate) fn read(row: &mut Row) -> Result<Option<Self>> {
        let Some(carrier) = row.get()? else { return Ok(None) };
        let (part, parts, attempt, at) = (row.get()?, row.get()?, row.get()?, row.get()?);
        let (state, code, word) = (row.get()?, row.get()?, row.get()?);
        Ok(Some(Self { carrier, part, parts, attempt, at, state, code, word }))
    }
}

const fn part_state(state: ReceiptState) -> Option<PartState> {
    match state {
        ReceiptState::Delivered => Some(PartState::Delivered),
        ReceiptState::Failed => Some(PartState::Failed),
        ReceiptState::Expired => Some(PartState::Expired),
        ReceiptState::Intermediate => None,
    }
}

impl Recipient {
    /// Hears a carrier's word on one of its parts. The first final one decides the part, unless all
    /// is decided without it; one that comes after that is kept.
    pub(crate) fn hear(&mut self, carrier: &str, number: u16, said: &Said) -> Heard {
        let is_final = self.state.is_final();
        let of = |part: &&mut Part| part.carrier == carrier && part.part == number;
        let Some(part) = self.parts.iter_mut().find(of) else { return Heard::Repeat };
        let undecided = part.state == PartState::Accepted;
        match part_state(said.state) {
            None if is_final || !undecided => Heard::Repeat,
            None => {
                part.word = Some(said.state);
                Heard::Kept { contradicts: false }
            }
            Some(state) if undecided && !is_final => {
                (part.state, part.code) = (state, said.code.clone());
                Heard::Decides(state)
            }
            Some(state) if state == part.state || part.word == Some(said.state) => Heard::Repeat,
            Some(_) => {
                part.word = Some(said.state);
                let contradicts = !undecided || self.contradicts(carrier, said.state);
                Heard::Kept { contradicts }
            }
        }
    }

    /// Whether what the carrier says of its parts, now that all is decided, is not what was decided.
    fn contradicts(&self, carrier: &str, said: ReceiptState) -> bool {
        if self.state == RecipientState::Success {
            return said != ReceiptState::Delivered;
        }
        let own: Vec<_> = self.parts.iter().filter(|part| part.carrier == carrier).collect();
        let delivered = |part: &&&Part| {
            part.state == PartState::Delivered || part.word == Some(ReceiptState::Delivered)
        };
        let parts = own.iter().map(|part| usize::from(part.parts)).max().unwrap_or(1);
        own.iter().filter(delivered).count() >= parts
    }

    /// Whoever took a part last, unless it counts as tried.
    pub(crate) fn carrier(&self) -> Option<&str> {
        let last = self.parts.iter().max_by_key(|part| (part.at, part.attempt))?;
        Some(last.carrier.as_str()).filter(|carrier| !self.tried.has(carrier))
    }

    /// It was with a carrier that counts as tried by now, or did so.
    pub(crate) fn was_returned(&self) -> bool {
        let whole = |part: &Part| {
            let (parts, states) = self.text_at(&part.carrier);
            states.len() >= usize::from(parts)
        };
        self.stayed || self.parts.iter().any(|part| self.tried.has(&part.carrier) && whole(part))
    }

    /// The state that it leaves by becoming final. With `taken`, one that a carrier had was *submitted*,
    /// whatever it was when it was read.
    pub(crate) fn left(&self, taken: bool) -> RecipientState {
        let whole = |part: &Part| {
            let (parts, states) = self.text_at(&part.carrier);
            states.len() >= usize::from(parts)
        };
        if taken && self.parts.iter().any(whole) { RecipientState::Submitted } else { self.before }
    }

    /// What the parts say; `None` while some are with no carrier.
    pub(crate) fn rolled_up(&self) -> Option<RecipientEvent> {
        let delivers = |part: &Part| self.says(&part.carrier) == Some(RecipientEvent::Delivered);
        match self.carrier().and_then(|carrier| self.says(carrier)) {
            Some(RecipientEvent::Delivered) => Some(RecipientEvent::Delivered),
            _ if self.parts.iter().any(delivers) => Some(RecipientEvent::Delivered),
            Some(RecipientEvent::Failed | RecipientEvent::Expired)
                if self.owes_word().is_some() =>
            {
                Some(RecipientEvent::Submitted)
            }
            event => event,
        }
    }

    /// The last carrier that has the whole text and has not said what became of it.
    fn owes_word(&self) -> Option<&str> {
        let owes = |part: &&Part| self.says(&part.carrier) == Some(RecipientEvent::Submitted);
        let last = self.parts.iter().filter(owes).max_by_key(|part| (part.at, part.attempt))?;
        Some(last.carrier.as_str())
    }

    /// No other carrier will have it, of whom `refused` said so: it is with the one that owes its
    /// word on it. False when there is none.
    pub(crate) fn falls_back(
        &mut self,
        refused: Option<&str>,
        reason: Reason,
        code: Option<String>,
    ) -> bool {
        let Some(carrier) = self.owes_word().map(str::to_owned) else { return false };
        if let Some(refused) = refused {
            self.has_tried(refused);
        }
        self.stays_with(&carrier);
        self.step(RecipientEvent::Submitted, Some(reason), code)
    }

    fn says(&self, carrier: &str) -> Option<RecipientEvent> {
        let (parts, states) = self.text_at(carrier);
        roll_up(parts, &states)
    }

    /// How many parts the text has at a carrier, and the states of those known.
    fn text_at(&self, carrier: &str) -> (u16, Vec<PartState>) {
        let own = || self.parts.iter().filter(|part| part.carrier == carrier);
        let parts = own().max_by_key(|part| (part.attempt, part.at)).map_or(1, |part| part.parts);
        let mut states: BTreeMap<u16, PartState> =
            own().map(|part| (part.part, part.state)).collect();
        let delivered = self.parts.iter().filter(|part| {
            part.carrier != carrier && part.parts == parts && part.state == PartState::Delivered
        });
        states.extend(delivered.map(|part| (part.part, part.state)));
        (parts.max(1), states.into_values().collect())
    }

    /// Does what the parts bring.
    pub(crate) fn step_by_parts(&mut self) -> bool {
        let Some(event) = self.rolled_up() else { return false };
        let reason = match event {
            RecipientEvent::Failed => Some(Reason::Undelivered),
            RecipientEvent::Expired => Some(Reason::Expired),
            RecipientEvent::Submitted
            | RecipientEvent::Returned
            | RecipientEvent::Requeued
            | RecipientEvent::Delivered
            | RecipientEvent::TimedOut
            | RecipientEvent::Invalid
            | RecipientEvent::Blocked => None,
        };
        let code = reason.and_then(|_| self.code_of_failure());
        self.step(event, reason, code)
    }

    /// The carrier's word for the part that failed or expired.
    fn code_of_failure(&self) -> Option<String> {
        let carrier = self.carrier()?;
        let failed = self.parts.iter().filter(|part| {
            part.carrier == carrier && matches!(part.state, PartState::Failed | PartState::Expired)
        });
        failed.filter_map(|part| part.code.clone()).next()
    }
}

/// Words to be stored with the parts they are of.
#[derive(Default)]
pub(crate) struct Words<'a> {
    decided: Vec<(Place, &'a str, u16, PartState, Said)>,
    kept: Vec<(Place, &'a str, u16, Said)>,
    pub(crate) contradictory: u32,
}

impl<'a> Words<'a> {
    pub(crate) fn add(
        &mut self,
        heard: Heard,
        (place, carrier, part): (Place, &'a str, u16),
        said: Said,
    ) {
        match heard {
            Heard::Decides(state) => self.decided.push((place, carrier, part, state, said)),
            Heard::Kept { contradicts } => {
                self.contradictory += u32::from(contradicts);
                self.kept.push((place, carrier, part, said));
            }
            Heard::Repeat => {}
        }
    }

    pub(crate) async fn store(&self, tx: &mut impl Tx) -> Result<()> {
        if !self.decided.is_empty() {
            let rows: Vec<_> = self
                .decided
                .iter()
                .map(|((message, index), carrier, part, state, said)| {
                    let code = said.code.as_ref();
                    params![message, *index, *carrier, *part, *state, code, said.at]
                })
                .collect();
            tx.execute_many(
                "UPDATE submissions SET state = ?5, code = ?6, decided_at = ?7
                 WHERE message = ?1 AND idx = ?2 AND carrier = ?3 AND part = ?4",
                &rows,
            )
            .await?;
        }
        if !self.kept.is_empty() {
            let rows: Vec<_> = self
                .kept
                .iter()
                .map(|((message, index), carrier, part, said)| {
                    let code = said.code.as_ref();
                    params![message, *index, *carrier, *part, said.state, code, said.at]
                })
                .collect();
            tx.execute_many(
                "UPDATE submissions SET word = ?5, word_code = ?6, word_at = ?7
                 WHERE message = ?1 AND idx = ?2 AND carrier = ?3 AND part = ?4",
                &rows,
            )
            .await?;
        }
        Ok(())
    }
}
