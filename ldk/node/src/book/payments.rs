//! Invoices of others that we pay.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Book, read_u64, stored};
use crate::Hash;
use crate::database::DatabaseError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentState {
    InFlight,
    Paid,
    Failed,
}

#[derive(Debug, Clone)]
pub(crate) struct NewPayment {
    pub(crate) hash: Hash,
    pub(crate) invoice: String,
    pub(crate) value_msat: u64,
    pub(crate) begun_at: u64,
    pub(crate) begun_height: u32,
    /// Blocks after which no part of it can be under way.
    pub(crate) cltv_limit: u32,
}

#[derive(Clone, PartialEq, Eq)]
#[allow(missing_debug_implementations, reason = "has the preimage")]
pub(crate) struct Payment {
    pub(crate) hash: Hash,
    pub(crate) invoice: String,
    pub(crate) value_msat: u64,
    pub(crate) state: PaymentState,
    pub(crate) fee_msat: u64,
    pub(crate) preimage: Option<Hash>,
    pub(crate) begun_at: u64,
    pub(crate) begun_height: u32,
    pub(crate) cltv_limit: u32,
}

const COLUMNS: &str =
    "hash, invoice, value_msat, state, fee_msat, preimage, begun_at, begun_height, cltv_limit";

fn payment(row: &Row<'_>) -> rusqlite::Result<Payment> {
    let state = match row.get::<_, i64>(3)? {
        0 => PaymentState::InFlight,
        1 => PaymentState::Paid,
        2 => PaymentState::Failed,
        other => return Err(rusqlite::Error::IntegralValueOutOfRange(3, other)),
    };
    Ok(Payment {
        hash: row.get(0)?,
        invoice: row.get(1)?,
        value_msat: read_u64(row.get(2)?),
        state,
        fee_msat: read_u64(row.get(4)?),
        preimage: row.get(5)?,
        begun_at: read_u64(row.get(6)?),
        begun_height: row.get(7)?,
        cltv_limit: row.get(8)?,
    })
}

impl Book {
    pub(crate) fn payment(&self, hash: &Hash) -> Result<Option<Payment>, DatabaseError> {
        let sql = format!("SELECT {COLUMNS} FROM payments WHERE hash = ?");
        self.database.read(|connection| {
            connection.prepare_cached(&sql)?.query_row([hash], payment).optional()
        })
    }

    pub(crate) fn payments_in_flight(&self) -> Result<Vec<Payment>, DatabaseError> {
        let sql = format!("SELECT {COLUMNS} FROM payments WHERE state = 0");
        self.database
            .read(|connection| connection.prepare_cached(&sql)?.query_map([], payment)?.collect())
    }

    /// Records that it begins; false if one of this hash is in flight or paid.
    pub(crate) async fn begin_payment(&self, new: NewPayment) -> Result<bool, DatabaseError> {
        let begin = move |connection: &Connection| {
            let sql = "INSERT INTO payments (hash, invoice, value_msat, state, begun_at, begun_height, \
                 cltv_limit) VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6) \
                 ON CONFLICT (hash) DO UPDATE SET invoice = ?2, value_msat = ?3, state = 0, begun_at = ?4, begun_height = ?5, \
                 cltv_limit = ?6 WHERE state = 2";
            let changed = connection.prepare_cached(sql)?.execute(params![
                new.hash,
                new.invoice,
                stored(new.value_msat),
                stored(new.begun_at),
                new.begun_height,
                new.cltv_limit
            ])?;
            Ok(changed == 1)
        };
        self.database.change(begin).await
    }

    /// It arrived, whatever was recorded before.
    pub(crate) async fn payment_arrived(
        &self,
        hash: Hash,
        preimage: Option<Hash>,
        fee_msat: u64,
    ) -> Result<(), DatabaseError> {
        let paid = move |connection: &Connection| {
            let sql = "UPDATE payments SET state = 1, preimage = coalesce(?, preimage), fee_msat = ? WHERE hash = ?";
            let values = params![preimage, stored(fee_msat), hash];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        };
        self.database.change(paid).await
    }

    /// Nothing of it is under way any more.
    pub(crate) async fn payment_failed(&self, hash: Hash) -> Result<(), DatabaseError> {
        let failed = move |connection: &Connection| {
            let sql = "UPDATE payments SET state = 2 WHERE hash = ? AND state = 0";
            connection.prepare_cached(sql)?.execute([hash]).map(drop)
        };
        self.database.change(failed).await
    }
}
