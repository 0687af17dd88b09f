//! Recipients without rows of their own.
//!
//! | a pack of | is | until |
//! |---|---|---|
//! | a chunk that was not claimed yet | numbers of one price, all *pending* | the chunk is claimed, or expires |
//! | excluded recipients | [`excluded`] | for ever |
//!
//! A chunk's pack has exactly its recipients. The change that leases the chunk, or that deletes it
//! to end its recipients, unpacks it.

use std::collections::BTreeMap;

use domain::id::MessageId;
use domain::limits::CHUNK_RECIPIENTS_MAX;
use domain::message::campaign::PriceGroup;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{ChunkId, PortError};
use domain::time::Timestamp;

use super::excluded;
use crate::tx::{Result, Row, Tx, params};

/// An unpacked recipient.
pub(crate) type Unpacked = (u32, Msisdn);

/// A pack, before it is stored or after it was read.
pub(crate) struct Pack {
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// Price per recipient; `None` if they are excluded.
    pub(crate) price: Option<Msat>,
    packed: Vec<u8>,
}

impl Pack {
    pub(crate) fn of_numbers(first: u32, price: Msat, numbers: &[Msisdn]) -> Self {
        let packed = numbers.iter().flat_map(|number| number.digits().to_be_bytes()).collect();
        Self { first, count: count(numbers), price: Some(price), packed }
    }

    pub(crate) fn of_excluded(
        first: u32,
        excluded: &[domain::message::campaign::Excluded],
    ) -> Self {
        Self { first, count: count(excluded), price: None, packed: excluded::pack(excluded) }
    }

    pub(crate) fn read(mut row: Row) -> Result<Self> {
        let (first, count) = (row.get()?, row.get()?);
        Ok(Self { first, count, price: row.get()?, packed: row.get()? })
    }

    /// Numbers with their indices.
    pub(crate) fn numbers(&self) -> Result<Vec<Unpacked>> {
        let unreadable = || PortError::Refused("unreadable packed numbers".to_owned());
        let (numbers, rest) = self.packed.as_chunks();
        if !rest.is_empty() {
            return Err(unreadable());
        }
        let number = |digits: &[u8; 8]| Msisdn::from_digits(u64::from_be_bytes(*digits));
        (self.first..)
            .zip(numbers)
            .map(|(index, digits)| Ok((index, number(digits).map_err(|_| unreadable())?)))
            .collect()
    }

    /// Excluded recipients with their indices.
    pub(crate) fn excluded(&self) -> Result<Vec<(u32, domain::message::campaign::Excluded)>> {
        Ok((self.first..).zip(excluded::unpack(&self.packed)?).collect())
    }
}

fn count<T>(slice: &[T]) -> u32 {
    u32::try_from(slice.len()).unwrap_or(u32::MAX)
}

/// The recipients of each price group, split into chunks.
pub(crate) fn of_groups(groups: &[PriceGroup]) -> impl Iterator<Item = Pack> {
    let mut first = 0;
    let runs = groups.iter().flat_map(|group| {
        let runs = group.numbers.chunks(CHUNK_RECIPIENTS_MAX as usize);
        runs.map(move |numbers| (group.price, numbers))
    });
    runs.map(move |(price, numbers)| {
        let pack = Pack::of_numbers(first, price, numbers);
        first += pack.count;
        pack
    })
}

pub(crate) async fn insert(tx: &mut impl Tx, message: &MessageId, packs: &[Pack]) -> Result<()> {
    let rows: Vec<_> = packs
        .iter()
        .map(|pack| params![message, pack.first, pack.count, pack.price, &pack.packed])
        .collect();
    tx.execute_many(
        "INSERT INTO recipient_packs (message, first_idx, count, price, packed)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &rows,
    )
    .await
    .map(drop)
}

/// Unpacks the chunks that are packed: stores their recipients as *pending* rows, and returns them.
/// The caller has just leased or deleted the chunks.
pub(crate) async fn unpack(
    tx: &mut impl Tx,
    chunks: &[ChunkId],
    now: Timestamp,
) -> Result<BTreeMap<ChunkId, Vec<Unpacked>>> {
    let rows: Vec<_> = chunks.iter().map(|id| params![&id.message, id.first]).collect();
    let found = tx
        .query_many(
            "DELETE FROM recipient_packs
             WHERE message = ?1 AND first_idx = ?2 AND price IS NOT NULL
             RETURNING first_idx, count, price, packed",
            &rows,
        )
        .await?;
    let mut unpacked = BTreeMap::new();
    let mut recipients = Vec::new();
    for (chunk, rows) in chunks.iter().zip(found) {
        for row in rows {
            let pack = Pack::read(row)?;
            let (price, numbers) = (pack.price.unwrap_or(Msat::ZERO), pack.numbers()?);
            recipients.push((chunk.message, price, numbers.clone()));
            unpacked.insert(*chunk, numbers);
        }
    }
    for (message, price, numbers) in &recipients {
        insert_rows(tx, message, *price, numbers, now).await?;
    }
    Ok(unpacked)
}

pub(crate) async fn insert_rows(
    tx: &mut impl Tx,
    message: &MessageId,
    price: Msat,
    numbers: &[Unpacked],
    now: Timestamp,
) -> Result<()> {
    let addresses: Vec<_> = numbers.iter().map(|(_, number)| number.digits().to_string()).collect();
    let rows: Vec<_> = numbers
        .iter()
        .zip(&addresses)
        .map(|((index, _), address)| {
            params![message, *index, address, RecipientState::Pending, price, now]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO recipients (message, idx, address, state, price, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &rows,
    )
    .await
    .map(drop)
}

/// Up to `limit` packs with recipients from index `first` to before `end`.
pub(crate) async fn between(
    tx: &mut impl Tx,
    message: &MessageId,
    first: u32,
    end: u32,
    limit: u32,
) -> Result<Vec<Pack>> {
    let rows = tx
        .query(
            "SELECT first_idx, count, price, packed FROM recipient_packs
             WHERE message = ?1 AND first_idx > ?2 AND first_idx < ?3
                 AND first_idx + count > ?4
             ORDER BY first_idx LIMIT ?5",
            params![message, i64::from(first) - i64::from(CHUNK_RECIPIENTS_MAX), end, first, limit],
        )
        .await?;
    rows.into_iter().map(Pack::read).collect()
}

/// Recipients from index `first` to before `end` that are still packed, and not excluded.
pub(crate) async fn pending(
    tx: &mut impl Tx,
    message: &MessageId,
    first: u32,
    end: u32,
) -> Result<Vec<Unpacked>> {
    let mut pending = Vec::new();
    for pack in between(tx, message, first, end, u32::MAX).await? {
        if pack.price.is_some() {
            let numbers = pack.numbers()?;
            pending.extend(numbers.into_iter().filter(|(index, _)| (first..end).contains(index)));
        }
    }
    Ok(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_cover_chunks_of_one_price() {
        let numbers = |count: u64| {
            let number = |at: u64| Msisdn::from_digits(4_520_000_000 + at).unwrap();
            (0..count).map(number).collect::<Vec<_>>()
        };
        let groups = [
            PriceGroup { price: Msat::new(2), numbers: numbers(2_001) },
            PriceGroup { price: Msat::new(3), numbers: numbers(0) },
            PriceGroup { price: Msat::new(5), numbers: numbers(7) },
        ];
        let packs: Vec<_> = of_groups(&groups).collect();
        let runs: Vec<_> =
            packs.iter().map(|pack| (pack.first, pack.count, pack.price.unwrap().get())).collect();
        assert_eq!(runs, [(0, 1_000, 2), (1_000, 1_000, 2), (2_000, 1, 2), (2_001, 7, 5)]);
        let opened = packs[3].numbers().unwrap();
        assert_eq!(opened[6], (2_007, numbers(7)[6]));
    }
}
