//! Invoices whose payment is held.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Book, read_u64, stored};
use crate::Hash;
use crate::database::DatabaseError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HoldState {
    Open,
    Settled,
    Cancelled,
    Accepted,
    /// The preimage was given to LDK, which has not confirmed it.
    Settling,
}

impl HoldState {
    const fn number(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Settled => 1,
            Self::Cancelled => 2,
            Self::Accepted => 3,
            Self::Settling => 4,
        }
    }

    fn of(number: i64) -> rusqlite::Result<Self> {
        Ok(match number {
            0 => Self::Open,
            1 => Self::Settled,
            2 => Self::Cancelled,
            3 => Self::Accepted,
            4 => Self::Settling,
            other => return Err(rusqlite::Error::IntegralValueOutOfRange(0, other)),
        })
    }

    pub(crate) const fn is_final(self) -> bool {
        matches!(self, Self::Settled | Self::Cancelled)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct NewHold {
    pub(crate) hash: Hash,
    pub(crate) value_msat: u64,
    pub(crate) memo: String,
    pub(crate) expiry_s: u64,
    /// As it was asked for.
    pub(crate) cltv_delta: u64,
    pub(crate) created_at: u64,
    pub(crate) invoice: String,
}

/// A payment of a hold's invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inbound {
    pub(crate) msat: u64,
    /// LDK returns it at this height.
    pub(crate) deadline_height: u32,
    pub(crate) accepted_height: u32,
    pub(crate) accepted_at: u64,
}

#[derive(Clone, PartialEq, Eq)]
#[allow(missing_debug_implementations, reason = "has the preimage")]
pub(crate) struct Hold {
    pub(crate) add_index: u64,
    pub(crate) hash: Hash,
    pub(crate) state: HoldState,
    pub(crate) value_msat: u64,
    pub(crate) memo: String,
    pub(crate) expiry_s: u64,
    pub(crate) cltv_delta: u64,
    pub(crate) created_at: u64,
    pub(crate) invoice: String,
    pub(crate) payment: Option<Inbound>,
    pub(crate) ended_at: Option<u64>,
    pub(crate) preimage: Option<Hash>,
}

impl Hold {
    pub(crate) const fn expires_at(&self) -> u64 {
        self.created_at.saturating_add(self.expiry_s)
    }
}

const COLUMNS: &str = "add_index, hash, state, value_msat, memo, expiry_s, cltv_delta, created_at, \
     invoice, paid_msat, deadline_height, accepted_height, accepted_at, ended_at, preimage";

fn hold(row: &Row<'_>) -> rusqlite::Result<Hold> {
    let number = |index| Ok::<_, rusqlite::Error>(read_u64(row.get(index)?));
    let optional =
        |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(read_u64));
    let height = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<u32>>(index)?.unwrap_or(0));
    let payment = match optional(9)? {
        None => None,
        Some(msat) => Some(Inbound {
            msat,
            deadline_height: height(10)?,
            accepted_height: height(11)?,
            accepted_at: optional(12)?.unwrap_or(0),
        }),
    };
    Ok(Hold {
        add_index: number(0)?,
        hash: row.get(1)?,
        state: HoldState::of(row.get(2)?)?,
        value_msat: number(3)?,
        memo: row.get(4)?,
        expiry_s: number(5)?,
        cltv_delta: number(6)?,
        created_at: number(7)?,
        invoice: row.get(8)?,
        payment,
        ended_at: optional(13)?,
        preimage: row.get(14)?,
    })
}

fn find(connection: &Connection, hash: &Hash) -> rusqlite::Result<Option<Hold>> {
    let sql = format!("SELECT {COLUMNS} FROM holds WHERE hash = ?");
    connection.prepare_cached(&sql)?.query_row([hash], hold).optional()
}

fn list(connection: &Connection, condition: &str, values: &[i64]) -> rusqlite::Result<Vec<Hold>> {
    let sql = format!("SELECT {COLUMNS} FROM holds WHERE {condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(rusqlite::params_from_iter(values), hold)?.collect()
}

impl Book {
    pub(crate) fn hold(&self, hash: &Hash) -> Result<Option<Hold>, DatabaseError> {
        self.database.read(|connection| find(connection, hash))
    }

    /// In the order of their creation, those after `after`.
    pub(crate) fn holds(
        &self,
        after: u64,
        only_pending: bool,
        max: u32,
    ) -> Result<Vec<Hold>, DatabaseError> {
        let pending = if only_pending { "state IN (0, 3, 4) AND" } else { "" };
        let condition = format!("{pending} add_index > ? ORDER BY add_index LIMIT ?");
        self.database.read(|connection| list(connection, &condition, &[stored(after), max.into()]))
    }

    /// Held and settling, and those cancelled payments that LDK may still hold at this height.
    pub(crate) fn held_at(&self, height: u32) -> Result<Vec<Hold>, DatabaseError> {
        // The first part is that of the index of pending ones.
        let condition = "state IN (0, 3, 4) AND state <> 0 OR state = 2 AND deadline_height > ?";
        self.database.read(|connection| list(connection, condition, &[height.into()]))
    }

    /// `None` if the hash has an invoice already.
    pub(crate) async fn add_hold(&self, new: NewHold) -> Result<Option<u64>, DatabaseError> {
        let added = move |connection: &Connection| {
            let sql = "INSERT INTO holds (hash, state, value_msat, memo, expiry_s, cltv_delta, \
                 created_at, invoice) VALUES (?, 0, ?, ?, ?, ?, ?, ?) \
                 ON CONFLICT DO NOTHING RETURNING add_index";
            let values = params![
                new.hash,
                stored(new.value_msat),
                new.memo,
                stored(new.expiry_s),
                stored(new.cltv_delta),
                stored(new.created_at),
                new.invoice
            ];
            connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()
        };
        Ok(self.database.change(added).await?.map(read_u64))
    }

    /// A payment has come. The row as it is then; it is accepted only if it was open, is not expired at
    /// `payment.accepted_at`, and the payment is enough. Of one that is cancelled, or is expired and becomes so, the
    /// payment is recorded, so that it is given back after a crash, too.
    pub(crate) async fn accept(
        &self,
        hash: Hash,
        payment: Inbound,
    ) -> Result<Option<Hold>, DatabaseError> {
        let accept = move |connection: &Connection| {
            let values = params![
                hash,
                stored(payment.msat),
                payment.deadline_height,
                payment.accepted_height,
                stored(payment.accepted_at)
            ];
            let sql = "UPDATE holds SET state = 3, paid_msat = ?2, deadline_height = ?3, \
                 accepted_height = ?4, accepted_at = ?5 \
                 WHERE hash = ?1 AND state = 0 AND value_msat <= ?2 AND created_at + expiry_s >= ?5";
            connection.prepare_cached(sql)?.execute(values)?;
            let sql = "UPDATE holds SET state = 2, ended_at = coalesce(ended_at, ?5), paid_msat = ?2, \
                 deadline_height = max(?3, coalesce(deadline_height, 0)), accepted_height = ?4, \
                 accepted_at = ?5 \
                 WHERE hash = ?1 AND (state = 2 OR state = 0 AND created_at + expiry_s < ?5)";
            connection.prepare_cached(sql)?.execute(values)?;
            find(connection, &hash)
        };
        self.database.change(accept).await
    }

    /// The decision to take the money, if it is held and `height` is below the deadline. The row as it is then.
    pub(crate) async fn begin_settling(
        &self,
        hash: Hash,
        preimage: Hash,
        height: u32,
    ) -> Result<Option<Hold>, DatabaseError> {
        let begin = move |connection: &Connection| {
            let sql = "UPDATE holds SET state = 4, preimage = ? \
                 WHERE hash = ? AND state = 3 AND deadline_height > ?";
            connection.prepare_cached(sql)?.execute(params![preimage, hash, height])?;
            find(connection, &hash)
        };
        self.database.change(begin).await
    }

    /// LDK's report that the money is ours, whatever was recorded before. The former state.
    pub(crate) async fn settled(
        &self,
        hash: Hash,
        now: u64,
    ) -> Result<Option<HoldState>, DatabaseError> {
        let settle = move |connection: &Connection| {
            let Some(before) = find(connection, &hash)? else { return Ok(None) };
            let sql = "UPDATE holds SET state = 1, ended_at = ? WHERE hash = ? AND state <> 1";
            connection.prepare_cached(sql)?.execute(params![stored(now), hash])?;
            Ok(Some(before.state))
        };
        self.database.change(settle).await
    }

    /// Cancels it if it is in `state`. The row as it is then.
    pub(crate) async fn cancel_from(
        &self,
        hash: Hash,
        state: HoldState,
        now: u64,
    ) -> Result<Option<Hold>, DatabaseError> {
        let cancel = move |connection: &Connection| {
            let sql = "UPDATE holds SET state = 2, ended_at = ? WHERE hash = ? AND state = ?";
            let values = params![stored(now), hash, state.number()];
            connection.prepare_cached(sql)?.execute(values)?;
            find(connection, &hash)
        };
        self.database.change(cancel).await
    }

    /// Cancels all that nobody can pay any more at `now`, and all held ones whose deadline is at or below `height`; a
    /// settling one some blocks later, because LDK's report may be on its way. Each with the state that it had.
    pub(crate) async fn cancel_due(
        &self,
        now: u64,
        height: u32,
    ) -> Result<Vec<(Hash, HoldState)>, DatabaseError> {
        let cancel = move |connection: &Connection| {
            let sql = "SELECT hash, state FROM holds WHERE state IN (0, 3, 4) AND \
                 (state = 0 AND created_at + expiry_s < ? OR state = 3 AND deadline_height <= ? \
                 OR state = 4 AND deadline_height + 6 <= ?)";
            let mut statement = connection.prepare_cached(sql)?;
            let due = statement.query_map(params![stored(now), height, height], |row| {
                Ok((row.get::<_, Hash>(0)?, HoldState::of(row.get(1)?)?))
            })?;
            let due: Vec<_> = due.collect::<rusqlite::Result<_>>()?;
            let sql = "UPDATE holds SET state = 2, ended_at = ? WHERE hash = ?";
            let mut statement = connection.prepare_cached(sql)?;
            for (hash, _) in &due {
                statement.execute(params![stored(now), hash])?;
            }
            Ok(due)
        };
        self.database.change(cancel).await
    }

    /// Ended ones of which ldk-node's record is needless: never paid and ended before `unpaid`, or ended before `paid`.
    pub(crate) fn forgettable(&self, unpaid: u64, paid: u64) -> Result<Vec<Hash>, DatabaseError> {
        let sql = "SELECT hash FROM holds WHERE paid_msat IS NULL AND ended_at < ? \
             UNION ALL SELECT hash FROM holds \
             WHERE paid_msat IS NOT NULL AND forgotten = 0 AND ended_at < ? LIMIT 500";
        self.database.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map([stored(unpaid), stored(paid)], |row| row.get(0))?.collect()
        })
    }

    /// Removes those that were never paid; the others stay, without ldk-node's record.
    pub(crate) async fn mark_forgotten(&self, hashes: Vec<Hash>) -> Result<(), DatabaseError> {
        let mark = move |connection: &Connection| {
            let remove = "DELETE FROM holds WHERE hash = ? AND state = 2 AND paid_msat IS NULL";
            let mut remove = connection.prepare_cached(remove)?;
            let mut mark =
                connection.prepare_cached("UPDATE holds SET forgotten = 1 WHERE hash = ?")?;
            hashes.iter().try_for_each(|hash| {
                remove.execute([hash])?;
                mark.execute([hash]).map(drop)
            })
        };
        self.database.change(mark).await
    }
}
