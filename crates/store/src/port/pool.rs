//! Loans of numbers of ours.

use async_trait::async_trait;
use domain::number::Msisdn;
use domain::number::own::Country;
use domain::number::pool::{LendNumber, PoolLine, PoolLoan, PoolMessage, PoolTerms};
use domain::ports::{PoolStock, PoolStore};
use domain::time::Timestamp;
use uuid::Uuid;

use super::RowStore;
use crate::rows::pool::{self, LoanKey};
use crate::tx::Result;

#[async_trait]
impl PoolStore for RowStore {
    async fn pool_stock(&self, stock: PoolStock, now: Timestamp) -> Result<Vec<(Country, u64)>> {
        self.read(async move |tx| pool::stock(tx, &stock, now).await).await
    }

    async fn lend(&self, wanted: LendNumber, now: Timestamp) -> Result<Option<PoolLoan>> {
        self.write(async move |tx| pool::lend(tx, &wanted, now).await).await
    }

    async fn loan(&self, line: PoolLine, id: Uuid, now: Timestamp) -> Result<Option<PoolLoan>> {
        let key = LoanKey { line, id };
        if let Some(loan) = self.read(async move |tx| pool::known_loan(tx, key).await).await? {
            return Ok(Some(loan));
        }
        self.write(async move |tx| pool::loan(tx, key, now).await).await
    }

    async fn end_loan(
        &self,
        line: PoolLine,
        id: Uuid,
        terms: PoolTerms,
        now: Timestamp,
    ) -> Result<()> {
        let key = LoanKey { line, id };
        self.write(async move |tx| pool::end_loan(tx, key, &terms, now).await).await
    }

    async fn extend_loan(
        &self,
        line: PoolLine,
        id: Uuid,
        until: Timestamp,
        terms: PoolTerms,
        now: Timestamp,
    ) -> Result<Option<PoolLoan>> {
        let key = LoanKey { line, id };
        self.write(async move |tx| pool::extend_loan(tx, key, until, &terms, now).await).await
    }

    async fn due_pool_messages(
        &self,
        line: PoolLine,
        limit: u32,
    ) -> Result<Vec<(Uuid, PoolMessage)>> {
        self.read(async move |tx| pool::due_messages(tx, line, limit).await).await
    }

    async fn pool_messages_delivered(
        &self,
        line: PoolLine,
        messages: Vec<(Uuid, u32)>,
    ) -> Result<()> {
        self.write(async move |tx| pool::messages_delivered(tx, line, &messages).await).await
    }

    async fn loans_of(&self, number: Msisdn, limit: u32) -> Result<Vec<PoolLoan>> {
        self.read(async move |tx| pool::of_number(tx, number, limit).await).await
    }
}
