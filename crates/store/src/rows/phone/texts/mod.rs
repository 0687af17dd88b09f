//! Texts that phones send. A row is written before its text is acknowledged to the engine, and is the phone's from the
//! change in which the phone fetches it.
//!
//! | the process died | it left | what happens |
//! |---|---|---|
//! | after a text was stored | a row that waits | the next claim of its recipient withdraws the row |
//! | after a phone fetched it | the phone's text | handed over to phones again, the text is *taken*; another carrier sends it again |
//! | after a report was stored | news | the carrier makes a receipt of it, perhaps twice |

mod phone_side;
mod queue;

use domain::id::PhoneId;
use domain::limits::{FORGET_AFTER, PHONE_TEXTS_WAITING_MAX};
use domain::number::Msisdn;
use domain::phone::{PhoneTextNews, PhoneTextState, SendingSim};
use domain::ports::PortError;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use uuid::Uuid;

pub(crate) use self::phone_side::{fetch, phones_with_texts, report, waits};
pub(crate) use self::queue::{end_tries, leave, queue, withdraw, withdraw_of};
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn sending_sims(tx: &mut impl Tx, now: Timestamp) -> Result<Vec<SendingSim>> {
    let rows = tx
        .query(
            "SELECT p.id, p.name, s.sim, n.country, p.ready_until, p.waits_for_push, p.missed_at,
                 p.seen_at, s.sent, s.sent_day, s.rest_until,
                 (SELECT count(*) FROM pool_loans l
                  WHERE l.number = s.number AND l.state <> 'over'),
                 (SELECT count(*) FROM phone_texts t
                  WHERE t.phone = s.phone AND t.sim = s.sim AND t.state IN ('waiting', 'fetched')
                      AND t.valid_until > ?1 AND (t.state = 'waiting' OR t.token = p.token))
             FROM phone_sims s JOIN phones p ON p.id = s.phone
             LEFT JOIN numbers n ON n.number = s.number
             WHERE s.sends = 1 ORDER BY p.id, s.sim",
            params![now],
        )
        .await?;
    rows.into_iter().map(|row| read_sim(row, now)).collect()
}

fn read_sim(mut row: Row, now: Timestamp) -> Result<SendingSim> {
    let (phone, phone_name, sim) = (row.get().map(PhoneId)?, row.get()?, row.get()?);
    let country = row.get::<Option<_>>()?;
    let (ready_until, waits_for_push): (Timestamp, i64) = (row.get()?, row.get()?);
    let (missed_at, seen_at): (Option<Timestamp>, Option<Timestamp>) = (row.get()?, row.get()?);
    let (sent, sent_day): (u32, i64) = (row.get()?, row.get()?);
    let rest_until: Timestamp = row.get()?;
    let (lent, waiting): (u64, u32) = (row.get()?, row.get()?);
    Ok(SendingSim {
        phone,
        phone_name,
        sim,
        country,
        is_ready: now < ready_until
            && now >= rest_until
            && waits_for_push == 0
            && lent == 0
            && missed_at.is_none_or(|missed| seen_at > Some(missed)),
        sent: if sent_day >= now.day() { sent } else { 0 },
        waiting,
    })
}

pub(crate) async fn fetched(tx: &mut impl Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, bool)>> {
    let ids: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let rows = tx.query_many("SELECT id, state FROM phone_texts WHERE id = ?1", &ids).await?;
    let read = |mut row: Row| Ok((row.get()?, state(&mut row)? != PhoneTextState::Waiting));
    rows.into_iter().flatten().map(read).collect()
}

pub(crate) async fn news(
    tx: &mut impl Tx,
    carrier: &CarrierName,
    limit: u32,
) -> Result<Vec<PhoneTextNews>> {
    let rows = tx
        .query(
            "SELECT id, number, state, code, wants_report, updated_at FROM phone_texts
             WHERE carrier = ?1 AND news = 1 ORDER BY updated_at LIMIT ?2",
            params![carrier.as_str(), limit],
        )
        .await?;
    let read = |mut row: Row| {
        Ok(PhoneTextNews {
            id: row.get()?,
            to: row.get::<Msisdn>()?,
            state: state(&mut row)?,
            code: row.get()?,
            wants_report: row.get::<i64>()? != 0,
            at: row.get()?,
        })
    };
    rows.into_iter().map(read).collect()
}

pub(crate) async fn news_stored(tx: &mut impl Tx, stored: &[(Uuid, PhoneTextState)]) -> Result<()> {
    let stored: Vec<_> = stored.iter().map(|(id, state)| params![id, state.as_str()]).collect();
    tx.execute_many("UPDATE phone_texts SET news = 0 WHERE id = ?1 AND state = ?2", &stored)
        .await
        .map(drop)
}

/// Deletes at most `limit` texts from before `before`, and the words of those that no phone may send any more; returns how
/// many.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let wordless = tx
        .execute(
            "UPDATE phone_texts SET text = '' WHERE id IN (
                 SELECT id FROM phone_texts
                 WHERE state IN ('waiting', 'fetched') AND text <> '' AND valid_until < ?1 LIMIT ?2
             )",
            params![before.after(FORGET_AFTER), limit],
        )
        .await?;
    let deleted = tx
        .execute(
            "DELETE FROM phone_texts WHERE id IN (
                 SELECT id FROM phone_texts WHERE created_at < ?1 LIMIT ?2
             )",
            params![before, limit],
        )
        .await?;
    Ok(wordless.max(deleted))
}

fn state(row: &mut Row) -> Result<PhoneTextState> {
    let word: String = row.get()?;
    word.parse().map_err(|_| PortError::Refused("unreadable column: state".to_owned()))
}

/// Texts in one answer to a phone.
const FETCHED_MAX: u32 = PHONE_TEXTS_WAITING_MAX;
