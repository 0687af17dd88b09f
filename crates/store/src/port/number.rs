//! Numbers of ours.

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::inbound::Party;
use domain::number::own::{NumberChange, NumberState, NumberTerms, NumbersDeclared, OwnNumber};
use domain::ports::{NumberList, NumberStore};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::number;
use crate::tx::Result;

#[async_trait]
impl NumberStore for RowStore {
    async fn add_number(
        &self,
        number: Party,
        terms: NumberTerms,
        by: Actor,
        now: Timestamp,
    ) -> Result<OwnNumber> {
        self.write(async move |tx| number::add(tx, &number, &terms, by, now).await).await
    }

    async fn set_number(
        &self,
        number: Party,
        terms: NumberTerms,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange> {
        self.write(async move |tx| number::set(tx, &number, &terms, by, now).await).await
    }

    async fn set_number_state(
        &self,
        number: Party,
        state: NumberState,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange> {
        self.write(async move |tx| number::set_state(tx, &number, state, by, now).await).await
    }

    async fn remove_number(
        &self,
        number: Party,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange> {
        self.write(async move |tx| number::remove(tx, &number, by, now).await).await
    }

    async fn declare_numbers(
        &self,
        numbers: Vec<(Party, NumberTerms)>,
        now: Timestamp,
    ) -> Result<NumbersDeclared> {
        self.write(async move |tx| number::declare(tx, &numbers, now).await).await
    }

    async fn number(&self, number: Party) -> Result<Option<OwnNumber>> {
        self.read(async move |tx| number::find(tx, &number).await).await
    }

    async fn numbers(&self, list: NumberList) -> Result<Vec<OwnNumber>> {
        self.read(async move |tx| number::list(tx, &list).await).await
    }
}
