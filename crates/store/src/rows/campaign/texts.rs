//! Texts of recipients where they differ: packs like those of numbers, which stay for retries.
//!
//! A pack is the texts of a run of recipients: of each the parts (2 octets), the length (4 octets) and the text in
//! UTF-8.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MessageId;
use domain::limits::CHUNK_RECIPIENTS_MAX;
use domain::message::merged_texts::MergedTexts;
use domain::ports::PortError;
use domain::text::Text;

use super::packs::Unpacked;
use crate::tx::{Result, Tx, params};

/// Packs stored in one statement: some megabytes.
const PACKS_MAX: usize = 64;

/// The text of a recipient, and its parts.
pub(crate) type OwnText = (Text, u16);

/// Stores the texts of these runs of recipients.
pub(super) async fn insert(
    tx: &mut impl Tx,
    message: &MessageId,
    texts: &MergedTexts,
    runs: &[Vec<Unpacked>],
) -> Result<()> {
    for runs in runs.chunks(PACKS_MAX) {
        let packs = runs.iter().map(|run| pack(texts, run)).collect::<Result<Vec<_>>>()?;
        let rows: Vec<_> =
            packs.iter().map(|(first, packed)| params![message, *first, packed]).collect();
        tx.execute_many(
            "INSERT INTO recipient_texts (message, first_idx, packed) VALUES (?1, ?2, ?3)",
            &rows,
        )
        .await?;
    }
    Ok(())
}

fn pack(texts: &MergedTexts, run: &[Unpacked]) -> Result<(u32, Vec<u8>)> {
    let missing = || PortError::Refused("a recipient has no text".to_owned());
    let mut packed = Vec::new();
    for (_, number) in run {
        let (text, parts) = texts.get(*number).ok_or_else(missing)?;
        let length = u32::try_from(text.len()).map_err(|_| missing())?;
        packed.extend(parts.to_be_bytes());
        packed.extend(length.to_be_bytes());
        packed.extend(text.as_bytes());
    }
    Ok((run.first().map_or(0, |(index, _)| *index), packed))
}

/// The texts of each run of recipients (message, first and last index), by index.
pub(crate) async fn load(
    tx: &mut impl Tx,
    runs: &[(MessageId, u32, u32)],
) -> Result<Vec<BTreeMap<u32, OwnText>>> {
    let rows: Vec<_> = runs
        .iter()
        .map(|(message, first, last)| {
            // The longest pack may begin this much earlier.
            params![message, i64::from(*first) - i64::from(CHUNK_RECIPIENTS_MAX), *last]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT first_idx, packed FROM recipient_texts
             WHERE message = ?1 AND first_idx > ?2 AND first_idx <= ?3 ORDER BY first_idx",
            &rows,
        )
        .await?;
    let mut loaded = Vec::with_capacity(runs.len());
    for ((_, first, last), rows) in runs.iter().zip(found) {
        let mut texts = BTreeMap::new();
        for mut row in rows {
            let (begin, packed): (u32, Vec<u8>) = (row.get()?, row.get()?);
            let unreadable = || PortError::Refused("unreadable packed texts".to_owned());
            let all = unpack(&packed).ok_or_else(unreadable)?;
            let inside = (begin..).zip(all).filter(|(index, _)| (first..=last).contains(&index));
            texts.extend(inside);
        }
        loaded.push(texts);
    }
    Ok(loaded)
}

/// The text of each of these recipients, if it has one of its own. Neighbours are read as one run.
pub(crate) async fn own_texts(
    tx: &mut impl Tx,
    recipients: &[(MessageId, u32)],
) -> Result<Vec<Option<OwnText>>> {
    let run = |(message, index): &(MessageId, u32)| (*message, index / CHUNK_RECIPIENTS_MAX);
    let runs: BTreeSet<_> = recipients.iter().map(run).collect();
    let runs: Vec<_> = runs
        .into_iter()
        .map(|(message, run)| {
            let first = run * CHUNK_RECIPIENTS_MAX;
            (message, first, first.saturating_add(CHUNK_RECIPIENTS_MAX - 1))
        })
        .collect();
    let mut texts: BTreeMap<(MessageId, u32), OwnText> = BTreeMap::new();
    for ((message, ..), found) in runs.iter().zip(load(tx, &runs).await?) {
        texts.extend(found.into_iter().map(|(index, text)| ((*message, index), text)));
    }
    Ok(recipients.iter().map(|recipient| texts.get(recipient).cloned()).collect())
}

fn unpack(mut packed: &[u8]) -> Option<Vec<OwnText>> {
    let mut texts = Vec::new();
    while !packed.is_empty() {
        let (parts, rest) = packed.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (text, rest) = rest.split_at_checked(length)?;
        let text = String::from_utf8(text.to_vec()).ok()?;
        texts.push((Text::new(text), u16::from_be_bytes(*parts)));
        packed = rest;
    }
    Some(texts)
}

#[cfg(test)]
mod tests {
    use domain::number::Msisdn;

    use super::*;

    #[test]
    fn texts_are_unpacked_as_they_were_packed() {
        let number = |at: u64| Msisdn::from_digits(4_520_000_000 + at).unwrap();
        let mut texts = MergedTexts::default();
        texts.add(number(1), "Hej Ø", 1);
        texts.add(number(2), "", 7);
        let texts = texts.sorted();
        let (first, packed) = pack(&texts, &[(5, number(2)), (6, number(1))]).unwrap();
        assert_eq!(first, 5);
        let unpacked = unpack(&packed).unwrap();
        let shown: Vec<_> = unpacked.iter().map(|(text, parts)| (text.as_str(), *parts)).collect();
        assert_eq!(shown, [("", 7), ("Hej Ø", 1)]);
        assert!(unpack(&packed[..packed.len() - 1]).is_none());
        assert!(pack(&texts, &[(0, number(3))]).is_err());
    }
}
