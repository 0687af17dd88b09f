//! Messages that phones report: stored once, as inbound messages to the number of their SIM card, in one change.
//! A phone waits for the answer and repeats its event without one.

use domain::inbound::{InboundBody, InboundPart, Party, Receivers, Spelling};
use domain::phone::{LineOf, PhoneMessage, PhoneMessageRecorded, content_key, line_of};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use ring::digest::{SHA256, digest};

use super::sims::{dispute, prove, sims_of};
use crate::rows::inbound;
use crate::tx::{Result, Tx, params};

/// The carrier of what phones bring.
const CARRIER: &str = "phones";

pub(crate) async fn record(
    tx: &mut impl Tx,
    message: &PhoneMessage,
    receivers: &Receivers,
    now: Timestamp,
) -> Result<PhoneMessageRecorded> {
    let event = digest(&SHA256, message.event.as_bytes());
    let is_new = see(tx, message, event.as_ref(), now).await?
        && see(tx, message, &content_key(message), now).await?;
    if !is_new {
        return Ok(PhoneMessageRecorded::Repeat);
    }
    let sims = sims_of(tx, message.phone).await?;
    let line = line_of(&sims, message.sim, message.recipient.as_ref().map(Party::as_str));
    let sim = match line {
        LineOf::Sim(at) => sims.get(at),
        LineOf::Disputed(at) => {
            if let Some(sim) = sims.get(at) {
                dispute(tx, message.phone, sim.sim).await?;
            }
            None
        }
        LineOf::Unknown => None,
    };
    // What comes to a card that is not proven may be private, and the text that proves it is nobody else's.
    let number = sim.filter(|sim| sim.proven_at.is_some()).and_then(|sim| sim.number.clone());
    let is_placed = number.is_some();
    let part = InboundPart {
        carrier: CarrierName::new(CARRIER),
        from: message.from.clone(),
        to: number.unwrap_or_else(|| unplaced(message)),
        spelling: Spelling::default(),
        body: InboundBody::Text(message.text.as_str().to_owned()),
        join: None,
        at: message.at,
        // Repeats were recognised above: the same text may come twice.
        interrupted_at: Timestamp::from_millis(0),
    };
    let part = if is_placed { receivers.resolve(part) } else { part };
    let part = (message.id, part);
    let recorded = inbound::record_whole(tx, part, message.sent_at, receivers, now).await?;
    let proves = |test: &String| message.text.as_str().contains(test.as_str());
    let proven = sim.filter(|sim| sim.test.as_ref().is_some_and(proves));
    if let Some(sim) = proven {
        prove(tx, message.phone, sim.sim, now).await?;
        return Ok(PhoneMessageRecorded::Proved(recorded));
    }
    Ok(if is_placed {
        PhoneMessageRecorded::Recorded(recorded)
    } else {
        PhoneMessageRecorded::NoLine(recorded)
    })
}

/// It is kept for the operator, and is of no number of ours.
fn unplaced(message: &PhoneMessage) -> Party {
    Party::new(format!("phone {}", message.phone.0))
}

/// False: it was there.
async fn see(tx: &mut impl Tx, message: &PhoneMessage, key: &[u8], now: Timestamp) -> Result<bool> {
    let added = tx
        .execute(
            "INSERT INTO phone_seen (phone, key, at) VALUES (?1, ?2, ?3)
             ON CONFLICT (phone, key) DO NOTHING",
            params![message.phone.0, key, now],
        )
        .await?;
    Ok(added > 0)
}

/// Deletes at most `limit` marks of repeats from before `before`; returns how many.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM phone_seen WHERE (phone, key) IN (
             SELECT phone, key FROM phone_seen WHERE at < ?1 LIMIT ?2
         )",
        params![before, limit],
    )
    .await
}
