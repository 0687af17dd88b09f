//! Numbers that can be lent: not on loan, not resting, and not used up for the service. Numbers on phones must be
//! ready ([`domain::phone`]). Those that brought no message the last times come last.

use domain::inbound::Party;
use domain::number::Msisdn;
use domain::number::own::Country;
use domain::number::pool::{LendNumber, LoanPurpose, PoolLine};
use domain::ports::PoolStock;
use domain::time::Timestamp;

use super::Candidate;
use crate::tx::{Result, Row, Tx, params};

/// Numbers that are read at once. Of these some may not be lent after all.
const CANDIDATES_MAX: u32 = 20;

/// `?1` service, `?2` countries, `?3` now, `?4` 1 for a time.
macro_rules! available {
    ($select:literal, $line:literal, $end:literal) => {
        concat!(
            $select,
            " FROM numbers n
             LEFT JOIN pool_services s ON s.number = n.number AND s.service = ?1
             WHERE CASE WHEN ?4 = 1 THEN n.rents ELSE n.lends END = 1
                 AND n.receives = 1 AND n.state = 'active' AND n.country IS NOT NULL
                 AND length(n.number) >= 7 AND (?2 = '' OR ?2 LIKE '%,' || n.country || ',%')
                 AND (s.used_until IS NULL OR s.used_until <= ?3)
                 AND NOT EXISTS (
                     SELECT 1 FROM pool_loans l
                     WHERE l.number = n.number AND l.free_at > ?3
                 ) AND ",
            $line,
            $end
        )
    };
}

macro_rules! best_first {
    ($line:literal) => {
        available!(
            "SELECT n.number, n.country",
            $line,
            " ORDER BY coalesce(s.misses, 0), coalesce((
                 SELECT max(l.lent_at) FROM pool_loans l WHERE l.number = n.number
             ), 0), n.number LIMIT ?5 OFFSET ?6"
        )
    };
}

macro_rules! by_country {
    ($line:literal) => {
        available!("SELECT n.country, count(*)", $line, " GROUP BY n.country ORDER BY n.country")
    };
}

/// The best number, except those that are no international numbers, and those that are on loan or rest in another
/// spelling.
pub(super) async fn choose(
    tx: &mut impl Tx,
    wanted: &LendNumber,
    now: Timestamp,
) -> Result<Option<Candidate>> {
    for page in 0_u32.. {
        let rows = candidates(tx, wanted, page.saturating_mul(CANDIDATES_MAX), now).await?;
        let is_last = rows.len() < CANDIDATES_MAX as usize;
        for row in rows {
            let Some(candidate) = candidate(row)? else { continue };
            if is_free(tx, &candidate, now).await? {
                return Ok(Some(candidate));
            }
        }
        if is_last {
            break;
        }
    }
    Ok(None)
}

async fn is_free(tx: &mut impl Tx, candidate: &Candidate, now: Timestamp) -> Result<bool> {
    let called = candidate.called.digits().to_string();
    let lent = tx
        .query(
            "SELECT 1 FROM pool_loans WHERE called = ?1 AND free_at > ?2 LIMIT 1",
            params![&called, now],
        )
        .await?;
    Ok(lent.is_empty())
}

async fn candidates(
    tx: &mut impl Tx,
    wanted: &LendNumber,
    offset: u32,
    now: Timestamp,
) -> Result<Vec<Row>> {
    let countries = listed(&wanted.countries);
    let rented = i64::from(wanted.purpose == LoanPurpose::Rent);
    let params = params![wanted.service.as_str(), &countries, now, rented, CANDIDATES_MAX, offset];
    match wanted.line {
        PoolLine::Carrier => tx.query(best_first!("n.phone IS NULL"), params).await,
        PoolLine::Phone => {
            tx.query(
                best_first!(
                    "n.phone IS NOT NULL AND EXISTS (
                 SELECT 1 FROM phone_sims i JOIN phones p ON p.id = i.phone
                 WHERE i.number = n.number AND i.proven_at IS NOT NULL AND p.ready_until > ?3
             )"
                ),
                params,
            )
            .await
        }
    }
}

fn candidate(mut row: Row) -> Result<Option<Candidate>> {
    let (number, country): (String, _) = (row.get()?, row.get()?);
    let called = number.parse().map(Msisdn::as_spelled_today).ok();
    Ok(called.map(|called| Candidate { number: Party::new(number), called, country }))
}

pub(crate) async fn stock(
    tx: &mut impl Tx,
    stock: &PoolStock,
    now: Timestamp,
) -> Result<Vec<(Country, u64)>> {
    let countries = listed(&stock.countries);
    let rented = i64::from(stock.purpose == LoanPurpose::Rent);
    let params = params![stock.service.as_str(), &countries, now, rented];
    let rows = match stock.line {
        PoolLine::Carrier => tx.query(by_country!("n.phone IS NULL"), params).await?,
        PoolLine::Phone => {
            tx.query(
                by_country!(
                    "n.phone IS NOT NULL AND EXISTS (
                 SELECT 1 FROM phone_sims i JOIN phones p ON p.id = i.phone
                 WHERE i.number = n.number AND i.proven_at IS NOT NULL AND p.ready_until > ?3
             )"
                ),
                params,
            )
            .await?
        }
    };
    rows.into_iter().map(|mut row| Ok((row.get()?, row.get()?))).collect()
}

/// `,DE,DK,`, or empty.
fn listed(countries: &[Country]) -> String {
    let mut listed: String = countries.iter().map(|country| format!(",{country}")).collect();
    if !listed.is_empty() {
        listed.push(',');
    }
    listed
}
