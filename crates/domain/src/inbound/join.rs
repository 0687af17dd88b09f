//! Assigns inbound parts to messages and joins them. Pure: the store keeps the part sets.
//!
//! | for the key of a new part there is | the part is |
//! |---|---|
//! | a set with the same part, waiting or recently joined | a repeat |
//! | a set that lacks this part number | added to the oldest of them |
//! | neither (other content with the same number, a reused reference) | the first of a new set |
//! | the same whole message from before a possibly lost response | a repeat |
//! | the same whole message otherwise | another message |
//!
//! The first content of a part number is kept, and other content with the same reference becomes part of another message,
//! so none is lost. Sets with different totals have different keys.

use std::collections::BTreeMap;

use super::message::{InboundContent, Octets};
use super::part::{InboundBody, InboundPart};
use crate::limits::INBOUND_REPEAT_MAX;
use crate::text::Text;
use crate::time::Timestamp;

/// The received parts of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSet {
    /// Number of parts of the message.
    pub total: u8,
    /// Received parts by number, from 1.
    pub parts: BTreeMap<u8, InboundBody>,
    /// Arrival of the first part.
    pub first_at: Timestamp,
    /// When it was joined into a message, complete or not; no parts are added after that.
    pub joined_at: Option<Timestamp>,
}

/// Where a part belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Repeat,
    /// The set at this index.
    Into(usize),
    /// A new set.
    New,
}

impl PartSet {
    /// A new set with `part`.
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

    /// Numbers of the missing parts.
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

    /// Joins the parts. Surrogate pairs are not joined across a missing part.
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
        // Texts contain no NUL; PostgreSQL cannot store one.
        InboundContent::Text(Text::from(text.replace('\0', "\u{FFFD}")))
    }

    /// Whether the first part begins with the byte order mark of the other byte order.
    fn has_swapped_octets(&self) -> bool {
        matches!(self.parts.get(&1), Some(InboundBody::Units(units)) if units.first() == Some(&0xFFFE))
    }

    /// The octets of all parts; texts among binary parts are kept as octets.
    fn octets(&self) -> Vec<u8> {
        let octets = |body: &InboundBody| match body {
            InboundBody::Text(text) => text.as_bytes().to_vec(),
            InboundBody::Units(units) => units.iter().flat_map(|u| u.to_be_bytes()).collect(),
            InboundBody::Octets(octets) => octets.clone(),
        };
        self.parts.values().flat_map(octets).collect()
    }
}

/// Finds where `part` belongs among the sets of its key, oldest first.
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
