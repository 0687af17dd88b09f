//! Phones and their SIM cards, the messages that they report, and the texts that they send.

mod inbound;
mod sims;
pub(crate) mod texts;

use domain::account::KeyHash;
use domain::account::operator::{Action, Actor};
use domain::id::PhoneId;
use domain::inbound::Party;
use domain::limits::PHONES_MAX;
use domain::phone::{Health, NewPhone, Phone, PhoneReport};
use domain::ports::PortError;
use domain::secret::Secret;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

pub(crate) use self::inbound::{forget, record};
use self::sims::{report_sims, sims_of};
use super::account::audit::{self, NewAuditEntry};
use super::number;
use crate::tx::{AdvisoryLock, Result, Row, Tx, params};

const SECRET: &str = "phones.secret";

/// Rows as [`read`] takes them.
macro_rules! select_phones {
    ($which:literal) => {
        concat!(
            "SELECT id, name, owner, model, app_version, waits_for_push, health, seen_at,
                 ready_until, created_at
             FROM phones ",
            $which
        )
    };
}

pub(crate) async fn add(
    tx: &mut impl Tx,
    new: &NewPhone,
    by: Actor,
    now: Timestamp,
) -> Result<PhoneId> {
    tx.lock(AdvisoryLock::Phones).await?;
    let rows = tx.query("SELECT count(*) FROM phones", []).await?;
    let count: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if count >= PHONES_MAX {
        return Err(PortError::Refused("there are too many phones".to_owned()));
    }
    let known = tx.query("SELECT 1 FROM phones WHERE name = ?1", params![&new.name]).await?;
    if !known.is_empty() {
        return Err(PortError::Conflict("there is a phone of this name".to_owned()));
    }
    let secret = tx.vault().seal(SECRET, new.name.as_bytes(), new.secret.expose().as_bytes())?;
    let row = params![&new.name, new.owner, &new.enrolment.0[..], &secret, now];
    let ids = tx
        .insert_many(
            "INSERT INTO phones (name, owner, enrolment, secret, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
            &[row],
        )
        .await?;
    let lost = || PortError::Refused("the phone has no id".to_owned());
    let phone = ids.into_iter().next().map(PhoneId).ok_or_else(lost)?;
    note(tx, phone, Action::PhoneAdd, json!({ "name": new.name, "owner": new.owner }), by, now)
        .await?;
    Ok(phone)
}

pub(crate) async fn set_token(
    tx: &mut impl Tx,
    phone: PhoneId,
    enrolment: KeyHash,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE phones SET enrolment = ?2 WHERE id = ?1",
            params![phone.0, &enrolment.0[..]],
        )
        .await?;
    if changed > 0 {
        note(tx, phone, Action::PhoneToken, json!({}), by, now).await?;
    }
    Ok(changed > 0)
}

pub(crate) async fn remove(
    tx: &mut impl Tx,
    phone: PhoneId,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    tx.lock(AdvisoryLock::PhoneTexts).await?;
    let Some(removed) = find_to_change(tx, phone).await? else { return Ok(false) };
    texts::leave(tx, phone).await?;
    for sim in sims_of(tx, phone).await? {
        if let Some(number) = sim.number {
            number::remove(tx, &number, by, now).await?;
        }
    }
    tx.execute("DELETE FROM phone_sims WHERE phone = ?1", params![phone.0]).await?;
    tx.execute("DELETE FROM phone_seen WHERE phone = ?1", params![phone.0]).await?;
    tx.execute("DELETE FROM phones WHERE id = ?1", params![phone.0]).await?;
    note(tx, phone, Action::PhoneRemove, json!({ "name": removed.name }), by, now).await?;
    Ok(true)
}

async fn note(
    tx: &mut impl Tx,
    phone: PhoneId,
    action: Action,
    detail: Json,
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    let on = phone.0.to_string();
    audit::write(tx, NewAuditEntry { action, account: None, on: &on, detail }, by, now).await
}

pub(crate) async fn list(tx: &mut impl Tx) -> Result<Vec<Phone>> {
    let rows = tx.query(select_phones!("ORDER BY id"), []).await?;
    let phones = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    with_sims(tx, phones).await
}

async fn with_sims(tx: &mut impl Tx, mut phones: Vec<Phone>) -> Result<Vec<Phone>> {
    for phone in &mut phones {
        phone.sims = sims_of(tx, phone.id).await?;
    }
    Ok(phones)
}

pub(super) async fn find_to_change(tx: &mut impl Tx, phone: PhoneId) -> Result<Option<Phone>> {
    let rows = tx.query(select_phones!("WHERE id = ?1 FOR UPDATE"), params![phone.0]).await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn register(
    tx: &mut impl Tx,
    enrolment: KeyHash,
    token: KeyHash,
    report: &PhoneReport,
    now: Timestamp,
) -> Result<Option<Phone>> {
    let rows = tx
        .query(select_phones!("WHERE enrolment = ?1 FOR UPDATE"), params![&enrolment.0[..]])
        .await?;
    let Some(phone) = rows.into_iter().next().map(read).transpose()? else { return Ok(None) };
    tx.execute("UPDATE phones SET token = ?2 WHERE id = ?1", params![phone.id.0, &token.0[..]])
        .await?;
    self::report(tx, phone.id, report, now).await?;
    of_token(tx, token).await
}

pub(crate) async fn of_token(tx: &mut impl Tx, token: KeyHash) -> Result<Option<Phone>> {
    let rows = tx.query(select_phones!("WHERE token = ?1"), params![&token.0[..]]).await?;
    let phones = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(with_sims(tx, phones).await?.into_iter().next())
}

pub(crate) async fn report(
    tx: &mut impl Tx,
    phone: PhoneId,
    report: &PhoneReport,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE phones SET model = coalesce(?2, model), app_version = coalesce(?3, app_version),
             waits_for_push = ?4, seen_at = ?5
         WHERE id = ?1",
        params![
            phone.0,
            report.model.as_deref(),
            report.app_version.as_deref(),
            i64::from(report.waits_for_push),
            now,
        ],
    )
    .await?;
    report_sims(tx, phone, &report.sims).await
}

pub(crate) async fn secret(tx: &mut impl Tx, phone: PhoneId) -> Result<Option<Secret>> {
    let rows = tx.query("SELECT name, secret FROM phones WHERE id = ?1", params![phone.0]).await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (name, sealed): (String, Vec<u8>) = (row.get()?, row.get()?);
    let opened = tx.vault().open(SECRET, name.as_bytes(), &sealed)?;
    let unreadable = |_| PortError::Refused("unreadable column: secret".to_owned());
    let text = std::str::from_utf8(&opened).map_err(unreadable)?;
    Ok(Some(Secret::new(text)))
}

pub(crate) async fn see(
    tx: &mut impl Tx,
    phone: PhoneId,
    ping: Option<Health>,
    now: Timestamp,
) -> Result<()> {
    let seen = "UPDATE phones SET seen_at = ?2 WHERE id = ?1";
    let Some(health) = ping else {
        return tx.execute(seen, params![phone.0, now]).await.map(drop);
    };
    tx.execute(
        "UPDATE phones SET seen_at = ?2, health = ?3, ready_until = ?4 WHERE id = ?1",
        params![phone.0, now, health.as_str(), health.ready_until(now)],
    )
    .await
    .map(drop)
}

pub(crate) async fn set_number(
    tx: &mut impl Tx,
    phone: PhoneId,
    sim: u8,
    number: &Party,
    test: Option<&str>,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    tx.lock(AdvisoryLock::Phones).await?;
    if find_to_change(tx, phone).await?.is_none() {
        return Ok(false);
    }
    sims::set_number(tx, phone, sim, number, test, now).await?;
    let detail = json!({ "sim": sim, "number": number.as_str(), "proven": test.is_none() });
    note(tx, phone, Action::PhoneNumber, detail, by, now).await?;
    Ok(true)
}

pub(crate) async fn set_sends(
    tx: &mut impl Tx,
    phone: PhoneId,
    sim: u8,
    sends: bool,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    if find_to_change(tx, phone).await?.is_none() {
        return Ok(false);
    }
    sims::set_sends(tx, phone, sim, sends).await?;
    note(tx, phone, Action::PhoneSends, json!({ "sim": sim, "sends": sends }), by, now).await?;
    Ok(true)
}

fn read(mut row: Row) -> Result<Phone> {
    let (id, name, owner) = (row.get().map(PhoneId)?, row.get()?, row.get()?);
    let (model, app_version) = (row.get()?, row.get()?);
    let waits_for_push = row.get::<i64>()? != 0;
    let health = row.get::<Option<String>>()?.map(|word| word.parse::<Health>()).transpose();
    let unreadable = |_| PortError::Refused("unreadable column: health".to_owned());
    Ok(Phone {
        id,
        name,
        owner,
        model,
        app_version,
        waits_for_push,
        health: health.map_err(unreadable)?,
        seen_at: row.get()?,
        ready_until: row.get()?,
        created_at: row.get()?,
        sims: Vec::new(),
    })
}
