//! The phone's calls: it fetches texts, and reports what became of them.

use domain::id::PhoneId;
use domain::phone::{
    FetchedText, PHONE_TEXT_VALID_MIN, PhoneTextReport, PhoneTextState, SIM_RESTS_FOR, is_of_sim,
};
use domain::text::Text;
use domain::time::Timestamp;

use super::{FETCHED_MAX, state};
use crate::tx::{AdvisoryLock, Result, Row, Tx, params};

/// Whether the phone has a text to fetch, or one that it has not confirmed.
pub(crate) async fn waits(tx: &mut impl Tx, phone: PhoneId, now: Timestamp) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT 1 FROM phone_texts
             WHERE phone = ?1 AND state IN ('waiting', 'fetched') AND valid_until > ?2 LIMIT 1",
            params![phone.0, now],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// Nothing new for a SIM card that may no longer send, or whose number was lent since.
pub(crate) async fn fetch(
    tx: &mut impl Tx,
    phone: PhoneId,
    newest_first: bool,
    now: Timestamp,
) -> Result<Vec<FetchedText>> {
    tx.lock(AdvisoryLock::PhoneTexts).await?;
    let valid = now.after(PHONE_TEXT_VALID_MIN);
    let rows = tx
        .query(
            "SELECT id, sim, number, text, valid_until, urgent, wants_report, created_at
             FROM phone_texts
             WHERE phone = ?1 AND valid_until > ?2 AND state IN ('waiting', 'fetched') AND (
                 (state = 'waiting' AND fetch_until > ?3 AND EXISTS (
                     SELECT 1 FROM phone_sims s
                     WHERE s.phone = phone_texts.phone AND s.sim = phone_texts.sim AND s.sends = 1
                         AND NOT EXISTS (
                             SELECT 1 FROM pool_loans l
                             WHERE l.number = s.number AND l.state <> 'over'
                         )
                 ))
                 OR (state = 'fetched' AND token = (SELECT token FROM phones WHERE id = ?1))
             )
             ORDER BY urgent DESC, created_at, id LIMIT ?4",
            params![phone.0, valid, now, FETCHED_MAX],
        )
        .await?;
    let mut texts = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let ids: Vec<_> = texts.iter().map(|text| params![&text.id, phone.0, now]).collect();
    tx.execute_many(
        "UPDATE phone_texts SET state = 'fetched', updated_at = ?3,
             token = (SELECT token FROM phones WHERE id = ?2)
         WHERE id = ?1 AND state = 'waiting'",
        &ids,
    )
    .await?;
    if newest_first {
        texts.sort_by_key(|text| std::cmp::Reverse((text.is_urgent, text.created_at, text.id)));
    }
    Ok(texts)
}

fn read(mut row: Row) -> Result<FetchedText> {
    Ok(FetchedText {
        id: row.get()?,
        sim: row.get()?,
        to: row.get()?,
        text: Text::from(row.get::<String>()?),
        valid_until: row.get()?,
        is_urgent: row.get::<i64>()? != 0,
        wants_report: row.get::<i64>()? != 0,
        created_at: row.get()?,
    })
}

pub(crate) async fn report(
    tx: &mut impl Tx,
    phone: PhoneId,
    reports: &[PhoneTextReport],
    now: Timestamp,
) -> Result<()> {
    tx.lock(AdvisoryLock::PhoneTexts).await?;
    for report in reports {
        let rows = tx
            .query(
                "SELECT state, parts, sim FROM phone_texts
                 WHERE id = ?1 AND phone = ?2 FOR UPDATE",
                params![&report.id, phone.0],
            )
            .await?;
        let Some(mut row) = rows.into_iter().next() else { continue };
        let (stored, parts, sim) = (state(&mut row)?, row.get()?, row.get::<i64>()?);
        let Some(next) = next(stored, report.state_of(parts)) else { continue };
        // What the phone has confirmed is not shown to it again.
        tx.execute(
            "UPDATE phone_texts SET state = ?2, code = ?3, news = ?4, updated_at = ?5, text = ''
             WHERE id = ?1",
            params![
                &report.id,
                next.as_str(),
                report.code.as_deref(),
                i64::from(next.is_news()),
                now,
            ],
        )
        .await?;
        if next == PhoneTextState::Failed && report.code.as_deref().is_some_and(is_of_sim) {
            tx.execute(
                "UPDATE phone_sims SET rest_until = ?3 WHERE phone = ?1 AND sim = ?2",
                params![phone.0, sim, now.after(SIM_RESTS_FOR)],
            )
            .await?;
        }
    }
    Ok(())
}

/// A phone cannot know of a text that it has not fetched.
fn next(stored: PhoneTextState, reported: PhoneTextState) -> Option<PhoneTextState> {
    if stored == PhoneTextState::Waiting { None } else { stored.next(reported) }
}

/// The second condition is the index's own: `SQLite` does not infer it from the first.
pub(crate) async fn phones_with_texts(
    tx: &mut impl Tx,
    now: Timestamp,
) -> Result<Vec<(PhoneId, Timestamp)>> {
    let rows = tx
        .query(
            "SELECT phone, max(created_at) FROM phone_texts
             WHERE state = 'waiting' AND state IN ('waiting', 'fetched') AND fetch_until > ?1
             GROUP BY phone ORDER BY phone LIMIT ?2",
            params![now, domain::limits::PHONES_MAX],
        )
        .await?;
    rows.into_iter().map(|mut row| Ok((row.get().map(PhoneId)?, row.get()?))).collect()
}
