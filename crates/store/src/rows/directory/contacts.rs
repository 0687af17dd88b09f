//! The contacts of groups.

use std::collections::BTreeMap;

use domain::account::contacts::Contact;
use domain::account::operator::{Action, Actor};
use domain::id::{AccountId, GroupId, ListId};
use domain::limits::DIRECTORY_PAGE_ROWS;
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::time::Timestamp;
use serde_json::json;

use super::audit_change;
use super::groups::shown_list;
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn list(
    tx: &mut impl Tx,
    account: AccountId,
    group: GroupId,
    after: Option<Msisdn>,
    limit: u32,
) -> Result<Option<Vec<Contact>>> {
    let Some(list) = list_of(tx, account, group).await? else { return Ok(None) };
    let after = after.map_or(0, |after| i64::try_from(after.digits()).unwrap_or(i64::MAX));
    let rows = tx
        .query(
            "SELECT number, name, fields FROM contacts WHERE list = ?1 AND number > ?2
             ORDER BY number LIMIT ?3",
            params![list.0, after, limit],
        )
        .await?;
    rows.into_iter().map(read).collect::<Result<_>>().map(Some)
}

async fn list_of(tx: &mut impl Tx, account: AccountId, group: GroupId) -> Result<Option<ListId>> {
    let rows = tx
        .query(
            "SELECT list FROM contact_groups WHERE id = ?2 AND account = ?1",
            params![account, group.0],
        )
        .await?;
    rows.into_iter().next().map(|mut row| row.get().map(ListId)).transpose()
}

fn read(mut row: Row) -> Result<Contact> {
    Ok(Contact { number: row.get()?, name: row.get()?, fields: read_fields(row.get()?)? })
}

pub(super) fn read_fields(fields: Option<String>) -> Result<BTreeMap<String, String>> {
    let unreadable = |_| PortError::Refused("unreadable column: fields".to_owned());
    fields
        .map_or_else(|| Ok(BTreeMap::new()), |fields| serde_json::from_str(&fields))
        .map_err(unreadable)
}

/// As a column has them.
pub(super) fn stored_fields(fields: &BTreeMap<String, String>) -> Option<String> {
    (!fields.is_empty()).then(|| json!(fields).to_string())
}

/// By page in one transaction, so that all are of one moment; keeps 8 bytes of each.
pub(crate) async fn numbers(
    tx: &mut impl Tx,
    account: AccountId,
    group: GroupId,
) -> Result<Option<Vec<Msisdn>>> {
    let rows = tx
        .query(
            "SELECT g.list, l.contacts FROM contact_groups g JOIN contact_lists l ON l.id = g.list
             WHERE g.id = ?2 AND g.account = ?1",
            params![account, group.0],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (list, contacts): (i64, u32) = (row.get()?, row.get()?);
    let mut numbers = Vec::with_capacity(contacts as usize);
    let mut after = 0;
    loop {
        let page = tx
            .query(
                "SELECT number FROM contacts WHERE list = ?1 AND number > ?2
                 ORDER BY number LIMIT ?3",
                params![list, after, DIRECTORY_PAGE_ROWS],
            )
            .await?;
        let full = page.len() == DIRECTORY_PAGE_ROWS as usize;
        for mut row in page {
            numbers.push(row.get::<Msisdn>()?);
        }
        let Some(last) = numbers.last().filter(|_| full) else { return Ok(Some(numbers)) };
        after = i64::try_from(last.digits()).unwrap_or(i64::MAX);
    }
}

pub(crate) async fn remove(
    tx: &mut impl Tx,
    (account, group): (AccountId, GroupId),
    number: Msisdn,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let Some(list) = shown_list(tx, account, group).await? else { return Ok(false) };
    let digits = i64::try_from(number.digits()).unwrap_or(0);
    let gone = tx
        .execute("DELETE FROM contacts WHERE list = ?1 AND number = ?2", params![list.0, digits])
        .await?;
    if gone == 0 {
        return Ok(false);
    }
    tx.execute("UPDATE contact_lists SET contacts = contacts - 1 WHERE id = ?1", params![list.0])
        .await?;
    let detail = json!({ "number": number.digits() });
    audit_change(tx, account, group.0, Action::ContactRemove, detail, by, now).await?;
    Ok(true)
}
