//! Gives texts to SIM cards, and takes back what no phone has fetched.

use domain::id::PhoneId;
use domain::phone::{NewPhoneText, PhoneTextState, Placed, SendTerms};
use domain::time::Timestamp;
use uuid::Uuid;

use super::{sending_sims, state};
use crate::rows::message::recipients::Range;
use crate::tx::{AdvisoryLock, Result, Row, Tx, params};

pub(crate) async fn queue(
    tx: &mut impl Tx,
    terms: &SendTerms,
    texts: &[NewPhoneText],
    now: Timestamp,
) -> Result<Vec<Placed>> {
    tx.lock(AdvisoryLock::PhoneTexts).await?;
    let known = earlier(tx, texts, now).await?;
    let left: Vec<Uuid> = known.iter().filter_map(Earlier::waiting).collect();
    take_back(tx, &left).await?;
    let mut sims = sending_sims(tx, now).await?;
    let mut placed = Vec::with_capacity(texts.len());
    for (text, earlier) in texts.iter().zip(known) {
        if let Earlier::Taken(id) = earlier {
            take_over(tx, id, terms).await?;
            placed.push(Placed::Taken(id));
            continue;
        }
        let sim = match terms.choose(&mut sims, text.to, text.parts) {
            Ok(sim) => sim,
            Err(nowhere) => {
                placed.push(Placed::Nowhere(nowhere));
                continue;
            }
        };
        sim.sent = sim.sent.saturating_add(text.parts.into());
        sim.waiting = sim.waiting.saturating_add(1);
        insert(tx, terms, text, (sim.phone, sim.sim), now).await?;
        placed.push(Placed::Waiting);
    }
    Ok(placed)
}

/// Its receipts are this carrier's from now on. Those that were made before may have found no submission.
async fn take_over(tx: &mut impl Tx, id: Uuid, terms: &SendTerms) -> Result<()> {
    tx.execute(
        "UPDATE phone_texts SET carrier = ?2,
             news = CASE WHEN state IN ('sent', 'delivered') THEN 1 ELSE 0 END
         WHERE id = ?1",
        params![&id, terms.carrier.as_str()],
    )
    .await
    .map(drop)
}

/// A text of the same recipient that was stored before.
enum Earlier {
    None,
    /// No phone has fetched it.
    Waiting(Uuid),
    Taken(Uuid),
}

impl Earlier {
    const fn waiting(&self) -> Option<Uuid> {
        match self {
            Self::Waiting(id) => Some(*id),
            Self::None | Self::Taken(_) => None,
        }
    }
}

/// What failed, or can no longer be sent, is none: its recipient is tried again because someone asked for it.
async fn earlier(tx: &mut impl Tx, texts: &[NewPhoneText], now: Timestamp) -> Result<Vec<Earlier>> {
    let keys: Vec<_> =
        texts.iter().map(|text| params![&text.message, text.recipient, now]).collect();
    let found = tx
        .query_many(
            "SELECT id, state FROM phone_texts
             WHERE message = ?1 AND recipient = ?2 AND valid_until > ?3
                 AND state NOT IN ('failed', 'expired')
             ORDER BY created_at DESC LIMIT 1",
            &keys,
        )
        .await?;
    let read = |mut row: Row| {
        let id = row.get()?;
        Ok(match state(&mut row)? {
            PhoneTextState::Waiting => Earlier::Waiting(id),
            _ => Earlier::Taken(id),
        })
    };
    let first = |rows: Vec<Row>| rows.into_iter().next().map_or(Ok(Earlier::None), read);
    found.into_iter().map(first).collect()
}

async fn insert(
    tx: &mut impl Tx,
    terms: &SendTerms,
    text: &NewPhoneText,
    (phone, sim): (PhoneId, u8),
    now: Timestamp,
) -> Result<()> {
    let number = i64::try_from(text.to.digits()).unwrap_or(i64::MAX);
    let fetch_until = now.after(terms.fetch_within);
    tx.execute(
        "INSERT INTO phone_texts (id, carrier, phone, sim, message, recipient, number, text, parts,
             urgent, wants_report, state, fetch_until, valid_until, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'waiting', ?12, ?13, ?14, ?14)",
        params![
            &text.id,
            terms.carrier.as_str(),
            phone.0,
            i64::from(sim),
            &text.message,
            text.recipient,
            number,
            text.text.as_str(),
            text.parts,
            i64::from(text.is_urgent),
            i64::from(terms.wants_reports),
            fetch_until,
            text.valid_until,
            now,
        ],
    )
    .await?;
    tx.execute(
        "UPDATE phone_sims SET sent = CASE WHEN sent_day >= ?4 THEN sent + ?3 ELSE ?3 END,
             sent_day = CASE WHEN sent_day > ?4 THEN sent_day ELSE ?4 END
         WHERE phone = ?1 AND sim = ?2",
        params![phone.0, i64::from(sim), i64::from(text.parts), now.day()],
    )
    .await
    .map(drop)
}

pub(crate) async fn withdraw(tx: &mut impl Tx, ids: &[Uuid], now: Timestamp) -> Result<Vec<Uuid>> {
    tx.lock(AdvisoryLock::PhoneTexts).await?;
    let (withdrawn, mut phones): (Vec<_>, Vec<_>) = take_back(tx, ids).await?.into_iter().unzip();
    phones.sort_unstable();
    phones.dedup();
    let missed: Vec<_> = phones.into_iter().map(|phone: PhoneId| params![phone.0, now]).collect();
    tx.execute_many("UPDATE phones SET missed_at = ?2 WHERE id = ?1", &missed).await?;
    Ok(withdrawn)
}

/// Withdraws what waits for these runs of recipients: any carrier may get them now.
pub(crate) async fn withdraw_of(tx: &mut impl Tx, runs: &[Range]) -> Result<()> {
    let keys: Vec<_> =
        runs.iter().map(|(message, first, last)| params![message, *first, *last]).collect();
    let found = tx
        .query_many(
            "SELECT id FROM phone_texts
             WHERE message = ?1 AND recipient BETWEEN ?2 AND ?3 AND state = 'waiting'",
            &keys,
        )
        .await?;
    let waiting =
        found.into_iter().flatten().map(|mut row| row.get()).collect::<Result<Vec<_>>>()?;
    if !waiting.is_empty() {
        // A phone that fetches them at this moment has them, or finds them gone.
        tx.lock(AdvisoryLock::PhoneTexts).await?;
        take_back(tx, &waiting).await?;
    }
    Ok(())
}

/// The phone is about to be removed, and another may get its id. The caller holds the lock.
pub(crate) async fn leave(tx: &mut impl Tx, phone: PhoneId) -> Result<()> {
    tx.execute("DELETE FROM phone_texts WHERE phone = ?1 AND state = 'waiting'", params![phone.0])
        .await?;
    tx.execute("UPDATE phone_texts SET phone = -1, text = '' WHERE phone = ?1", params![phone.0])
        .await
        .map(drop)
}

/// Someone asks for another try of what these runs of recipients did not get: what a phone has of the last one is no
/// longer theirs.
pub(crate) async fn end_tries(tx: &mut impl Tx, runs: &[Range]) -> Result<()> {
    let keys: Vec<_> =
        runs.iter().map(|(message, first, last)| params![message, *first, *last]).collect();
    tx.execute_many(
        "UPDATE phone_texts SET state = 'failed', news = 0, text = ''
         WHERE message = ?1 AND recipient BETWEEN ?2 AND ?3
             AND state IN ('fetched', 'processed', 'sent')",
        &keys,
    )
    .await
    .map(drop)
}

/// Deletes the waiting ones, and their parts from the counts of the day on which they were given.
async fn take_back(tx: &mut impl Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, PhoneId)>> {
    let keys: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let rows = tx
        .query_many(
            "DELETE FROM phone_texts WHERE id = ?1 AND state = 'waiting'
             RETURNING id, phone, sim, parts, created_at",
            &keys,
        )
        .await?;
    let mut deleted = Vec::new();
    for mut row in rows.into_iter().flatten() {
        let (id, phone): (Uuid, i64) = (row.get()?, row.get()?);
        let (sim, parts): (i64, i64) = (row.get()?, row.get()?);
        let created_at: Timestamp = row.get()?;
        tx.execute(
            "UPDATE phone_sims SET sent = sent - ?3
             WHERE phone = ?1 AND sim = ?2 AND sent_day = ?4 AND sent >= ?3",
            params![phone, sim, parts, created_at.day()],
        )
        .await?;
        deleted.push((id, PhoneId(phone)));
    }
    Ok(deleted)
}
