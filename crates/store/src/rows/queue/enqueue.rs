//! Queues chunks.

use domain::id::{AccountId, MessageId};
use domain::message::chunk::{Doubt, DoubtEvent};
use domain::message::{Content, Lane};
use domain::ports::{Changed, Lease};
use domain::time::Timestamp;

use crate::tx::{Result, Tx, params};

/// The account of chunks without one; account ids start at 1.
pub(crate) const NO_ACCOUNT: i64 = 0;

/// A new chunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueuedChunk<'a> {
    pub(crate) message: &'a MessageId,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) lane: Lane,
    pub(crate) account: Option<AccountId>,
    pub(crate) valid_until: Timestamp,
    pub(crate) due_at: Timestamp,
    /// Number of claims before its first.
    pub(crate) attempt: u32,
    /// Since when its recipients are pending; their rows follow once it is claimed.
    pub(crate) requeued_at: Option<Timestamp>,
}

impl<'a> QueuedChunk<'a> {
    pub(crate) const fn new(
        content: &'a Content,
        (first, last): (u32, u32),
        due_at: Timestamp,
    ) -> Self {
        let Content { message, account, lane, valid_until, .. } = content;
        let (account, lane, valid_until) = (*account, *lane, *valid_until);
        Self {
            message,
            first,
            last,
            lane,
            account,
            valid_until,
            due_at,
            attempt: 0,
            requeued_at: None,
        }
    }
}

/// Queues chunks; with `lease` they are leased as by a first claim.
pub(crate) async fn enqueue(
    tx: &mut impl Tx,
    queued: &[QueuedChunk<'_>],
    lease: Option<&Lease>,
) -> Result<()> {
    if lease.is_none() && !queued.is_empty() {
        tx.notify(Changed { chunks: true, ..Changed::default() });
    }
    let node = lease.map(|lease| lease.node.as_str());
    let doubt = lease.map_or(Doubt::None, |_| Doubt::None.after(DoubtEvent::Claimed));
    let rows: Vec<_> = queued
        .iter()
        .map(|queued| {
            params![
                queued.message,
                queued.first,
                queued.last,
                queued.lane,
                queued.account.map_or(NO_ACCOUNT, |account| account.0),
                queued.valid_until,
                lease.map_or(queued.due_at, |lease| lease.until),
                node,
                queued.attempt.saturating_add(u32::from(lease.is_some())),
                doubt,
                queued.requeued_at,
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO chunks (message, first_idx, last_idx, lane, account, valid_until, due_at,
             lease_node, attempt, doubt, requeued_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        &rows,
    )
    .await
    .map(drop)
}
