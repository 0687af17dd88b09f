//! SIM cards of phones.

use domain::id::PhoneId;
use domain::inbound::Party;
use domain::phone::{PhoneSim, SimReport};
use domain::ports::PortError;
use domain::time::Timestamp;

use crate::tx::{Result, Row, Tx, params};

pub(super) async fn sims_of(tx: &mut impl Tx, phone: PhoneId) -> Result<Vec<PhoneSim>> {
    let rows = tx
        .query(
            "SELECT sim, network, card, number, proven_at, test, sends, sent, sent_day FROM phone_sims
             WHERE phone = ?1 ORDER BY sim",
            params![phone.0],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<PhoneSim> {
    let (sim, network, card) = (row.get()?, row.get()?, row.get()?);
    let number = row.get::<Option<String>>()?.map(Party::new);
    Ok(PhoneSim {
        sim,
        network,
        card,
        number,
        proven_at: row.get()?,
        test: row.get()?,
        sends: row.get::<i64>()? != 0,
        sent: row.get()?,
        sent_day: row.get()?,
    })
}

/// A number whose card was changed must be proven again, and the new card sends nothing before someone allows it. A card
/// that is not reported stays.
pub(super) async fn report_sims(
    tx: &mut impl Tx,
    phone: PhoneId,
    reports: &[SimReport],
) -> Result<()> {
    let known = sims_of(tx, phone).await?;
    for report in reports {
        let before = known.iter().find(|sim| sim.sim == report.sim);
        let unproves = before.is_some_and(|sim| sim.is_changed_by(report));
        tx.execute(
            "INSERT INTO phone_sims (phone, sim, network, card) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (phone, sim) DO UPDATE SET network = ?3,
                 card = coalesce(?4, phone_sims.card),
                 proven_at = CASE WHEN ?5 = 1 THEN NULL ELSE phone_sims.proven_at END,
                 sends = CASE WHEN ?5 = 1 THEN 0 ELSE phone_sims.sends END",
            params![
                phone.0,
                i64::from(report.sim),
                report.network.as_deref(),
                report.card.as_deref(),
                i64::from(unproves),
            ],
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn set_number(
    tx: &mut impl Tx,
    phone: PhoneId,
    sim: u8,
    number: &Party,
    test: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let elsewhere = tx
        .query(
            "SELECT 1 FROM phone_sims WHERE number = ?1 AND phone <> ?2",
            params![number.as_str(), phone.0],
        )
        .await?;
    if !elsewhere.is_empty() {
        return Err(PortError::Conflict("another phone has this number".to_owned()));
    }
    // The card was moved to another slot of the phone.
    tx.execute(
        "UPDATE phone_sims SET number = NULL, proven_at = NULL, test = NULL
         WHERE number = ?1 AND phone = ?2 AND sim <> ?3",
        params![number.as_str(), phone.0, i64::from(sim)],
    )
    .await?;
    let proven_at = test.is_none().then_some(now);
    tx.execute(
        "INSERT INTO phone_sims (phone, sim, number, proven_at, test) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (phone, sim) DO UPDATE SET number = ?3, proven_at = ?4, test = ?5",
        params![phone.0, i64::from(sim), number.as_str(), proven_at, test],
    )
    .await
    .map(drop)
}

pub(super) async fn prove(tx: &mut impl Tx, phone: PhoneId, sim: u8, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE phone_sims SET proven_at = ?3, test = NULL WHERE phone = ?1 AND sim = ?2",
        params![phone.0, i64::from(sim), now],
    )
    .await
    .map(drop)
}

pub(super) async fn dispute(tx: &mut impl Tx, phone: PhoneId, sim: u8) -> Result<()> {
    tx.execute(
        "UPDATE phone_sims SET proven_at = NULL WHERE phone = ?1 AND sim = ?2",
        params![phone.0, i64::from(sim)],
    )
    .await
    .map(drop)
}

pub(super) async fn set_sends(
    tx: &mut impl Tx,
    phone: PhoneId,
    sim: u8,
    sends: bool,
) -> Result<()> {
    tx.execute(
        "INSERT INTO phone_sims (phone, sim, sends) VALUES (?1, ?2, ?3)
         ON CONFLICT (phone, sim) DO UPDATE SET sends = ?3",
        params![phone.0, i64::from(sim), i64::from(sends)],
    )
    .await
    .map(drop)
}
