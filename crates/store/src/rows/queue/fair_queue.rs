//! Whose turn it is in a lane: every account with due chunks, one after another, of an account the
//! longest due. A campaign holds up nobody, however many chunks it has.
//!
//! Accounts are found by leaping through the queue's index from one to the next, so that a claim
//! looks at few rows of a long queue. When a claim cannot look at them all, the node's next one goes
//! on behind the last that was served.

use std::collections::BTreeSet;

use domain::message::Lane;
use domain::ports::{ChunkId, Lease};
use domain::reason::Reason;
use domain::time::Timestamp;

use crate::tx::{Result, Row, Tx, params};

/// Accounts looked at in one claim, due or not.
const ACCOUNTS_MAX: usize = 1_000;

/// The account of what is no account's; the others are counted from 1.
pub(crate) const NOBODY: i64 = 0;

/// Before the first of them.
const START: i64 = -1;

/// A chunk that was claimed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) id: ChunkId,
    pub(crate) last: u32,
    /// With this claim.
    pub(crate) attempt: u32,
    /// Its recipients are yet to be made pending.
    pub(crate) requeued_at: Option<Timestamp>,
    /// It came up because receipts did not come.
    pub(crate) overdue: bool,
}

#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) runs: Vec<Run>,
    /// Leased too, although their rows cannot be read.
    pub(crate) unreadable: Vec<ChunkId>,
}

/// Leases up to `limit` due chunks of the lane, none of the accounts that are `full`; those whose
/// carrier another node has only if they were due by `elsewhere_before`.
pub(crate) async fn take(
    tx: &mut impl Tx,
    lane: Lane,
    limit: usize,
    full: &BTreeSet<i64>,
    elsewhere_before: Timestamp,
    lease: &Lease,
    now: Timestamp,
) -> Result<Taken> {
    let accounts = choose_accounts(tx, &lease.node, lane, limit, full, now).await?;
    let (mut taken, mut count) = (Taken::default(), 0);
    let mut open = accounts;
    // Each round asks the accounts that may have more for an equal share of what is left.
    while !open.is_empty() && count < limit {
        open.truncate(limit - count);
        let share = (limit - count) / open.len();
        let rows: Vec<_> = open
            .iter()
            .map(|account| {
                let (share, elsewhere) = (as_i64(share), Reason::LinkElsewhere);
                params![lane, *account, now, share, elsewhere, elsewhere_before]
            })
            .collect();
        let found = tx
            .query_many(
                "SELECT message, first_idx, last_idx, attempt, requeued_at,
                     CASE WHEN await_until <= ?3 THEN 1 ELSE 0 END
                 FROM chunks
                 WHERE lease_node IS NULL AND lane = ?1 AND account = ?2 AND due_at <= ?3
                     AND valid_until > ?3
                     AND (reason IS NULL OR reason <> ?5 OR due_at <= ?6)
                 ORDER BY due_at, message, first_idx LIMIT ?4
                 FOR UPDATE SKIP LOCKED",
                &rows,
            )
            .await?;
        let (mut more, mut leased) = (Vec::new(), Vec::new());
        for (account, rows) in open.into_iter().zip(found) {
            if rows.len() == share {
                more.push(account);
            }
            for mut row in rows {
                let id = ChunkId { message: row.get()?, first: row.get()? };
                leased.push(id);
                match read(id, row) {
                    Ok(run) => taken.runs.push(run),
                    Err(_) => taken.unreadable.push(id),
                }
            }
        }
        lease_all(tx, &leased, lease, now).await?;
        count += leased.len();
        open = more;
    }
    Ok(taken)
}

fn read(id: ChunkId, mut row: Row) -> Result<Run> {
    let (last, attempt) = (row.get()?, row.get::<u32>()?.saturating_add(1));
    let requeued_at = row.get()?;
    Ok(Run { id, last, attempt, requeued_at, overdue: row.get::<i64>()? != 0 })
}

async fn lease_all(
    tx: &mut impl Tx,
    chunks: &[ChunkId],
    lease: &Lease,
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = chunks
        .iter()
        .map(|id| params![&id.message, id.first, &lease.node, lease.until, now])
        .collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = ?3, due_at = ?4, attempt = attempt + 1,
             was_unsure = unsure, unsure = 1,
             await_until = CASE WHEN await_until <= ?5 THEN NULL ELSE await_until END
         WHERE message = ?1 AND first_idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}

/// At most `limit` accounts, and keeps where the next claim goes on.
async fn choose_accounts(
    tx: &mut impl Tx,
    node: &str,
    lane: Lane,
    limit: usize,
    full: &BTreeSet<i64>,
    now: Timestamp,
) -> Result<Vec<i64>> {
    let begin = turn(tx, node, lane).await?;
    let (mut accounts, last) = waiting_accounts(tx, lane, begin, now).await?;
    accounts.retain(|account| !full.contains(account));
    let next = if accounts.len() > limit {
        accounts.truncate(limit);
        accounts.last().copied()
    } else {
        last
    };
    let next = next.unwrap_or(START);
    if next != begin {
        keep_turn(tx, node, lane, next).await?;
    }
    Ok(accounts)
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

async fn turn(tx: &mut impl Tx, node: &str, lane: Lane) -> Result<i64> {
    let rows = tx
        .query("SELECT account FROM claim_turns WHERE node = ?1 AND lane = ?2", params![node, lane])
        .await?;
    rows.into_iter().next().map_or(Ok(START), |mut row| row.get())
}

async fn keep_turn(tx: &mut impl Tx, node: &str, lane: Lane, account: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO claim_turns (node, lane, account) VALUES (?1, ?2, ?3)
         ON CONFLICT (node, lane) DO UPDATE SET account = excluded.account",
        params![node, lane, account],
    )
    .await
    .map(drop)
}

/// The accounts with due chunks behind `begin`, then those before it; and the last that was looked
/// at, if there are more than one claim looks at.
async fn waiting_accounts(
    tx: &mut impl Tx,
    lane: Lane,
    begin: i64,
    now: Timestamp,
) -> Result<(Vec<i64>, Option<i64>)> {
    let mut seen = leap(tx, lane, begin, ACCOUNTS_MAX).await?;
    if begin > START && seen.len() < ACCOUNTS_MAX {
        let before = leap(tx, lane, START, ACCOUNTS_MAX - seen.len()).await?;
        seen.extend(before.into_iter().take_while(|(account, _)| *account <= begin));
    }
    let last = seen.last().map(|(account, _)| *account).filter(|_| seen.len() == ACCOUNTS_MAX);
    let due = seen.into_iter().filter(|(_, due_at)| due_at.is_some_and(|due_at| due_at <= now));
    Ok((due.map(|(account, _)| account).collect(), last))
}

async fn leap(
    tx: &mut impl Tx,
    lane: Lane,
    begin: i64,
    limit: usize,
) -> Result<Vec<(i64, Option<Timestamp>)>> {
    let rows = tx
        .query(
            "WITH RECURSIVE leaps (leap, account) AS (
                 SELECT CAST(1 AS BIGINT), (
                     SELECT min(c.account) FROM chunks c
                     WHERE c.lease_node IS NULL AND c.lane = ?1 AND c.account > ?2)
                 UNION ALL
                 SELECT leap + 1, (
                     SELECT min(c.account) FROM chunks c
                     WHERE c.lease_node IS NULL AND c.lane = ?1 AND c.account > leaps.account)
                 FROM leaps WHERE leaps.account IS NOT NULL AND leap < ?3
             )
             SELECT account, (
                 SELECT min(c.due_at) FROM chunks c
                 WHERE c.lease_node IS NULL AND c.lane = ?1 AND c.account = leaps.account)
             FROM leaps WHERE account IS NOT NULL ORDER BY leap",
            params![lane, begin, as_i64(limit)],
        )
        .await?;
    rows.into_iter().map(|mut row| Ok((row.get()?, row.get()?))).collect()
}
