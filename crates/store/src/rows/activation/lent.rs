//! Numbers that are lent, each once for a service at a time, and never beside a rental of the whole number.
//! A supplier that says otherwise is not believed.

use domain::activation::rental::RentalState;
use domain::activation::{Activation, RENTAL_REST, State};
use domain::number::Msisdn;
use domain::time::Timestamp;

use super::row::ActivationRow;
use crate::tx::{Result, Tx, params};

/// Later than any clock.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// False: the number is lent for the same service, or rests. Caller: has locked
/// [`WholeNumbers`](crate::tx::AdvisoryLock::WholeNumbers), exclusively for a rental of the whole number.
pub(super) async fn lend(
    tx: &mut impl Tx,
    activation: &Activation,
    number: Msisdn,
    now: Timestamp,
) -> Result<bool> {
    let number = i64::try_from(number.digits()).unwrap_or(i64::MAX);
    let (service, id) = (&activation.wanted.service, activation.id.0);
    let whole = tx
        .query(
            "SELECT 1 FROM lent_numbers WHERE number = ?1 AND free_at > ?2 AND activation <> ?3
                 AND (service = 'full' OR ?4 = 1) LIMIT 1",
            params![number, now, id, i64::from(service.is_full())],
        )
        .await?;
    if !whole.is_empty() {
        return Ok(false);
    }
    let lent = tx
        .execute(
            "INSERT INTO lent_numbers (number, service, activation, free_at)
             VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (number, service) DO UPDATE SET activation = ?3, free_at = ?4
                 WHERE lent_numbers.free_at <= ?5 OR lent_numbers.activation = ?3",
            params![number, service.as_str(), id, NEVER, now],
        )
        .await?;
    Ok(lent > 0)
}

/// Numbers of activations that ended are free, and so are those of rentals that were cancelled; those of other rentals
/// rest first.
pub(super) async fn free(tx: &mut impl Tx, ended: &[&ActivationRow], now: Timestamp) -> Result<()> {
    let with_number = |row: &&ActivationRow| row.activation.number.is_some();
    let (rentals, others): (Vec<&ActivationRow>, Vec<&ActivationRow>) =
        ended.iter().copied().filter(with_number).partition(|row| {
            let is_cancelled = row.activation.state == State::Rental(RentalState::Cancelled);
            row.activation.wanted.is_rental() && !is_cancelled
        });
    let rows: Vec<_> = others.iter().map(|row| params![row.activation.id.0]).collect();
    tx.execute_many("DELETE FROM lent_numbers WHERE activation = ?1", &rows).await?;
    let free_at = now.after(RENTAL_REST);
    let rows: Vec<_> = rentals.iter().map(|row| params![row.activation.id.0, free_at]).collect();
    tx.execute_many("UPDATE lent_numbers SET free_at = ?2 WHERE activation = ?1", &rows)
        .await
        .map(drop)
}
