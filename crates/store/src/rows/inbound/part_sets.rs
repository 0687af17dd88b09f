//! The part sets of a batch of parts: loaded, filled and saved.

use std::collections::BTreeMap;

use domain::id::InboundId;
use domain::inbound::{InboundPart, PartKey, PartSet, Place, place};
use domain::limits::INBOUND_REPEAT_MAX;
use domain::time::Timestamp;

use super::part_set_rows::{self, KeyColumns, Set};
use crate::tx::{Result, Tx};

const END_OF_TIME: Timestamp = Timestamp::from_millis(i64::MAX);

/// The sets of one key.
#[derive(Default)]
struct OfKey {
    ids: Vec<InboundId>,
    sets: Vec<PartSet>,
    /// How many of `sets` are stored already.
    stored: usize,
    /// New part numbers by set.
    grown: BTreeMap<usize, Vec<u8>>,
}

pub(crate) struct PartSets(BTreeMap<(PartKey, i64), OfKey>);

impl PartSets {
    /// Loads the sets that the parts may belong to.
    pub(crate) async fn load(
        tx: &mut impl Tx,
        parts: impl Iterator<Item = &InboundPart>,
    ) -> Result<Self> {
        let mut keys = BTreeMap::new();
        for part in parts {
            let since = part.at.before(INBOUND_REPEAT_MAX);
            // Links and nodes store parts in a different order than they came, and by different
            // clocks: the set may have begun later than this part.
            let until = if part.join.is_some() { END_OF_TIME } else { part.interrupted_at };
            let span = keys.entry(key(part)).or_insert((since, until));
            *span = (span.0.min(since), span.1.max(until));
        }
        let stored = part_set_rows::load_keys(tx, &keys).await?;
        let mut by_key = BTreeMap::new();
        for (key, found) in keys.into_keys().zip(stored) {
            let (ids, sets): (Vec<_>, Vec<_>) = found.into_iter().unzip();
            by_key.insert(key, OfKey { stored: sets.len(), ids, sets, grown: BTreeMap::new() });
        }
        Ok(Self(by_key))
    }

    /// False when the part is a repeat.
    pub(crate) fn take(&mut self, id: InboundId, part: &InboundPart, now: Timestamp) -> bool {
        let of_key = self.0.entry(key(part)).or_default();
        let at = match place(&of_key.sets, part) {
            Place::Repeat => return false,
            Place::Into(at) => at,
            Place::New => {
                of_key.ids.push(id);
                of_key.sets.push(PartSet::begun_by(part));
                of_key.sets.len() - 1
            }
        };
        if let Some(set) = of_key.sets.get_mut(at) {
            set.parts.insert(part.number(), part.body.clone());
            set.joined_at = set.is_complete().then_some(now);
            of_key.grown.entry(at).or_default().push(part.number());
        }
        true
    }

    pub(crate) async fn save(&self, tx: &mut impl Tx) -> Result<()> {
        let (mut new, mut old, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for ((key, reference), of_key) in &self.0 {
            for (&at, numbers) in &of_key.grown {
                let (Some(id), Some(set)) = (of_key.ids.get(at), of_key.sets.get(at)) else {
                    continue;
                };
                if at < of_key.stored {
                    old.push((id, set));
                } else {
                    new.push((KeyColumns { key, reference: *reference }, id, set));
                }
                let bodies = numbers.iter().filter_map(|number| set.parts.get_key_value(number));
                parts.extend(bodies.map(|(number, body)| (id, *number, body)));
            }
        }
        part_set_rows::insert(tx, &new).await?;
        part_set_rows::update(tx, &old).await?;
        part_set_rows::insert_parts(tx, &parts).await
    }

    /// The sets that this batch completed.
    pub(crate) fn into_joined(self) -> Vec<Set> {
        let joined = |((key, _), of_key): ((PartKey, i64), OfKey)| {
            let OfKey { ids, sets, grown, .. } = of_key;
            let sets = ids.into_iter().zip(sets).enumerate();
            sets.filter(move |(at, (_, set))| grown.contains_key(at) && set.joined_at.is_some())
                .map(move |(_, (id, parts))| Set { id, key: key.clone(), parts })
        };
        self.0.into_iter().flat_map(joined).collect()
    }
}

/// The key and its reference. Whole messages have no reference, and use a hash of their content.
fn key(part: &InboundPart) -> (PartKey, i64) {
    let key = part.key();
    let reference = key
        .joins
        .map_or_else(|| part_set_rows::body_hash(&part.body), |(_, number, _)| number.into());
    (key, reference)
}
