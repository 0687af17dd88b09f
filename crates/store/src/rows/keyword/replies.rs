//! Replies to messages with a keyword: stored with their message, sent by a worker, kept for the limit by
//! sender and hour.

use domain::id::{InboundId, KeywordId};
use domain::inbound::{InboundMessage, Party, Receivers};
use domain::limits::{KEYWORD_REPLIES_HOUR, KEYWORD_REPLIES_PER_HOUR_MAX};
use domain::ports::DueReply;
use domain::text::Text;
use domain::time::Timestamp;

use crate::tx::{Result, Tx, params};

/// False: its sender gets none.
pub(crate) async fn add(
    tx: &mut impl Tx,
    message: &InboundMessage,
    keyword: KeywordId,
    receivers: &Receivers,
    now: Timestamp,
) -> Result<bool> {
    if !receivers.may_reply_to(&message.from) {
        return Ok(false);
    }
    let (sender, since) = (message.from.as_str(), now.before(KEYWORD_REPLIES_HOUR));
    let rows = tx
        .query(
            "SELECT count(*) FROM keyword_replies WHERE keyword = ?1 AND sender = ?2 AND at > ?3",
            params![keyword.0, sender, since],
        )
        .await?;
    let count: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if count >= KEYWORD_REPLIES_PER_HOUR_MAX {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO keyword_replies (inbound, keyword, sender, at) VALUES (?1, ?2, ?3, ?4)",
        params![&message.id, keyword.0, sender, now],
    )
    .await
    .map(|rows| rows > 0)
}

pub(crate) async fn due(tx: &mut impl Tx, limit: u32) -> Result<Vec<DueReply>> {
    let rows = tx
        .query(
            "SELECT r.inbound, r.keyword, k.account, k.number, r.sender,
                 CASE WHEN k.ended_at IS NULL THEN k.reply END, r.at
             FROM keyword_replies r JOIN sold_keywords k ON k.id = r.keyword
             WHERE r.done_at IS NULL ORDER BY r.at LIMIT ?1",
            params![limit],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(DueReply {
                inbound: row.get()?,
                keyword: row.get()?,
                account: row.get()?,
                number: Party::new(row.get::<String>()?),
                to: Party::new(row.get::<String>()?),
                text: row.get::<Option<String>>()?.map(Text::from),
                at: row.get()?,
            })
        })
        .collect()
}

pub(crate) async fn end(tx: &mut impl Tx, inbound: InboundId, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE keyword_replies SET done_at = ?2 WHERE inbound = ?1 AND done_at IS NULL",
        params![&inbound, now],
    )
    .await
    .map(drop)
}

/// Deletes at most `limit` that were done before `before`; returns how many.
pub(crate) async fn forget_replies(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM keyword_replies WHERE inbound IN (
             SELECT inbound FROM keyword_replies WHERE done_at < ?1 LIMIT ?2
         )",
        params![before, limit],
    )
    .await
}
