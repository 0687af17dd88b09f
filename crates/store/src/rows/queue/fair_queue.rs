//! Chooses the due chunks that a claim leases: in the order of lanes, within a lane each account
//! with due chunks in turn, within an account the longest due first. A campaign delays no other
//! account, however many chunks it has.
//!
//! Accounts are found by skipping through the queue's index from one to the next, so that a claim
//! reads few rows of a long queue. If a claim cannot serve them all, the node's next one continues
//! after the last account served.

use std::collections::BTreeSet;

use domain::limits::LINK_ELSEWHERE_WAIT;
use domain::message::Lane;
use domain::ports::{ChunkId, ClaimRoom, Lease};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::enqueue::NO_ACCOUNT;
use super::lease::{lease, put_off_unreadable};
use super::leased_chunks::LeasedChunk;
use crate::tx::{Result, Row, Tx, params};

/// Accounts read in one claim, due or not.
const ACCOUNTS_MAX: usize = 1_000;

/// Before the first account.
const START: i64 = -1;

/// Leases due chunks while the node has room.
pub(crate) async fn lease_due(
    tx: &mut impl Tx,
    room: &ClaimRoom,
    lease: &Lease,
    now: Timestamp,
) -> Result<Vec<LeasedChunk>> {
    let mut leased = Vec::new();
    for &lane in Lane::ALL {
        let limit = as_usize(room.chunks).saturating_sub(leased.len()).min(match lane {
            Lane::Single => usize::MAX,
            Lane::Bulk => as_usize(room.bulk),
        });
        if limit > 0 {
            let accounts = choose_accounts(tx, &lease.node, lane, limit, room, now).await?;
            leased.extend(lease_shares(tx, lane, accounts, limit, room, lease, now).await?);
        }
    }
    Ok(leased)
}

fn as_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Leases up to `limit` due chunks of these accounts. In each round, accounts that may have more
/// chunks get equal shares of the rest.
async fn lease_shares(
    tx: &mut impl Tx,
    lane: Lane,
    mut accounts: Vec<i64>,
    limit: usize,
    room: &ClaimRoom,
    until: &Lease,
    now: Timestamp,
) -> Result<Vec<LeasedChunk>> {
    let (mut leased, mut taken) = (Vec::new(), 0);
    while !accounts.is_empty() && taken < limit {
        accounts.truncate(limit - taken);
        let share = (limit - taken) / accounts.len();
        let found = find_due(tx, lane, &accounts, share, room, now).await?;
        let (mut more, mut round, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        for (account, rows) in accounts.into_iter().zip(found) {
            taken += rows.len();
            if rows.len() == share {
                more.push(account);
            }
            for mut row in rows {
                let id = ChunkId { message: row.get()?, first: row.get()? };
                match read(id, row) {
                    Ok(chunk) => round.push(chunk),
                    Err(_) => unreadable.push(id),
                }
            }
        }
        lease(tx, &round, until, now).await?;
        put_off_unreadable(tx, &unreadable, now).await?;
        leased.extend(round);
        accounts = more;
    }
    Ok(leased)
}

/// The longest due chunks, up to `share` per account. Chunks for a carrier of another node are left
/// to that node for a while.
async fn find_due(
    tx: &mut impl Tx,
    lane: Lane,
    accounts: &[i64],
    share: usize,
    room: &ClaimRoom,
    now: Timestamp,
) -> Result<Vec<Vec<Row>>> {
    let elsewhere_before = if room.lacks_links { now.before(LINK_ELSEWHERE_WAIT) } else { now };
    let rows: Vec<_> = accounts
        .iter()
        .map(|account| {
            let (share, elsewhere) = (as_i64(share), Reason::LinkElsewhere);
            params![lane, *account, now, share, elsewhere, elsewhere_before]
        })
        .collect();
    tx.query_many(
        "SELECT message, first_idx, last_idx, attempt, requeued_at, await_until, doubt
         FROM chunks
         WHERE lease_node IS NULL AND lane = ?1 AND account = ?2 AND due_at <= ?3
             AND valid_until > ?3
             AND (reason IS NULL OR reason <> ?5 OR due_at <= ?6)
         ORDER BY due_at, message, first_idx LIMIT ?4
         FOR UPDATE SKIP LOCKED",
        &rows,
    )
    .await
}

fn read(id: ChunkId, mut row: Row) -> Result<LeasedChunk> {
    Ok(LeasedChunk {
        id,
        last: row.get()?,
        attempt: row.get::<u32>()?.saturating_add(1),
        requeued_at: row.get()?,
        await_until: row.get()?,
        doubt: row.get()?,
    })
}

/// At most `limit` accounts with due chunks that are below their share of the node's room. Stores
/// where the node's next claim continues.
async fn choose_accounts(
    tx: &mut impl Tx,
    node: &str,
    lane: Lane,
    limit: usize,
    room: &ClaimRoom,
    now: Timestamp,
) -> Result<Vec<i64>> {
    let full = room.full.iter().filter(|(of, _)| *of == lane);
    let full: BTreeSet<_> =
        full.map(|(_, account)| account.map_or(NO_ACCOUNT, |account| account.0)).collect();
    let begin = load_turn(tx, node, lane).await?;
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
        store_turn(tx, node, lane, next).await?;
    }
    Ok(accounts)
}

/// The last account that an earlier claim of the node served.
async fn load_turn(tx: &mut impl Tx, node: &str, lane: Lane) -> Result<i64> {
    let rows = tx
        .query("SELECT account FROM claim_turns WHERE node = ?1 AND lane = ?2", params![node, lane])
        .await?;
    rows.into_iter().next().map_or(Ok(START), |mut row| row.get())
}

async fn store_turn(tx: &mut impl Tx, node: &str, lane: Lane, account: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO claim_turns (node, lane, account) VALUES (?1, ?2, ?3)
         ON CONFLICT (node, lane) DO UPDATE SET account = excluded.account",
        params![node, lane, account],
    )
    .await
    .map(drop)
}

/// The accounts with due chunks after `begin`, then those before it; and the last account read, if
/// there are more than one claim reads.
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

/// Up to `limit` accounts after `begin` with chunks in the lane, each with its earliest due time.
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
