//! The address book of an account.

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::account::people::{ContactRef, FoundContact, PersonChange};
use domain::id::{AccountId, GroupId};
use domain::ports::{Membership, PeopleStore};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::directory::{membership, people};
use crate::tx::Result;

#[async_trait]
impl PeopleStore for RowStore {
    async fn put_person(
        &self,
        account: AccountId,
        new: PersonChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<FoundContact> {
        self.write(async move |tx| people::put(tx, account, &new, by, now).await).await
    }

    async fn change_person(
        &self,
        account: AccountId,
        contact: ContactRef,
        change: PersonChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<FoundContact>> {
        self.write(async move |tx| people::change(tx, account, contact, &change, by, now).await)
            .await
    }

    async fn remove_person(
        &self,
        account: AccountId,
        contact: ContactRef,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| people::remove(tx, account, contact, by, now).await).await
    }

    async fn find_contact(
        &self,
        account: AccountId,
        contact: ContactRef,
    ) -> Result<Option<FoundContact>> {
        self.read(async move |tx| people::find(tx, account, contact).await).await
    }

    async fn people(&self, account: AccountId, skip: u32, limit: u32) -> Result<Vec<FoundContact>> {
        self.read(async move |tx| people::list(tx, account, skip, limit).await).await
    }

    async fn join_group(
        &self,
        account: AccountId,
        contact: ContactRef,
        group: GroupId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Membership> {
        self.write(async move |tx| membership::join(tx, (account, contact), group, by, now).await)
            .await
    }

    async fn leave_group(
        &self,
        account: AccountId,
        contact: ContactRef,
        group: GroupId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Membership> {
        self.write(async move |tx| membership::leave(tx, (account, contact), group, by, now).await)
            .await
    }

    async fn group_members(
        &self,
        account: AccountId,
        group: GroupId,
        skip: u32,
        limit: u32,
    ) -> Result<Option<Vec<FoundContact>>> {
        self.read(async move |tx| membership::members(tx, account, group, skip, limit).await).await
    }
}
