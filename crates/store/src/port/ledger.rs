//! Balances, the check of the ledger, and refunds by hand.

use async_trait::async_trait;
use domain::account::Balance;
use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::ports::{Charge, Charged, LedgerStore, NewRefund, Refund, RefundStore, Refunded};
use domain::sale::ledger::LedgerReport;
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::ledger;
use crate::rows::ledger::refunds;
use crate::tx::Result;

#[async_trait]
impl LedgerStore for RowStore {
    async fn balance(&self, account: AccountId) -> Result<Balance> {
        self.read(async move |tx| ledger::balance(tx, account).await).await
    }

    async fn check_ledger(&self) -> Result<LedgerReport> {
        self.read(async move |tx| ledger::check::check(tx).await).await
    }
}

#[async_trait]
impl RefundStore for RowStore {
    async fn refund(&self, new: NewRefund, by: Actor, now: Timestamp) -> Result<Refunded> {
        self.write(async move |tx| refunds::refund(tx, &new, by, now).await).await
    }

    async fn charged(&self, of: Charge) -> Result<Option<Charged>> {
        self.read(async move |tx| refunds::charged(tx, of).await).await
    }

    async fn refunds(&self, of: Charge, after: u32, limit: u32) -> Result<Vec<Refund>> {
        self.read(async move |tx| refunds::list(tx, of, after, limit).await).await
    }
}
