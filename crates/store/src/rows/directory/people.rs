//! The address book of an account. A person with a number has copies of name and fields in the lists of its
//! groups; they change with it.
//!
//! Locks: the account, then its groups in the order of their ids, then lists.

use std::collections::BTreeMap;

use domain::account::operator::{Action, Actor};
use domain::account::people::{ContactRef, FoundContact, PersonChange};
use domain::id::{AccountId, GroupId, PersonId};
use domain::limits::PEOPLE_PER_ACCOUNT_MAX;
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::time::Timestamp;
use serde_json::json;

use super::audit_change;
use super::contacts::{read_fields, stored_fields};
use super::membership::{groups_of, leave_all, leave_numberless, move_number, write_copies};
use crate::rows::account::lock;
use crate::tx::{Result, Row, Tx, params};

/// A contact without its groups.
pub(super) struct Known {
    pub(super) id: Option<PersonId>,
    pub(super) number: Option<Msisdn>,
    pub(super) name: Option<String>,
    pub(super) fields: BTreeMap<String, String>,
}

impl Known {
    /// Reads id, number, name and fields.
    pub(super) fn read(mut row: Row) -> Result<Self> {
        Ok(Self {
            id: row.get::<Option<i64>>()?.map(PersonId),
            number: row.get()?,
            name: row.get()?,
            fields: read_fields(row.get()?)?,
        })
    }

    fn with(self, groups: Vec<GroupId>) -> FoundContact {
        let Self { id, number, name, fields } = self;
        FoundContact { id, number, name, fields, groups }
    }
}

/// With the groups of each.
pub(super) async fn with_groups(
    tx: &mut impl Tx,
    account: AccountId,
    known: Vec<Known>,
) -> Result<Vec<FoundContact>> {
    let groups = groups_of(tx, account, &known).await?;
    Ok(known.into_iter().zip(groups).map(|(known, groups)| known.with(groups)).collect())
}

async fn with_its_groups(
    tx: &mut impl Tx,
    account: AccountId,
    known: Known,
) -> Result<FoundContact> {
    let groups = groups_of(tx, account, std::slice::from_ref(&known)).await?;
    Ok(known.with(groups.into_iter().next().unwrap_or_default()))
}

pub(super) async fn known(
    tx: &mut impl Tx,
    account: AccountId,
    contact: ContactRef,
) -> Result<Option<Known>> {
    let rows = match contact {
        ContactRef::Person(id) => {
            tx.query(
                "SELECT id, number, name, fields FROM people WHERE account = ?1 AND id = ?2",
                params![account, id.0],
            )
            .await?
        }
        ContactRef::Number(number) => {
            let number = digits(number);
            let people = tx
                .query(
                    "SELECT id, number, name, fields FROM people
                     WHERE account = ?1 AND number = ?2",
                    params![account, number],
                )
                .await?;
            if people.is_empty() {
                tx.query(
                    "SELECT NULL, c.number, c.name, c.fields FROM contact_groups g
                     JOIN contacts c ON c.list = g.list AND c.number = ?2
                     WHERE g.account = ?1 ORDER BY g.id LIMIT 1",
                    params![account, number],
                )
                .await?
            } else {
                people
            }
        }
    };
    rows.into_iter().next().map(Known::read).transpose()
}

pub(super) fn digits(number: Msisdn) -> i64 {
    i64::try_from(number.digits()).unwrap_or(0)
}

pub(crate) async fn find(
    tx: &mut impl Tx,
    account: AccountId,
    contact: ContactRef,
) -> Result<Option<FoundContact>> {
    match known(tx, account, contact).await? {
        Some(known) => with_its_groups(tx, account, known).await.map(Some),
        None => Ok(None),
    }
}

pub(crate) async fn list(
    tx: &mut impl Tx,
    account: AccountId,
    skip: u32,
    limit: u32,
) -> Result<Vec<FoundContact>> {
    let rows = tx
        .query(
            "SELECT id, number, name, fields FROM people WHERE account = ?1
             ORDER BY id LIMIT ?3 OFFSET ?2",
            params![account, skip, limit],
        )
        .await?;
    let known = rows.into_iter().map(Known::read).collect::<Result<Vec<_>>>()?;
    with_groups(tx, account, known).await
}

pub(crate) async fn put(
    tx: &mut impl Tx,
    account: AccountId,
    new: &PersonChange,
    by: Actor,
    now: Timestamp,
) -> Result<FoundContact> {
    lock(tx, account).await?;
    if let Some(number) = new.number
        && let Some(known) = known(tx, account, ContactRef::Number(number)).await?
    {
        return change_known(tx, account, known, new, by, now).await;
    }
    let number = new.number;
    let nobody = Known { id: None, number, name: None, fields: BTreeMap::new() };
    let (added, _) = store_person(tx, account, &nobody, new).await?;
    let id = added.id.map_or(0, |id| id.0);
    audit_change(tx, account, id, Action::ContactAdd, json!({}), by, now).await?;
    // Nobody has the number, so no group has it.
    Ok(added.with(Vec::new()))
}

pub(crate) async fn change(
    tx: &mut impl Tx,
    account: AccountId,
    contact: ContactRef,
    change: &PersonChange,
    by: Actor,
    now: Timestamp,
) -> Result<Option<FoundContact>> {
    lock(tx, account).await?;
    let Some(known) = known(tx, account, contact).await? else { return Ok(None) };
    change_known(tx, account, known, change, by, now).await.map(Some)
}

/// Of a locked account.
async fn change_known(
    tx: &mut impl Tx,
    account: AccountId,
    before: Known,
    change: &PersonChange,
    by: Actor,
    now: Timestamp,
) -> Result<FoundContact> {
    let (after, action) = store_person(tx, account, &before, change).await?;
    let id = after.id.unwrap_or(PersonId(0));
    if after.number != before.number {
        move_number(tx, account, id, before.number, &after).await?;
    }
    let is_same = |one: &Known, other: &Known| one.name == other.name && one.fields == other.fields;
    if !is_same(&before, &after) {
        write_copies(tx, account, &after).await?;
    }
    audit_change(tx, account, id.0, action, json!({}), by, now).await?;
    with_its_groups(tx, account, after).await
}

/// The row alone. With what the change is called.
async fn store_person(
    tx: &mut impl Tx,
    account: AccountId,
    before: &Known,
    change: &PersonChange,
) -> Result<(Known, Action)> {
    let mut fields = before.fields.clone();
    fields.extend(change.fields.clone());
    let number = change.number.or(before.number);
    let unnamed = || number.map_or_else(String::new, |number| number.digits().to_string());
    let name = change.name.clone().or_else(|| before.name.clone()).unwrap_or_else(unnamed);
    if number != before.number {
        check_number_is_free(tx, account, number, before.id).await?;
    }
    let stored = stored_fields(&fields);
    let (id, action) = match before.id {
        Some(id) => {
            tx.execute(
                "UPDATE people SET number = ?3, name = ?4, fields = ?5
                 WHERE account = ?1 AND id = ?2",
                params![account, id.0, number.map(digits), &name, stored.as_ref()],
            )
            .await?;
            (id, Action::ContactChange)
        }
        None => {
            let id = next_id(tx, account).await?;
            tx.execute(
                "INSERT INTO people (account, id, number, name, fields)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![account, id.0, number.map(digits), &name, stored.as_ref()],
            )
            .await?;
            (id, Action::ContactAdd)
        }
    };
    Ok((Known { id: Some(id), number, name: Some(name), fields }, action))
}

async fn check_number_is_free(
    tx: &mut impl Tx,
    account: AccountId,
    number: Option<Msisdn>,
    of: Option<PersonId>,
) -> Result<()> {
    let taken = tx
        .query(
            "SELECT 1 FROM people WHERE account = ?1 AND number = ?2 AND id <> ?3",
            params![account, number.map(digits), of.map_or(0, |id| id.0)],
        )
        .await?;
    if taken.is_empty() {
        Ok(())
    } else {
        Err(PortError::Conflict("the number is another contact's".to_owned()))
    }
}

/// Counts one more person.
async fn next_id(tx: &mut impl Tx, account: AccountId) -> Result<PersonId> {
    let rows = tx
        .query(
            "UPDATE accounts SET last_person = last_person + 1, people = people + 1
             WHERE id = ?1 AND people < ?2 RETURNING last_person",
            params![account, PEOPLE_PER_ACCOUNT_MAX],
        )
        .await?;
    let full = || PortError::Refused("the account has too many contacts".to_owned());
    rows.into_iter().next().ok_or_else(full)?.get().map(PersonId)
}

pub(crate) async fn remove(
    tx: &mut impl Tx,
    account: AccountId,
    contact: ContactRef,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    lock(tx, account).await?;
    let Some(known) = known(tx, account, contact).await? else { return Ok(false) };
    if let Some(number) = known.number {
        leave_all(tx, account, number).await?;
    }
    if let Some(id) = known.id {
        leave_numberless(tx, account, id).await?;
        tx.execute("DELETE FROM people WHERE account = ?1 AND id = ?2", params![account, id.0])
            .await?;
        tx.execute("UPDATE accounts SET people = people - 1 WHERE id = ?1", params![account])
            .await?;
    }
    let on = known.id.map_or(0, |id| id.0);
    audit_change(tx, account, on, Action::ContactRemove, json!({}), by, now).await?;
    Ok(true)
}
