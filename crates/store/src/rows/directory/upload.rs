//! Fills lists: an upload is many changes, and the last ones show it.
//!
//! ```text
//! begin ── add ── add ── … ──┬─ finish                       replace: the group shows the new list, the old one is dropped
//!                            ├─ merge ── merge ── … ── finish  add: the group's list has them, the new one is dropped
//!                            └─ abandon                      the new list is dropped
//! ```
//!
//! After a crash in between, the new list is neither shown nor dropped: it is deleted when it is old.

use domain::account::contacts::{Contact, ContactGroup, Merged, Upload, UploadMode};
use domain::account::operator::{Action, Actor};
use domain::id::{AccountId, GroupId, ListId};
use domain::limits::{CONTACTS_BATCH_MAX, GROUP_CONTACTS_MAX};
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::time::Timestamp;
use serde_json::json;

use super::audit_change;
use super::contacts::stored_fields;
use super::groups::{drop_list, find, new_list, shown_list};
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn begin(
    tx: &mut impl Tx,
    account: AccountId,
    group: GroupId,
    mode: UploadMode,
    now: Timestamp,
) -> Result<Option<Upload>> {
    if shown_list(tx, account, group).await?.is_none() {
        return Ok(None);
    }
    let list = new_list(tx, false, now).await?;
    Ok(Some(Upload { account, group, list, mode }))
}

pub(crate) async fn add(tx: &mut impl Tx, upload: &Upload, contacts: &[Contact]) -> Result<u32> {
    if contacts.len() > CONTACTS_BATCH_MAX {
        return Err(PortError::Refused("too many contacts at once".to_owned()));
    }
    let before = hold_list(tx, upload.list).await?;
    let rows: Vec<_> = contacts
        .iter()
        .map(|contact| ContactRow {
            number: digits(contact),
            name: contact.name.clone(),
            fields: stored_fields(&contact.fields),
        })
        .collect();
    insert(tx, upload.list, before, &rows).await
}

/// A row of contacts.
struct ContactRow {
    number: i64,
    name: Option<String>,
    fields: Option<String>,
}

/// Adds contacts to a locked list; returns how many are new there.
async fn insert(
    tx: &mut impl Tx,
    list: ListId,
    before: u32,
    contacts: &[ContactRow],
) -> Result<u32> {
    let numbers: Vec<_> = contacts.iter().map(|row| params![list.0, row.number]).collect();
    let added: u64 = tx
        .execute_many(
            "INSERT INTO contacts (list, number) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            &numbers,
        )
        .await?
        .iter()
        .sum();
    let told: Vec<_> = contacts
        .iter()
        .filter(|row| row.name.is_some() || row.fields.is_some())
        .map(|row| params![list.0, row.number, row.name.as_deref(), row.fields.as_deref()])
        .collect();
    tx.execute_many(
        "UPDATE contacts SET name = ?3, fields = ?4 WHERE list = ?1 AND number = ?2",
        &told,
    )
    .await?;
    let added = u32::try_from(added).unwrap_or(u32::MAX);
    if before.saturating_add(added) > GROUP_CONTACTS_MAX {
        return Err(too_many());
    }
    tx.execute(
        "UPDATE contact_lists SET contacts = contacts + ?2 WHERE id = ?1",
        params![list.0, added],
    )
    .await?;
    Ok(added)
}

pub(super) fn too_many() -> PortError {
    PortError::Refused("the group would have too many contacts".to_owned())
}

fn digits(contact: &Contact) -> i64 {
    i64::try_from(contact.number.digits()).unwrap_or(0)
}

/// Number of contacts in a list that is being filled; locks it until the change ends.
async fn hold_list(tx: &mut impl Tx, list: ListId) -> Result<u32> {
    let rows = tx
        .query(
            "SELECT contacts FROM contact_lists
             WHERE id = ?1 AND shown = 0 AND begun_at > 0 FOR UPDATE",
            params![list.0],
        )
        .await?;
    let mut row = rows.into_iter().next().ok_or_else(list_gone)?;
    row.get()
}

fn list_gone() -> PortError {
    PortError::Conflict("the list is no longer there".to_owned())
}

fn group_gone() -> PortError {
    PortError::Conflict("the group is no longer there".to_owned())
}

pub(crate) async fn merge(
    tx: &mut impl Tx,
    upload: &Upload,
    after: Option<Msisdn>,
) -> Result<Merged> {
    let shown = shown_list(tx, upload.account, upload.group).await?.ok_or_else(group_gone)?;
    let new = hold_list(tx, upload.list).await?;
    let rows = tx
        .query("SELECT contacts FROM contact_lists WHERE id = ?1 FOR UPDATE", params![shown.0])
        .await?;
    let before: u32 = rows.into_iter().next().ok_or_else(list_gone)?.get()?;
    if after.is_none() && before.saturating_add(new) > GROUP_CONTACTS_MAX {
        check_room(tx, upload.list, shown, before).await?;
    }
    let rows = tx
        .query(
            "SELECT number, name, fields FROM contacts WHERE list = ?1 AND number > ?2
             ORDER BY number LIMIT ?3",
            params![
                upload.list.0,
                after.map_or(0, |number| i64::try_from(number.digits()).unwrap_or(i64::MAX)),
                u32::try_from(CONTACTS_BATCH_MAX).unwrap_or(u32::MAX)
            ],
        )
        .await?;
    let read =
        |mut row: Row| Ok(ContactRow { number: row.get()?, name: row.get()?, fields: row.get()? });
    let contacts = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let added = insert(tx, shown, before, &contacts).await?;
    let last = contacts.last().filter(|_| contacts.len() == CONTACTS_BATCH_MAX);
    let last = last.and_then(|last| u64::try_from(last.number).ok());
    let next = last.and_then(|number| Msisdn::from_digits(number).ok());
    Ok(Merged { added, next })
}

/// Counts the numbers that are in both lists only where the sum of the lists is too large.
async fn check_room(tx: &mut impl Tx, new: ListId, shown: ListId, before: u32) -> Result<()> {
    let rows = tx
        .query(
            "SELECT count(*) FROM contacts n WHERE n.list = ?1 AND NOT EXISTS (
                 SELECT 1 FROM contacts s WHERE s.list = ?2 AND s.number = n.number
             )",
            params![new.0, shown.0],
        )
        .await?;
    let added: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if before.saturating_add(added) > GROUP_CONTACTS_MAX { Err(too_many()) } else { Ok(()) }
}

pub(crate) async fn finish(
    tx: &mut impl Tx,
    upload: &Upload,
    by: Actor,
    now: Timestamp,
) -> Result<ContactGroup> {
    let Upload { account, group: id, list, mode } = *upload;
    let shown = shown_list(tx, account, id).await?.ok_or_else(group_gone)?;
    // The answer to an earlier call may have been lost.
    let is_done = mode == UploadMode::Replace && shown == list;
    let shows = if is_done {
        list
    } else {
        hold_list(tx, list).await?;
        let (shows, dropped) = match mode {
            UploadMode::Replace => (list, shown),
            UploadMode::Add => (shown, list),
        };
        drop_list(tx, dropped).await?;
        tx.execute("UPDATE contact_lists SET shown = 1 WHERE id = ?1", params![shows.0]).await?;
        shows
    };
    tx.execute(
        "UPDATE contact_groups SET list = ?2, updated_at = ?3 WHERE id = ?1",
        params![id.0, shows.0, now],
    )
    .await?;
    let group = find(tx, account, id).await?.ok_or_else(group_gone)?;
    let mode = match mode {
        UploadMode::Add => "add",
        UploadMode::Replace => "replace",
    };
    let detail = json!({ "mode": mode, "contacts": group.contacts });
    audit_change(tx, account, id.0, Action::ContactsUpload, detail, by, now).await?;
    Ok(group)
}

pub(crate) async fn abandon(tx: &mut impl Tx, upload: &Upload) -> Result<()> {
    tx.execute(
        "UPDATE contact_lists SET begun_at = 0 WHERE id = ?1 AND shown = 0",
        params![upload.list.0],
    )
    .await
    .map(drop)
}

pub(crate) async fn drop_lists(
    tx: &mut impl Tx,
    begun_before: Timestamp,
    limit: u32,
) -> Result<u64> {
    let rows = tx
        .query(
            "SELECT id FROM contact_lists WHERE shown = 0 AND begun_at < ?1
             ORDER BY begun_at LIMIT 1 FOR UPDATE SKIP LOCKED",
            params![begun_before],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(0) };
    let list = ListId(row.get()?);
    let gone = tx
        .execute(
            "DELETE FROM contacts WHERE list = ?1 AND number IN (
                 SELECT number FROM contacts WHERE list = ?1 ORDER BY number LIMIT ?2
             )",
            params![list.0, limit],
        )
        .await?;
    if gone < u64::from(limit) {
        tx.execute("DELETE FROM contact_lists WHERE id = ?1", params![list.0]).await?;
    }
    // The list itself counts, so that a caller that repeats until 0 drops all lists.
    Ok(gone.max(1))
}
