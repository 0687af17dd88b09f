//! Groups of contacts: their names, and the list that each shows.

use domain::account::contacts::ContactGroup;
use domain::account::operator::{Action, Actor};
use domain::account::template::Label;
use domain::id::{AccountId, GroupId, ListId};
use domain::limits::GROUPS_PER_ACCOUNT_MAX;
use domain::ports::PortError;
use domain::time::Timestamp;
use serde_json::json;

use super::{audit_change, name_taken};
use crate::rows::account::lock;
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn add(
    tx: &mut impl Tx,
    account: AccountId,
    name: &Label,
    by: Actor,
    now: Timestamp,
) -> Result<ContactGroup> {
    lock(tx, account).await?;
    let rows = tx
        .query("SELECT count(*) FROM contact_groups WHERE account = ?1", params![account])
        .await?;
    let count: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if count >= GROUPS_PER_ACCOUNT_MAX {
        return Err(PortError::Refused("the account has too many groups".to_owned()));
    }
    let list = new_list(tx, true, now).await?;
    let added = tx
        .query(
            "INSERT INTO contact_groups (account, name, list, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (account, name) DO NOTHING RETURNING id",
            params![account, name.as_str(), list.0, now],
        )
        .await?;
    let id = GroupId(added.into_iter().next().ok_or_else(name_taken)?.get()?);
    audit_change(tx, account, id.0, Action::GroupAdd, json!({ "name": name.as_str() }), by, now)
        .await?;
    let name = name.clone();
    Ok(ContactGroup { id, account, name, contacts: 0, created_at: now, updated_at: now })
}

pub(crate) async fn new_list(tx: &mut impl Tx, shown: bool, now: Timestamp) -> Result<ListId> {
    let rows = tx
        .query(
            "INSERT INTO contact_lists (shown, begun_at) VALUES (?1, ?2) RETURNING id",
            params![i64::from(shown), now],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(ListId(0)), |mut row| row.get().map(ListId))
}

pub(crate) async fn drop_list(tx: &mut impl Tx, list: ListId) -> Result<()> {
    tx.execute("UPDATE contact_lists SET shown = 0, begun_at = 0 WHERE id = ?1", params![list.0])
        .await
        .map(drop)
}

pub(crate) async fn rename(
    tx: &mut impl Tx,
    (account, id): (AccountId, GroupId),
    name: &Label,
    by: Actor,
    now: Timestamp,
) -> Result<Option<ContactGroup>> {
    lock(tx, account).await?;
    let Some(mut group) = find(tx, account, id).await? else { return Ok(None) };
    if group.name == *name {
        return Ok(Some(group));
    }
    let taken = tx
        .query(
            "SELECT 1 FROM contact_groups WHERE account = ?1 AND name = ?2",
            params![account, name.as_str()],
        )
        .await?;
    if !taken.is_empty() {
        return Err(name_taken());
    }
    tx.execute(
        "UPDATE contact_groups SET name = ?2, updated_at = ?3 WHERE id = ?1",
        params![id.0, name.as_str(), now],
    )
    .await?;
    let detail = json!({ "before": group.name.as_str(), "after": name.as_str() });
    audit_change(tx, account, id.0, Action::GroupRename, detail, by, now).await?;
    (group.name, group.updated_at) = (name.clone(), now);
    Ok(Some(group))
}

pub(crate) async fn remove(
    tx: &mut impl Tx,
    account: AccountId,
    id: GroupId,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let gone = tx
        .query(
            "DELETE FROM contact_groups WHERE id = ?2 AND account = ?1 RETURNING name, list",
            params![account, id.0],
        )
        .await?;
    let Some(mut row) = gone.into_iter().next() else { return Ok(false) };
    let name: String = row.get()?;
    drop_list(tx, ListId(row.get()?)).await?;
    tx.execute("DELETE FROM group_people WHERE group_id = ?1", params![id.0]).await?;
    audit_change(tx, account, id.0, Action::GroupRemove, json!({ "name": name }), by, now).await?;
    Ok(true)
}

pub(crate) async fn find(
    tx: &mut impl Tx,
    account: AccountId,
    id: GroupId,
) -> Result<Option<ContactGroup>> {
    let rows = tx
        .query(
            "SELECT g.id, g.account, g.name, l.contacts, g.created_at, g.updated_at
             FROM contact_groups g JOIN contact_lists l ON l.id = g.list
             WHERE g.id = ?2 AND g.account = ?1",
            params![account, id.0],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn list(
    tx: &mut impl Tx,
    account: AccountId,
    after: Option<GroupId>,
    limit: u32,
) -> Result<Vec<ContactGroup>> {
    let rows = tx
        .query(
            "SELECT g.id, g.account, g.name, l.contacts, g.created_at, g.updated_at
             FROM contact_groups g JOIN contact_lists l ON l.id = g.list
             WHERE g.account = ?1 AND g.id > ?2 ORDER BY g.id LIMIT ?3",
            params![account, after.map_or(0, |after| after.0), limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<ContactGroup> {
    Ok(ContactGroup {
        id: GroupId(row.get()?),
        account: row.get()?,
        name: row.get()?,
        contacts: row.get()?,
        created_at: row.get()?,
        updated_at: row.get()?,
    })
}

/// The list that a group shows. With `FOR UPDATE` of the group's row, it cannot be replaced.
pub(crate) async fn shown_list(
    tx: &mut impl Tx,
    account: AccountId,
    id: GroupId,
) -> Result<Option<ListId>> {
    let rows = tx
        .query(
            "SELECT list FROM contact_groups WHERE id = ?2 AND account = ?1 FOR UPDATE",
            params![account, id.0],
        )
        .await?;
    rows.into_iter().next().map(|mut row| row.get().map(ListId)).transpose()
}
