//! Which part belongs to which message, and what the parts say together. Pure: the store keeps the
//! sets, the engine knows the time.
//!
//! | a part comes, and of its key there is | then |
//! |---|---|
//! | a set with the same part, waiting or joined a short while ago | it is a repeat |
//! | a set that waits for this number | it goes there, to the oldest of them |
//! | neither (another content under a number that is taken, a reference that came round) | it begins a set |
//! | the same whole message, from before the carrier may have missed an answer | it is a repeat |
//! | the same whole message otherwise | it is another message |
//!
//! So the first content of a number is kept, and another one under the same reference is lost neither:
//! it is a part of another message. Sets whose totals differ have different keys.

use std::collections::BTreeMap;

use super::message::{InboundContent, Octets};
use super::part::{InboundBody, InboundPart};
use crate::limits::INBOUND_REPEAT_MAX;
use crate::text::Text;
use crate::time::Timestamp;

/// What has come of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSet {
    /// In all.
    pub total: u8,
    /// By number, from 1.
    pub parts: BTreeMap<u8, InboundBody>,
    /// When its first part came.
    pub first_at: Timestamp,
    /// When it became a message, whole or not; it takes no parts after that.
    pub joined_at: Option<Timestamp>,
}

/// Where a part goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Repeat,
    /// Into the set at this index.
    Into(usize),
    /// Into a set of its own.
    New,
}

impl PartSet {
    /// The set that `part` begins.
    pub fn begun_by(part: &InboundPart) -> Self {
        Self {
            total: part.join.map_or(1, |join| join.total),
            parts: BTreeMap::from([(part.number(), part.body.clone())]),
            first_at: part.at,
            joined_at: None,
        }
    }

    pub fn is_complete(&self) -> bool {
        self.parts.len() == usize::from(self.total)
    }

    /// Numbers that have not come.
    pub fn missing(&self) -> Vec<u8> {
        (1..=self.total).filter(|number| !self.parts.contains_key(number)).collect()
    }

    fn has(&self, part: &InboundPart) -> bool {
        self.parts.get(&part.number()) == Some(&part.body)
    }

    fn may_repeat(&self, part: &InboundPart) -> bool {
        let recent = |at: Timestamp| part.at.since(at) <= INBOUND_REPEAT_MAX;
        match (part.join, self.joined_at) {
            (None, _) => self.first_at <= part.interrupted_at && recent(self.first_at),
            (Some(_), None) => true,
            (Some(_), Some(joined_at)) => recent(joined_at),
        }
    }

    /// What its parts say together. A gap cuts a text: characters are not put together across it.
    pub fn content(&self) -> InboundContent {
        let is_binary = |body: &InboundBody| matches!(body, InboundBody::Octets(_));
        if self.parts.values().any(is_binary) {
            return InboundContent::Octets(Octets::new(self.octets()));
        }
        let swapped = self.has_swapped_octets();
        let (mut text, mut run, mut next) = (String::new(), Vec::new(), 1);
        for (&number, body) in &self.parts {
            if number != next {
                flush(&mut run, &mut text);
            }
            next = number.saturating_add(1);
            match body {
                InboundBody::Text(part) => {
                    flush(&mut run, &mut text);
                    text.push_str(part);
                }
                InboundBody::Units(units) if swapped => {
                    run.extend(units.iter().map(|unit| unit.swap_bytes()));
                }
                InboundBody::Units(units) => run.extend(units),
                InboundBody::Octets(_) => {}
            }
        }
        flush(&mut run, &mut text);
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
        // No text of ours holds a NUL, and not every store would.
        InboundContent::Text(Text::from(text.replace('\0', "\u{FFFD}")))
    }

    /// Whether the first part begins with the mark of the other byte order.
    fn has_swapped_octets(&self) -> bool {
        matches!(self.parts.get(&1), Some(InboundBody::Units(units)) if units.first() == Some(&0xFFFE))
    }

    /// Texts among binary parts make no sense; nothing of them is lost.
    fn octets(&self) -> Vec<u8> {
        let octets = |body: &InboundBody| match body {
            InboundBody::Text(text) => text.as_bytes().to_vec(),
            InboundBody::Units(units) => units.iter().flat_map(|u| u.to_be_bytes()).collect(),
            InboundBody::Octets(octets) => octets.clone(),
        };
        self.parts.values().flat_map(octets).collect()
    }
}

/// Where `part` goes among the sets of its key, oldest first.
pub fn place(sets: &[PartSet], part: &InboundPart) -> Place {
    if sets.iter().any(|set| set.has(part) && set.may_repeat(part)) {
        return Place::Repeat;
    }
    let waits_for = |set: &PartSet| {
        set.joined_at.is_none() && !set.is_complete() && !set.parts.contains_key(&part.number())
    };
    sets.iter().position(waits_for).map_or(Place::New, Place::Into)
}

/// Unpaired surrogates become U+FFFD.
fn flush(run: &mut Vec<u16>, text: &mut String) {
    let chars = char::decode_utf16(run.drain(..));
    text.extend(chars.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

#[cfg(test)]
mod tests;
